/*
 * Suppressions: which lines match which findings, which lines are refused, and
 * which are reported as unused.
 */
#include "cli/findings/suppressions.h"
#include "cli/origins/origin.h"
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Suite *suppressions_suite(void);

static struct suppressions *suppressions;
static char path[] = "/tmp/forkcheck-supp.XXXXXX";
static char captured[4096];

static void setup(void)
{
	int file;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	file = mkstemp(path);
	ck_assert_int_ge(file, 0);
	close(file);
	suppressions = suppressions_new();
}

static void teardown(void)
{
	suppressions_free(suppressions);
	unlink(path);
}

static void write_file(const char *text, size_t length)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

/* What it complains goes to `captured`. */
static int read_captured(const char *name)
{
	FILE *stream = tmpfile();
	int kept = dup(STDERR_FILENO), result;
	size_t length;

	ck_assert_ptr_nonnull(stream);
	dup2(fileno(stream), STDERR_FILENO);
	result = suppressions_read(suppressions, name);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(stream);
	length = fread(captured, 1, sizeof(captured) - 1, stream);
	captured[length] = '\0';
	fclose(stream);
	return result;
}

static void read_text(const char *text)
{
	write_file(text, strlen(text));
	ck_assert_int_eq(read_captured(path), 0);
	ck_assert_str_eq(captured, "");
}

static struct frame fork_frames[] = {
	{.function = "spawn_worker", .module = "/srv/bin/server"},
	{.function = "main", .module = "/srv/bin/server"},
};
static struct frame child_frames[] = {
	{.function = NULL, .module = NULL},
	{.function = "std::vector<int, alloc>::push", .module = "/usr/lib/liblog.so.2"},
};
static struct frame creation_frames[] = {
	{.function = "start_pool", .module = "/usr/lib/libpool.so"},
};

static const struct origin bank = {
	.kind = ORIGIN_PACKAGE,
	.package = "bank",
	.path = "bank/account.py",
};
static struct frame python_frames[] = {
	{.function = "Account.add", .file = "/srv/account.py", .origin = &bank},
};
static struct python_frames python = {.list = python_frames, .count = 1};

static struct missing_group missing[] = {
	{.library = "libgomp.so.1", .count = 3, .created_at = {creation_frames, 1, true, false}},
	{.library = "libtbb-e985bcbb.so.2", .count = 1},
};

static struct finding example(void)
{
	return (struct finding){
		.code = "FC001",
		.name = "orphaned-lock",
		.severity = SEVERITY_ERROR,
		.suppression = "lock:log_mutex",
		.fingerprint = "FC001-0123456789abcdef",
		.fork = {.present = true, .stack = {fork_frames, 2, true, false}},
		.lock = {.present = true, .name = "log_mutex"},
		.holder = {.present = true, .library = "libholder.so.0"},
		.child = {.present = true, .stack = {child_frames, 2, true, &python, false}},
		.handler = {.present = true, .function = "before", .library = "libfork.so"},
		.missing = missing,
		.missing_count = 2,
	};
}

/* A line, and whether the example matches it. */
static const struct {
	const char *line;
	bool matches;
} lines[] = {
	{"rule:FC001", true},
	{"rule:FC00[1-3]", true},
	{"rule:orphaned-lock", true},
	{"rule:FC002", false},
	{"rule:FC", false},
	{"lock:log_mutex", true},
	{"lock:log_*", true},
	{"lock:*", true},
	{"lock:log", false},
	{"function:spawn_worker", true},
	{"function:start_pool", true},
	{"function:before", true},
	{"function:std::vector<int,?alloc>::push", true},
	{"function:std::*", true},
	{"function:Account.add", true},
	{"function:Account", false},
	{"function:*missing*", false},
	{"library:liblog.so.*", true},
	{"library:libgomp.so.1", true},
	{"library:libtbb-*.so*", true},
	{"library:libtbb-e985bcbb.so.2", true},
	{"library:libtbb.so.2", true},
	{"library:libtbb.so", false},
	{"library:libholder.so.0", true},
	{"library:libpool.so", true},
	{"library:libfork.so", true},
	{"library:server", true},
	{"library:/srv/bin/server", false},
	{"library:libm.so.6", false},
	{"rule:FC001 lock:log_mutex", true},
	{"  rule:FC001 \t lock:log_mutex  ", true},
	{"lock:log_mutex rule:FC005", false},
	{"rule:FC005 lock:log_mutex", false},
	{"rule:FC001 # lock:other", true},
	{"lock:log_mutex\r", true},
	{"lock:log\\_mutex", true},
	{"fingerprint:FC001-0123456789abcdef", true},
	{"fingerprint:FC001-0123*", true},
	{"fingerprint:FC001", false},
	{"wait:std::*", true},
	{"wait:Account.add", true},
	{"wait:spawn_worker", false},
	{"wait:before", false},
	{"fork:spawn_worker", true},
	{"fork:Account.add", false},
	{"file:account.py", true},
	{"file:srv/account.py", true},
	{"file:/srv/account.py", true},
	{"file:bank/account.py", true},
	{"file:count.py", false},
	{"file:srv", false},
	{"package:bank", true},
	{"package:ban", false},
	{"rule:FC001 wait:Account.add file:account.py fork:main", true},
	{"rule:FC001 wait:Account.add file:other.py fork:main", false},
};

START_TEST(a_line_matches_where_all_its_words_do)
{
	struct finding finding = example();

	read_text(lines[_i].line);
	ck_assert_msg(suppressions_match(suppressions, &finding) == lines[_i].matches, "%s",
		      lines[_i].line);
}
END_TEST

START_TEST(what_a_finding_lacks_matches_nothing)
{
	struct finding finding = {.code = "FC008", .name = "threads-lost"};

	read_text("lock:*\nfunction:*\nlibrary:*\nwait:*\nfork:*\nfile:*\npackage:*\n"
		  "fingerprint:*\n");
	ck_assert(!suppressions_match(suppressions, &finding));
}
END_TEST

START_TEST(comments_and_empty_lines_say_nothing)
{
	struct finding finding = example();

	read_text("# rule:FC001\n\n   \n\t# x\n\r\n#\n");
	ck_assert(!suppressions_match(suppressions, &finding));
}
END_TEST

static const char *unused_lines(void)
{
	FILE *stream = fmemopen(captured, sizeof(captured), "w");

	ck_assert_ptr_nonnull(stream);
	suppressions_report_unused(suppressions, stream);
	fputc('\0', stream);
	fclose(stream);
	return captured;
}

START_TEST(unused_lines_are_named)
{
	struct finding finding = example();
	char expected[256];

	read_text("lock:log_mutex\n# a comment\nlock:other rule:FC001\nrule:FC001\n");
	ck_assert(suppressions_match(suppressions, &finding));
	snprintf(expected, sizeof(expected),
		 "forkcheck: %s:3: unused suppression: lock:other rule:FC001\n", path);
	ck_assert_str_eq(unused_lines(), expected);
}
END_TEST

/* A file, and what is said of it behind its name. */
static const struct {
	const char *text;
	size_t length; /* 0: up to its NUL */
	const char *complaint;
} bad_files[] = {
	{"rule:FC001\nlog_mutex\n", 0, ":2: no key in 'log_mutex'"},
	{"mutex:log_mutex\n", 0, ":1: unknown key in 'mutex:log_mutex'"},
	{"loc:x\n", 0, ":1: unknown key in 'loc:x'"},
	{"locks:x\n", 0, ":1: unknown key in 'locks:x'"},
	{":x\n", 0, ":1: unknown key in ':x'"},
	{"lock:\n", 0, ":1: nothing follows 'lock:'"},
	{"lock:a rule:", 0, ":1: nothing follows 'rule:'"},
	{"\n\nlock:a\033[2J\n", 0, ":3: this is no text file\n"},
	{"\177ELF", 0, ":1: this is no text file\n"},
	{"lock:a\n\0\0\0", 10, ":2: this is no text file\n"},
	{"x\xff\xc2\x9b\n", 0, ":1: no key in 'x\\xff\\xc2\\x9b'"},
};

START_TEST(a_bad_file_gets_one_line)
{
	const char *text = bad_files[_i].text;
	char expected[256];

	write_file(text, bad_files[_i].length ? bad_files[_i].length : strlen(text));
	ck_assert_int_eq(read_captured(path), -1);
	snprintf(expected, sizeof(expected), "forkcheck: %s%s", path, bad_files[_i].complaint);
	ck_assert_msg(strncmp(captured, expected, strlen(expected)) == 0, "%s", captured);
	ck_assert_ptr_eq(strchr(captured, '\n'), captured + strlen(captured) - 1);
}
END_TEST

START_TEST(lengths_are_bounded)
{
	char expected[256];
	static char text[5000];

	memset(text, 'a', sizeof(text));
	memcpy(text, "#\nlock:", 7);
	write_file(text, sizeof(text));
	ck_assert_int_eq(read_captured(path), -1);
	snprintf(expected, sizeof(expected), "forkcheck: %s:2: the line is too long\n", path);
	ck_assert_str_eq(captured, expected);
}
END_TEST

START_TEST(files_that_cannot_be_read_are_named)
{
	ck_assert_int_eq(read_captured("/no/such/file"), -1);
	ck_assert_str_eq(captured,
			 "forkcheck: cannot read '/no/such/file': No such file or directory\n");
	ck_assert_int_eq(read_captured("/"), -1);
	ck_assert_str_eq(captured, "forkcheck: cannot read '/': Is a directory\n");
	ck_assert_int_eq(read_captured("/dev/zero"), -1);
	ck_assert_str_eq(captured, "forkcheck: /dev/zero:1: this is no text file\n");
}
END_TEST

/* What is printed for a report, read again, suppresses all of it. */
START_TEST(printed_lines_can_be_read)
{
	struct finding findings[4] = {example(), example(), example(), example()};
	struct report report = {.findings = findings, .finding_count = 4};
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	findings[0].message = "child 1 waits\nlock:*";
	findings[2].suppression = "rule:FC008 function:main";
	findings[2].severity = SEVERITY_NOTE;
	findings[3].suppression = "library:libgomp.so.1";
	findings[3].suppressed = true;
	ck_assert_int_eq(suppressions_print(&report, stream), 0);
	fclose(stream);
	ck_assert_str_eq(text, "# FC001 orphaned-lock: child 1 waits\\x0alock:*\nlock:log_mutex\n");
	read_text(text);
	ck_assert(suppressions_match(suppressions, &findings[0]));
	free(text);
}
END_TEST

Suite *suppressions_suite(void)
{
	Suite *suite = suite_create("suppressions");
	TCase *tests = tcase_create("suppressions");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, a_line_matches_where_all_its_words_do, 0, (int)COUNT(lines));
	tcase_add_test(tests, what_a_finding_lacks_matches_nothing);
	tcase_add_test(tests, comments_and_empty_lines_say_nothing);
	tcase_add_test(tests, unused_lines_are_named);
	tcase_add_loop_test(tests, a_bad_file_gets_one_line, 0, (int)COUNT(bad_files));
	tcase_add_test(tests, lengths_are_bounded);
	tcase_add_test(tests, files_that_cannot_be_read_are_named);
	tcase_add_test(tests, printed_lines_can_be_read);
	suite_add_tcase(suite, tests);
	return suite;
}
