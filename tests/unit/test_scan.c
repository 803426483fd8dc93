/*
 * What a scan makes of what it has seen: verdicts of evidence, and the three documents, of names
 * that are hostile.
 */
#include "cli/attach/scan_formats.h"
#include "cli/attach/scan_processes.h"
#include <check.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

Suite *scan_suite(void);

/* A hung fork child, as far as /proc tells. */
static const struct scan_evidence hung = {.is_readable = true,
					  .waits_on_futex = true,
					  .all_wait = true,
					  .missing_count = 2,
					  .is_copy = true,
					  .copy_is_told = true};

#define AT(member) offsetof(struct scan_evidence, member)
#define NOTHING    SIZE_MAX

static const struct verdict_case {
	const char *name;
	size_t turned[2]; /* into the opposite of what is seen of one that hangs */
	enum scan_verdict verdict;
	enum scan_reason reason;
} verdicts[] = {
	{"hung", {NOTHING, NOTHING}, SCAN_SUSPECTED, SCAN_NO_REASON},
	/* Proven by what is the same, whatever the kernel would say of another. */
	{"copy", {AT(copy_is_told), NOTHING}, SCAN_SUSPECTED, SCAN_NO_REASON},
	{"unreadable", {AT(is_readable), NOTHING}, SCAN_UNKNOWN, SCAN_UNREADABLE},
	{"unreadable and moved", {AT(is_readable), AT(has_moved)}, SCAN_UNKNOWN, SCAN_UNREADABLE},
	{"moved", {AT(has_moved), NOTHING}, SCAN_ACTIVE, SCAN_NO_REASON},
	{"other calls", {AT(has_other_calls), NOTHING}, SCAN_UNKNOWN, SCAN_OTHER_CALLS},
	{"other wait", {AT(waits_on_futex), NOTHING}, SCAN_AT_REST, SCAN_NO_REASON},
	{"another waits otherwise", {AT(all_wait), NOTHING}, SCAN_AT_REST, SCAN_NO_REASON},
	{"too many", {AT(has_unseen), NOTHING}, SCAN_UNKNOWN, SCAN_MANY_TASKS},
	{"too many, of any kind", {AT(has_unseen), AT(all_wait)}, SCAN_UNKNOWN, SCAN_MANY_TASKS},
	{"held", {AT(is_held), NOTHING}, SCAN_UNKNOWN, SCAN_HELD},
	{"orphan", {AT(is_orphan), NOTHING}, SCAN_UNKNOWN, SCAN_ORPHAN},
	{"orphan that moved", {AT(is_orphan), AT(has_moved)}, SCAN_ACTIVE, SCAN_NO_REASON},
	{"hidden parent", {AT(has_unread_parent), NOTHING}, SCAN_UNKNOWN, SCAN_NO_PARENT},
	{"started anew", {AT(is_copy), NOTHING}, SCAN_AT_REST, SCAN_NO_REASON},
	{"not told", {AT(is_copy), AT(copy_is_told)}, SCAN_UNKNOWN, SCAN_UNPROVEN},
};

START_TEST(judges_what_was_seen)
{
	const struct verdict_case *expected = &verdicts[_i];
	struct scan_evidence evidence = hung;
	enum scan_reason reason;

	for (size_t i = 0; i < 2 && expected->turned[i] != NOTHING; i++) {
		bool *member = (bool *)((char *)&evidence + expected->turned[i]);

		*member = !*member;
	}
	ck_assert_msg(scan_judge(&evidence, &reason) == expected->verdict, "%s", expected->name);
	ck_assert_msg(reason == expected->reason, "%s", expected->name);
	ck_assert((*scan_reason_text(reason) != '\0') == (reason != SCAN_NO_REASON));
}
END_TEST

START_TEST(who_lacks_nobody_is_at_rest)
{
	struct scan_evidence evidence = hung;
	enum scan_reason reason;

	evidence.missing_count = 0;
	ck_assert_int_eq(scan_judge(&evidence, &reason), SCAN_AT_REST);
	evidence.is_copy = evidence.copy_is_told = false;
	ck_assert_int_eq(scan_judge(&evidence, &reason), SCAN_AT_REST);
	ck_assert_int_eq(reason, SCAN_NO_REASON);
}
END_TEST

/* --- documents ---------------------------------------------------------------- */

#define HOSTILE "py\n\x1b[31m\"\\\xff"

static const struct scan_thread lost[] = {{"work\ner", 1}, {"pool", 3}};

static struct scan_process processes[] = {
	{.pid = 7,
	 .parent = 6,
	 .uid = 12,
	 .user = "some\x1b",
	 .program = "/opt/" HOSTILE,
	 .age_ms = 3720000,
	 .task_count = 1,
	 .missing = lost,
	 .missing_names = 2,
	 .missing_count = 4,
	 .call = SYS_futex,
	 .place = "futex_do_wait",
	 .verdict = SCAN_SUSPECTED},
	{.pid = 8, .parent = 6, .program = "/bin/sh", .call = SYS_wait4, .verdict = SCAN_AT_REST},
	/* The same when it is written, but another file. */
	{.pid = 9,
	 .parent = 6,
	 .program = "/opt/py\\x0a\x1b[31m\"\\\xff",
	 .call = -1,
	 .verdict = SCAN_SUSPECTED},
	{.pid = 10,
	 .program = "old",
	 .call = 240,
	 .verdict = SCAN_UNKNOWN,
	 .reason = SCAN_OTHER_CALLS},
};

static const struct scan sample = {
	.scanned = 20,
	.unreadable = 3,
	.is_hidden = true,
	.processes = processes,
	.count = 4,
	.verdicts = {[SCAN_SUSPECTED] = 2, [SCAN_AT_REST] = 1, [SCAN_UNKNOWN] = 1},
	.reasons = {[SCAN_NO_REASON] = 3, [SCAN_OTHER_CALLS] = 1},
	.moment_ms = 1700000000123,
	.rest_ms = 200,
	.duration_ms = 1007,
};

/* To be freed. */
static char *scan_document(const char *format, const struct scan *scan)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_int_eq(scan_format_find(format)->render(stream, scan), 0);
	fclose(stream);
	ck_assert_uint_eq(strlen(text), size);
	return text;
}

START_TEST(text_has_a_line_for_each_suspect)
{
	char *text = scan_document("text", &sample);

	ck_assert_str_eq(
		text,
		"suspected py\\x0a\\x1b[31m\"\\\\xff[7] of some\\x1b, 1 h 2 min old, waits in "
		"futex "
		"(futex_do_wait); lacks 4 threads of its parent 6: work\\x0aer, pool (3)\n"
		"suspected py\\x0a\\x1b[31m\"\\\\xff[9], 0 s old, waits\n"
		"forkcheck: 20 processes, of them 4 that may be fork children: 2 suspected, 1 at "
		"rest, 0 active, 1 unknown\n"
		"forkcheck: 1 unknown: a 32-bit program\n"
		"forkcheck: whether it hangs, and why: forkcheck attach PID\n"
		"forkcheck: 3 could not be read: that takes root, or CAP_SYS_PTRACE\n"
		"forkcheck: /proc hides other users' processes (hidepid); root can see them\n");
	free(text);
}
END_TEST

START_TEST(metrics_have_each_series_once)
{
	char *text = scan_document("openmetrics", &sample);
	const char *end = "# EOF\n";

	ck_assert_ptr_nonnull(strstr(
		text,
		"\nforkcheck_scan_processes{verdict=\"suspected\",program=\"py\\\\x0a\\\\x1b[31m"
		"\\\"\\\\\\\\xff\"} 2\n"
		"forkcheck_scan_processes{verdict=\"at rest\",program=\"sh\"} 1\n"
		"forkcheck_scan_processes{verdict=\"unknown\",program=\"old\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nforkcheck_scan_suspected 2\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nforkcheck_scan_scanned 20\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nforkcheck_scan_unreadable 3\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nforkcheck_scan_duration_seconds 1.007\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nforkcheck_scan_timestamp_seconds 1700000000.123\n"));
	ck_assert_str_eq(text + strlen(text) - strlen(end), end);
	free(text);
}
END_TEST

static json_t *member(const json_t *list, size_t index, const char *key)
{
	return json_object_get(json_array_get(list, index), key);
}

START_TEST(json_says_all_of_it)
{
	char *text = scan_document("json", &sample);
	json_t *root = json_loads(text, 0, NULL), *list, *missing;

	ck_assert_ptr_nonnull(root);
	list = json_object_get(root, "processes");
	ck_assert_str_eq(json_string_value(json_object_get(root, "schema")), "forkcheck-scan/1");
	ck_assert_int_eq(json_integer_value(json_object_get(root, "candidates")), 4);
	ck_assert_uint_eq(json_array_size(list), 4);
	ck_assert_str_eq(json_string_value(member(list, 0, "program")),
			 "/opt/py\n\x1b[31m\"\\\xef\xbf\xbd");
	ck_assert_str_eq(json_string_value(member(list, 0, "verdict")), "suspected");
	ck_assert_str_eq(json_string_value(json_object_get(member(list, 0, "waiting_in"), "call")),
			 "futex");
	missing = member(list, 0, "missing_threads");
	ck_assert_str_eq(json_string_value(member(missing, 1, "name")), "pool");
	ck_assert_int_eq(json_integer_value(member(missing, 1, "count")), 3);
	ck_assert(json_is_null(json_object_get(member(list, 2, "waiting_in"), "call")));
	ck_assert(json_is_null(member(list, 3, "ppid")));
	ck_assert_str_eq(json_string_value(member(list, 3, "reason")), "a 32-bit program");
	ck_assert_str_eq(json_string_value(json_object_get(member(list, 3, "waiting_in"), "call")),
			 "system call 240");
	for (const char *at = text; *at; at++)
		ck_assert((unsigned char)*at < 0x7f && ((unsigned char)*at >= ' ' || *at == '\n'));
	json_decref(root);
	free(text);
}
END_TEST

START_TEST(documents_of_nobody)
{
	const struct scan empty = {.scanned = 1};
	char *text = scan_document("text", &empty);

	ck_assert_str_eq(text, "forkcheck: 1 process, of them 0 that may be fork children: 0 "
			       "suspected, 0 at rest, 0 active, 0 unknown\n");
	free(text);
	text = scan_document("openmetrics", &empty);
	ck_assert_ptr_null(strstr(text, "{"));
	free(text);
	text = scan_document("json", &empty);
	ck_assert_ptr_nonnull(strstr(text, "\"processes\": []"));
	free(text);
}
END_TEST

START_TEST(finds_formats_by_name)
{
	ck_assert_ptr_nonnull(scan_format_find("openmetrics"));
	ck_assert_ptr_null(scan_format_find(""));
	ck_assert_ptr_null(scan_format_find("xml"));
	ck_assert_str_eq(scan_format_names(), "text, json or openmetrics");
	ck_assert_str_eq(scan_format_names(), "text, json or openmetrics");
}
END_TEST

Suite *scan_suite(void)
{
	Suite *suite = suite_create("scan");
	TCase *judging = tcase_create("judging"), *documents = tcase_create("documents");

	tcase_add_loop_test(judging, judges_what_was_seen, 0, sizeof(verdicts) / sizeof(*verdicts));
	tcase_add_test(judging, who_lacks_nobody_is_at_rest);
	tcase_add_test(documents, text_has_a_line_for_each_suspect);
	tcase_add_test(documents, metrics_have_each_series_once);
	tcase_add_test(documents, json_says_all_of_it);
	tcase_add_test(documents, documents_of_nobody);
	tcase_add_test(documents, finds_formats_by_name);
	suite_add_tcase(suite, judging);
	suite_add_tcase(suite, documents);
	return suite;
}
