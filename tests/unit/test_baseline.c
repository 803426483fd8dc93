/* Baselines: which findings a file knows, which files are refused, and what is written. */
#include "cli/findings/suppressions.h"
#include "suites.h"
#include "support.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KNOWN        "FC001-0123456789abcdef"
#define OTHER        "FC005-fedcba9876543210"
#define HEAD         "# forkcheck: findings that are known; those that are not listed fail\n"

static char path[64];

static void make_file(void)
{
	int file;

	strcpy(path, "/tmp/forkcheck-baseline.XXXXXX");
	file = mkstemp(path);
	ck_assert_int_ge(file, 0);
	close(file);
}

static void remove_file(void)
{
	unlink(path);
}

static void write_file(const char *text, size_t length)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

static struct suppressions *open_text(const char *text)
{
	struct suppressions *suppressions;

	write_file(text, strlen(text));
	suppressions = suppressions_open(NULL, 0, path);
	ck_assert_ptr_nonnull(suppressions);
	return suppressions;
}

static bool knows(const struct suppressions *suppressions, const char *fingerprint)
{
	const struct finding finding = {.code = "FC001", .fingerprint = fingerprint};

	return suppressions_know(suppressions, &finding);
}

static const char *const good_texts[] = {
	KNOWN "\n",
	KNOWN,
	"# a comment\n\n  " KNOWN "\t# orphaned-lock lock:log_mutex\r\n",
	OTHER "\n" KNOWN "\n" KNOWN "\n",
	KNOWN "#\n",
};

START_TEST(knows_what_is_listed)
{
	struct suppressions *suppressions = open_text(good_texts[_i]);

	ck_assert(suppressions_have_baseline(suppressions));
	ck_assert(knows(suppressions, KNOWN));
	ck_assert(!knows(suppressions, "FC001-0123456789abcdee"));
	ck_assert(!knows(suppressions, NULL));
	suppressions_free(suppressions);
}
END_TEST

START_TEST(an_empty_one_knows_nothing)
{
	struct suppressions *suppressions = open_text("");

	ck_assert(suppressions_have_baseline(suppressions));
	ck_assert(!knows(suppressions, KNOWN));
	suppressions_free(suppressions);
	suppressions = suppressions_open(NULL, 0, NULL);
	ck_assert(!suppressions_have_baseline(suppressions));
	ck_assert(!knows(suppressions, KNOWN));
	suppressions_free(suppressions);
}
END_TEST

static const char *const bad_texts[][2] = {
	{KNOWN "\nrule:FC001\n", ":2: 'rule:FC001' is no line of a baseline"},
	{"FC001-0123456789ABCDEF\n", ":1: 'FC001-0123456789ABCDEF' is no line"},
	{KNOWN "0\n", ":1: '" KNOWN "0' is no line"},
	{"FC001-0123456789abcde\n", ":1: 'FC001-0123456789abcde' is no line"},
	{KNOWN " more\n", ":1: '" KNOWN " more' is no line"},
	{"{\"findings\": []}\n", ":1: '{\"findings\": []}' is no line"},
	{"\n\x1b[31m\n", ":2: this is no text file"},
	{"\xff\n", ":1: '\\xff' is no line"},
};

/* What it complains of goes to `text`, of `size` bytes. */
static struct suppressions *open_captured(const char *name, char *text, size_t size)
{
	FILE *stream = tmpfile();
	int kept = dup(STDERR_FILENO);
	struct suppressions *suppressions;

	ck_assert_ptr_nonnull(stream);
	dup2(fileno(stream), STDERR_FILENO);
	suppressions = suppressions_open(NULL, 0, name);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(stream);
	text[fread(text, 1, size - 1, stream)] = '\0';
	fclose(stream);
	return suppressions;
}

static void assert_refused(const char *name, const char *complaint)
{
	char text[1024];

	ck_assert_ptr_null(open_captured(name, text, sizeof(text)));
	ck_assert_msg(strstr(text, complaint) != NULL, "no \"%s\" in %s", complaint, text);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}

START_TEST(refuses_what_is_none)
{
	write_file(bad_texts[_i][0], strlen(bad_texts[_i][0]));
	assert_refused(path, bad_texts[_i][1]);
}
END_TEST

START_TEST(refuses_what_cannot_be_read)
{
	static char line[2000];

	assert_refused("/tmp/no/such/file", "cannot read '/tmp/no/such/file': No such file");
	assert_refused("/tmp", "cannot read '/tmp': Is a directory");
	memset(line, '#', sizeof(line));
	write_file(line, sizeof(line));
	assert_refused(path, ":1: the line is too long");
	write_file("\0", 1);
	assert_refused(path, ":1: this is no text file");
}
END_TEST

static struct finding findings[] = {
	{.code = "FC005",
	 .name = "lock-held-at-fork",
	 .severity = SEVERITY_WARNING,
	 .fingerprint = OTHER,
	 .suppression = "rule:FC005 lock:a\nb\x1b"},
	{.code = "FC001",
	 .name = "orphaned-lock",
	 .severity = SEVERITY_ERROR,
	 .fingerprint = KNOWN,
	 .suppression = "lock:log_mutex"},
	{.code = "FC008",
	 .name = "threads-lost",
	 .severity = SEVERITY_NOTE,
	 .fingerprint = "FC008-0000000000000000"},
	{.code = "FC001",
	 .name = "orphaned-lock",
	 .severity = SEVERITY_ERROR,
	 .fingerprint = "FC001-0000000000000000",
	 .suppressed = true},
};

static void assert_written(const struct suppressions *suppressions, const char *expected)
{
	const struct report report = {.findings = findings, .finding_count = COUNT(findings)};
	char *text;

	ck_assert_int_eq(suppressions_write_baseline(suppressions, &report, path), 0);
	text = support_file(path);
	ck_assert_str_eq(text, expected);
	free(text);
}

#define KNOWN_LINE KNOWN " # orphaned-lock lock:log_mutex\n"
#define OTHER_LINE OTHER " # lock-held-at-fork rule:FC005 lock:a\\x0ab\\x1b\n"

START_TEST(writes_what_it_reads)
{
	struct suppressions *suppressions = suppressions_open(NULL, 0, NULL);

	assert_written(suppressions, HEAD KNOWN_LINE OTHER_LINE);
	suppressions_free(suppressions);
	suppressions = suppressions_open(NULL, 0, path);
	ck_assert_ptr_nonnull(suppressions);
	ck_assert(knows(suppressions, KNOWN) && knows(suppressions, OTHER));
	ck_assert(!knows(suppressions, "FC001-0000000000000000"));
	suppressions_free(suppressions);
}
END_TEST

/* Also what did not come again this time: it may be a race. Its lines are the user's. */
START_TEST(keeps_what_it_had)
{
	struct suppressions *suppressions = open_text("FC012-0000000000000000 # mine\n" KNOWN "\n");

	assert_written(suppressions, HEAD KNOWN "\n" OTHER_LINE "FC012-0000000000000000 # mine\n");
	suppressions_free(suppressions);
}
END_TEST

START_TEST(what_is_known_fails_nothing)
{
	const struct fail_limit warnings = {.severity = SEVERITY_WARNING};
	const struct fail_limit proven = {.only_proven = true}, never = {.never = true};
	struct finding finding = {.severity = SEVERITY_ERROR, .certainty = CERTAINTY_PREDICTED};

	ck_assert(finding_fails(&finding, &warnings));
	ck_assert(!finding_fails(&finding, &proven));
	ck_assert(!finding_fails(&finding, &never));
	finding.certainty = CERTAINTY_CONFIRMED;
	ck_assert(finding_fails(&finding, &proven));
	finding.is_known = true;
	ck_assert(!finding_fails(&finding, &warnings) && !finding_fails(&finding, &proven));
}
END_TEST

Suite *baseline_suite(void)
{
	Suite *suite = suite_create("baseline");
	TCase *tests = tcase_create("baseline");

	tcase_add_checked_fixture(tests, make_file, remove_file);
	tcase_add_loop_test(tests, knows_what_is_listed, 0, COUNT(good_texts));
	tcase_add_test(tests, an_empty_one_knows_nothing);
	tcase_add_loop_test(tests, refuses_what_is_none, 0, COUNT(bad_texts));
	tcase_add_test(tests, refuses_what_cannot_be_read);
	tcase_add_test(tests, writes_what_it_reads);
	tcase_add_test(tests, keeps_what_it_had);
	tcase_add_test(tests, what_is_known_fails_nothing);
	suite_add_tcase(suite, tests);
	return suite;
}
