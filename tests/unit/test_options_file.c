/* The file of options: where it is found, what its lines are, and what is said of a bad one. */
#include "cli/base/upward.h"
#include "cli/commands/given_options.h"
#include "cli/commands/options_file.h"
#include "suites.h"
#include "support.h"
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct arena arena;
static const char *folder;
static int before; /* the working directory */

static void open_folder(void)
{
	arena_init(&arena);
	before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	folder = support_folder();
	ck_assert_int_eq(chdir(folder), 0);
}

static void close_folder(void)
{
	ck_assert_int_eq(fchdir(before), 0);
	close(before);
	support_remove_folder(folder);
	arena_release(&arena);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* All words of a text as a file of options, "|" between words and "/N " before each line; then
 * the problem. */
static const char *words_of(const char *text)
{
	struct options_file file;
	const char *problem, *words = "";
	char **line;
	int count;

	write_text("options", text);
	ck_assert(options_file_open(&file, &arena, "options", &problem));
	while ((line = options_file_next(&file, &arena, &count))) {
		words = arena_printf(&arena, "%s/%u ", words, file.reader.number);
		for (int i = 1; i < count; i++)
			words = arena_printf(&arena, "%s%s%s", words, i > 1 ? "|" : "", line[i]);
		ck_assert_ptr_null(line[count]);
	}
	if (file.reader.problem)
		words = arena_printf(&arena, "%s!%u %s", words, file.reader.number,
				     file.reader.problem);
	options_file_close(&file);
	return words;
}

static const char *const texts[][2] = {
	{"", ""},
	{"\n# nothing\n  \t\n", ""},
	{"--notes", "/1 --notes"},
	{"--notes\r\n--quiet\r\n", "/1 --notes/2 --quiet"},
	{"\n  -o 'a b' --notes # c --quiet\n", "/2 -o|a b|--notes"},
	{"--drive='a # b'\n", "/1 --drive=a # b"},
	{"--drive=a#b\n", "/1 --drive=a#b"},
	{"-o a\\ b \"c'd\"\n", "/1 -o|a b|c'd"},
	{"--notes\n-o 'a\n", "/1 --notes!2 a quote is not closed"},
	{"-o a\\\n", "!1 a quote is not closed"},
	{"--notes\n\x1b[0m\n--quiet", "/1 --notes!2 this is no text file"},
};

START_TEST(reads_words)
{
	ck_assert_str_eq(words_of(texts[_i][0]), texts[_i][1]);
}
END_TEST

START_TEST(bounds_lines)
{
	char *text = arena_zalloc(&arena, 20002);

	memset(text, 'a', 1500);
	ck_assert_str_eq(words_of(text), "!1 the line is too long");
	memset(text, '\n', 10001);
	memset(text + 10001, 0, 1000);
	strcpy(text + 10000, "x\n");
	ck_assert_str_eq(words_of(text), "!10001 too many lines");
}
END_TEST

START_TEST(finds_the_nearest)
{
	char *found;

	ck_assert_int_eq(mkdir("a", 0700), 0);
	ck_assert_int_eq(mkdir("a/b", 0700), 0);
	write_text("mark-of-a-test", "");
	ck_assert_int_eq(chdir("a/b"), 0);
	found = upward_find("mark-of-a-test");
	ck_assert_str_eq(found, folder);
	free(found);
	write_text("../mark-of-a-test", "");
	found = upward_find("mark-of-a-test");
	ck_assert_ptr_nonnull(found);
	ck_assert_str_eq(strrchr(found, '/'), "/a");
	free(found);
	ck_assert_ptr_null(upward_find("mark-that-nobody-made"));
	ck_assert_int_eq(chdir("/"), 0);
	found = upward_find("proc");
	ck_assert_str_eq(found, "/");
	free(found);
	ck_assert_int_eq(chdir(folder), 0);
	unlink("a/mark-of-a-test");
	rmdir("a/b");
	rmdir("a");
}
END_TEST

/* A folder that is gone has no name to look upward from. */
START_TEST(finds_nothing_from_nowhere)
{
	ck_assert_int_eq(mkdir("a", 0700), 0);
	ck_assert_int_eq(chdir("a"), 0);
	ck_assert_int_eq(rmdir("../a"), 0);
	ck_assert_ptr_null(upward_find("proc"));
	ck_assert_int_eq(chdir(folder), 0);
}
END_TEST

static void assert_distrusted(const char *why)
{
	struct options_file file;
	const char *problem = NULL;

	ck_assert(!options_file_open(&file, &arena, NULL, &problem));
	ck_assert_ptr_nonnull(problem);
	ck_assert_msg(strstr(problem, why) != NULL, "%s", problem);
	options_file_close(&file);
}

START_TEST(distrusts_what_others_may_write)
{
	struct options_file file;
	const char *problem;

	write_text(OPTIONS_FILE, "--notes\n");
	ck_assert(options_file_open(&file, &arena, NULL, &problem));
	ck_assert(file.was_found);
	ck_assert_str_eq(file.folder, folder);
	options_file_close(&file);
	ck_assert_int_eq(chmod(OPTIONS_FILE, 0646), 0);
	assert_distrusted("may be written by everybody");
	ck_assert(options_file_open(&file, &arena, OPTIONS_FILE, &problem));
	ck_assert(!file.was_found);
	options_file_close(&file);
	ck_assert_int_eq(unlink(OPTIONS_FILE), 0);
	ck_assert_int_eq(mkfifo(OPTIONS_FILE, 0600), 0);
	assert_distrusted("is no regular file");
	ck_assert_int_eq(unlink(OPTIONS_FILE), 0);
	ck_assert_int_eq(symlink("gone", OPTIONS_FILE), 0);
	assert_distrusted("cannot read");
}
END_TEST

static void give(const char *name, const char *value, int layer, enum given_kind kind)
{
	const struct given_option given = {name, value, layer ? "there" : "here", layer, kind};

	given_options_add(&given);
}

START_TEST(lists_what_was_given)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	give("fail-on", "note", 0, GIVEN_LAST);
	give("notes", NULL, 0, GIVEN_LAST);
	give("suppressions", "a", 0, GIVEN_ALL);
	give("output", "a\n", 0, GIVEN_REPORTS);
	give("suppressions", "b", 1, GIVEN_ALL);
	give("format", "json", 1, GIVEN_REPORTS);
	give("format", "text", 1, GIVEN_REPORTS);
	give("fail-on", "error", 1, GIVEN_LAST);
	given_options_print(stream, NULL);
	fclose(stream);
	given_options_reset();
	ck_assert_str_eq(text, "options file: none\n"
			       "--fail-on=note                   here (overridden)\n"
			       "--notes                          here\n"
			       "--suppressions=a                 here\n"
			       "--output=a\\x0a                   here (overridden)\n"
			       "--suppressions=b                 there\n"
			       "--format=json                    there\n"
			       "--format=text                    there\n"
			       "--fail-on=error                  there\n");
	free(text);
}
END_TEST

Suite *options_file_suite(void)
{
	Suite *suite = suite_create("options_file");
	TCase *tests = tcase_create("options_file");

	tcase_add_checked_fixture(tests, open_folder, close_folder);
	tcase_add_loop_test(tests, reads_words, 0, COUNT(texts));
	tcase_add_test(tests, bounds_lines);
	tcase_add_test(tests, finds_the_nearest);
	tcase_add_test(tests, finds_nothing_from_nowhere);
	tcase_add_test(tests, finds_nothing_from_nowhere);
	tcase_add_test(tests, distrusts_what_others_may_write);
	tcase_add_test(tests, lists_what_was_given);
	suite_add_tcase(suite, tests);
	return suite;
}
