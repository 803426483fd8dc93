/*
 * The formats of CI systems: what they say of a finding, of a run without one, and of names that
 * would end an element, a property or a line.
 */
#include "cli/base/escape.h"
#include "cli/findings/headline.h"
#include "cli/findings/rules/rule.h"
#include "cli/report/formats.h"
#include "cli/report/parts/finding_places.h"
#include "suites.h"
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each ends something in one of the formats. */
#define HOSTILE "a\"<&>'\x01\x1b]](b)%41,:\r\n::error::x\xff\xef\xbf\xbe"

typedef int render_function(FILE *, const struct report *, const struct render_options *);

static struct arena arena;

static void open_arena(void)
{
	arena_init(&arena);
}

static void close_arena(void)
{
	arena_release(&arena);
}

static struct frame child_frames[] = {
	{.function = "log_write", .file = "/srv/src/./a/../log.c", .line = 57}};
static struct frame fork_frames[] = {
	{.function = "spawn", .file = "pool.c", .directory = "/srv/src", .line = 88}};
static struct frame holder_frames[] = {
	{.function = "drain", .file = "/usr/include/queue.h", .line = 12}};

static struct frames whole(struct frame *list, size_t count)
{
	return (struct frames){.list = list, .count = count, .complete = true};
}

static struct finding hang(void)
{
	return (struct finding){
		.code = "FC001",
		.name = "orphaned-lock",
		.severity = SEVERITY_ERROR,
		.certainty = CERTAINTY_PROVEN,
		.message = "child 2 waits for log_mutex.",
		.why = "its holder is not there.",
		.advice = "take it in a handler.",
		.fingerprint = "FC001-0123456789abcdef",
		.count = 3,
		.fork = {.present = true,
			 .pid = 1,
			 .child_pid = 2,
			 .program = "/srv/bin/server",
			 .serial = 1,
			 .stack = whole(fork_frames, 1)},
		.lock = {.present = true, .kind = "mutex", .name = "log_mutex"},
		.holder = {.present = true,
			   .tid = 3,
			   .name = "logger",
			   .acquired_at = whole(holder_frames, 1),
			   .held_ms = -1},
		.child = {.present = true, .pid = 2, .tid = 2, .stack = whole(child_frames, 1)},
	};
}

static struct finding note(void)
{
	return (struct finding){.code = "FC008",
				.name = "threads-lost",
				.severity = SEVERITY_NOTE,
				.certainty = CERTAINTY_OBSERVED,
				.message = "one thread was lost.",
				.fork = {.present = true, .pid = 1, .child_pid = 2},
				.count = 1};
}

static struct report report_of(struct finding *findings, size_t count)
{
	static char program[] = "./server";
	static char *command[] = {program, NULL};

	for (size_t i = 0; i < count; i++)
		headline_fill(&arena, &findings[i]);
	return (struct report){.command = command,
			       .observed = true,
			       .complete = true,
			       .duration_ms = 1500,
			       .forks = 1,
			       .processes = 2,
			       .findings = findings,
			       .finding_count = count};
}

static char *rendered(render_function *render, const struct report *report)
{
	const struct render_options options = {
		.width = 80, .root = "/srv", .limit = {.severity = SEVERITY_ERROR}};
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(render(stream, report, &options), 0);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

static void assert_rendered(render_function *render, const struct report *report,
			    const char *expected)
{
	char *text = rendered(render, report);

	ck_assert_str_eq(text, expected);
	free(text);
}

static json_t *json_rendered(render_function *render, const struct report *report)
{
	char *text = rendered(render, report);
	json_error_t error;
	json_t *root = json_loads(text, 0, &error);

	ck_assert_msg(root != NULL, "%s", error.text);
	free(text);
	return root;
}

static const char *string_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "none";
}

/* --- escapes ---------------------------------------------------------------------------------- */

START_TEST(escapes_xml)
{
	ck_assert_str_eq(escape_xml(&arena, "a<b>&\"'\t\n", 100),
			 "a&lt;b&gt;&amp;&quot;&apos;\t\n");
	ck_assert_str_eq(escape_xml(&arena, "\x01\x1f\x7f\r", 100),
			 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	/* U+FFFE, U+FFFF and half a character; U+FFFD and U+FFBE stay as they are. */
	ck_assert_str_eq(escape_xml(&arena, "\xef\xbf\xbe\xef\xbf\xbf\xef", 100),
			 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	ck_assert_str_eq(escape_xml(&arena, "\xef\xbf\xbd\xef\xbe\xbe", 100),
			 "\xef\xbf\xbd\xef\xbe\xbe");
	ck_assert_str_eq(escape_xml(&arena, "abcdef", 3), "abc...");
}
END_TEST

START_TEST(escapes_uris)
{
	ck_assert_str_eq(escape_uri(&arena, "/a b/%41/c:d?#[\xff\n.c"),
			 "/a%20b/%2541/c%3Ad%3F%23%5B%FF%0A.c");
	ck_assert_str_eq(escape_uri(&arena, "src/x-1_2.~c"), "src/x-1_2.~c");
}
END_TEST

/* --- places ----------------------------------------------------------------------------------- */

static const struct {
	const char *file, *directory, *root, *text;
	bool is_in_root;
} paths[] = {
	{"/srv/a.c", NULL, "/srv", "a.c", true},
	{"/srv/a.c", NULL, "/srv/", "/srv/a.c", false},
	{"/srv/a.c", NULL, "/", "srv/a.c", true},
	{"/srv2/a.c", NULL, "/srv", "/srv2/a.c", false},
	{"/srv/../etc/a.c", NULL, "/srv", "/etc/a.c", false},
	{"/../../a.c", NULL, "/srv", "/a.c", false},
	{"a.c", "/srv/x", "/srv", "x/a.c", true},
	{"../a.c", "/srv/x", "/srv", "a.c", true},
	{".//a.c", NULL, "/srv", "a.c", false},
	{"../../x/../a.c", NULL, NULL, "../../a.c", false},
	{"/srv/a.c", NULL, NULL, "/srv/a.c", false},
	{NULL, "/srv", "/srv", NULL, false},
};

START_TEST(names_files_from_the_root_on)
{
	const struct frame frame = {.file = paths[_i].file, .directory = paths[_i].directory};
	struct source_path path = source_path_of(&arena, &frame, paths[_i].root);

	if (paths[_i].text)
		ck_assert_str_eq(path.text, paths[_i].text);
	else
		ck_assert_ptr_null(path.text);
	ck_assert_int_eq(path.is_in_root, paths[_i].is_in_root);
}
END_TEST

START_TEST(shows_a_place_in_the_repository)
{
	struct finding finding = hang();
	struct places places;

	report_of(&finding, 1);
	places_fill(&arena, &finding, "/srv", &places);
	ck_assert_uint_eq(places.count, 3);
	ck_assert_str_eq(places.shown->path.text, "src/log.c");
	ck_assert_str_eq(places.list[2].line, "held by T2 \"logger\", since "
					      "/usr/include/queue.h:12 drain");
}
END_TEST

START_TEST(shows_the_first_source_of_another)
{
	struct finding finding = hang();
	struct places places;

	report_of(&finding, 1);
	places_fill(&arena, &finding, "/usr/include", &places);
	ck_assert_str_eq(places.shown->path.text, "queue.h");
	places_fill(&arena, &finding, "/home", &places);
	ck_assert_str_eq(places.shown->path.text, "/srv/src/log.c");
}
END_TEST

/* --- GitHub ----------------------------------------------------------------------------------- */

START_TEST(github_has_a_line_for_each)
{
	struct finding findings[] = {hang(), note()};
	struct report report = report_of(findings, 2);
	char *text = rendered(render_github, &report);

	ck_assert_ptr_eq(strstr(text, "::error file=src/log.c,line=57,title=FC001 orphaned-lock::"
				      "child 2 waits for log_mutex.%0Awaits at src/log.c:57 "
				      "log_write, for mutex log_mutex%0A"),
			 text);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	report.show_notes = true;
	text = rendered(render_github, &report);
	ck_assert_ptr_nonnull(strstr(text, "\n::notice title=FC008 threads-lost::one thread"));
	free(text);
}
END_TEST

START_TEST(github_keeps_names_in_their_places)
{
	struct finding finding = hang();
	struct report report;
	char *text;

	child_frames[0].file = "/srv/" HOSTILE;
	finding.message = HOSTILE;
	report = report_of(&finding, 1);
	text = rendered(render_github, &report);
	child_frames[0].file = "/srv/src/./a/../log.c";
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	ck_assert_ptr_eq(strstr(text, "::error file=a\"<&>'\\x01\\x1b]](b)%2541%2C%3A\\x0d\\x0a"
				      "%3A%3Aerror%3A%3Ax\\xff"),
			 text);
	ck_assert_ptr_nonnull(strstr(text, "line=57,title=FC001 orphaned-lock::a\"<&>'\\x01\\x1b]]"
					   "(b)%2541,:\\x0d\\x0a::error::x\\xff"));
	free(text);
}
END_TEST

/* Neither what is suppressed nor what is in the baseline. */
START_TEST(leaves_out_what_does_not_count)
{
	struct finding findings[] = {hang(), hang(), note()};
	struct report report = report_of(findings, 3);
	json_t *list;

	findings[0].suppressed = findings[1].is_known = true;
	assert_rendered(render_github, &report, "");
	list = json_rendered(render_gitlab, &report);
	ck_assert_uint_eq(json_array_size(list), 0);
	json_decref(list);
}
END_TEST

/* --- GitLab ----------------------------------------------------------------------------------- */

START_TEST(gitlab_has_what_it_needs)
{
	struct finding findings[] = {hang(), note()};
	struct report report = report_of(findings, 2);
	const json_t *first, *second;
	json_t *list;

	report.show_notes = true;
	list = json_rendered(render_gitlab, &report);
	first = json_array_get(list, 0);
	ck_assert_str_eq(string_at(first, "severity"), "critical");
	ck_assert_str_eq(string_at(first, "fingerprint"), "FC001-0123456789abcdef");
	ck_assert_str_eq(string_at(first, "check_name"), "FC001 orphaned-lock");
	ck_assert_str_eq(string_at(json_object_get(first, "location"), "path"), "src/log.c");
	ck_assert_int_eq(
		json_integer_value(json_object_get(
			json_object_get(json_object_get(first, "location"), "lines"), "begin")),
		57);
	second = json_array_get(list, 1);
	ck_assert_str_eq(string_at(second, "severity"), "info");
	ck_assert_str_eq(string_at(json_object_get(second, "location"), "path"), "unknown");
	json_decref(list);
}
END_TEST

/* --- JUnit ------------------------------------------------------------------------------------ */

START_TEST(junit_of_a_clean_run_has_passed)
{
	struct report report = report_of(NULL, 0);

	assert_rendered(render_junit, &report,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			"<testsuites>\n"
			"  <testsuite name=\"forkcheck\" tests=\"1\" failures=\"0\" errors=\"0\" "
			"skipped=\"0\" time=\"1.500\">\n"
			"    <testcase classname=\"server\" name=\"run\" time=\"1.500\">\n"
			"      <system-out>forks: 1, processes: 2</system-out>\n"
			"    </testcase>\n"
			"  </testsuite>\n"
			"</testsuites>\n");
}
END_TEST

static void assert_junit_has(const struct report *report, const char *part)
{
	char *text = rendered(render_junit, report);

	ck_assert_msg(strstr(text, part) != NULL, "no %s in:\n%s", part, text);
	free(text);
}

START_TEST(junit_of_what_nobody_saw_is_in_error)
{
	struct report report = report_of(NULL, 0);

	report.observed = false;
	assert_junit_has(&report, "tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\"");
	assert_junit_has(&report, "<error type=\"unobserved\"");
}
END_TEST

START_TEST(junit_has_a_case_for_each_fork)
{
	struct finding findings[] = {hang(), hang(), note()};
	struct report report = report_of(findings, 3);

	report.show_notes = true;
	assert_junit_has(&report, "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\"");
	assert_junit_has(&report, "<testcase classname=\"server\" name=\"fork at src/pool.c "
				  "spawn\" time=\"0.000\">\n      <failure type=\"FC001 "
				  "orphaned-lock\" message=\"child 2 waits for log_mutex.\">"
				  "forkcheck: error FC001");
	assert_junit_has(&report, "name=\"fork at a place that is not known\" time=\"0.000\">\n"
				  "      <system-out>forkcheck: note FC008");
}
END_TEST

/* A place that a finding is about has one case. */
START_TEST(junit_passes_forks_without_a_finding)
{
	struct finding finding = hang();
	struct report report = report_of(&finding, 1);
	struct frame other = {.function = "reap", .file = "/srv/src/reap.c", .line = 9};
	const struct fork_site sites[] = {
		{.program = "/srv/bin/server", .frame = fork_frames, .count = 3},
		{.program = "/srv/bin/server", .frame = &other, .count = 1},
		{.program = "/srv/bin/tool", .frame = fork_frames, .count = 1},
		{.count = 1}};

	report.fork_sites = sites;
	report.fork_site_count = COUNT(sites);
	assert_junit_has(&report, "tests=\"5\" failures=\"1\" errors=\"0\" skipped=\"0\"");
	assert_junit_has(&report, "<testcase classname=\"server\" name=\"fork at src/reap.c reap\" "
				  "time=\"0.000\">\n    </testcase>\n");
	assert_junit_has(&report, "<testcase classname=\"tool\" name=\"fork at src/pool.c spawn\" "
				  "time=\"0.000\">\n    </testcase>\n");
	assert_junit_has(&report, "<testcase classname=\"server\" name=\"fork at a place that is "
				  "not known\" time=\"0.000\">\n    </testcase>\n");
}
END_TEST

START_TEST(junit_skips_what_is_known)
{
	struct finding findings[] = {hang(), note()};
	struct report report = report_of(findings, 2);

	findings[0].is_known = true;
	assert_junit_has(&report, "tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\"");
	assert_junit_has(&report, "<skipped/>\n      <system-out>forkcheck: in the baseline:\n"
				  "forkcheck: error FC001");
	findings[0].suppressed = true;
	assert_junit_has(&report, "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\"");
}
END_TEST

START_TEST(junit_takes_any_name)
{
	struct finding finding = hang();
	struct report report;
	char *text;

	finding.message = finding.fork.program = finding.holder.name = HOSTILE;
	report = report_of(&finding, 1);
	text = rendered(render_junit, &report);
	for (const char *byte = text; *byte; byte++)
		ck_assert_msg((unsigned char)*byte >= 0x20 || *byte == '\n', "\\x%02x in:\n%s",
			      (unsigned char)*byte, text);
	ck_assert_ptr_nonnull(strstr(text, "message=\"a&quot;&lt;&amp;&gt;&apos;\\x01\\x1b]](b)"
					   "%41,:\\x0d\\x0a::error::x\\xff\xef\xbf\xbd\">"));
	free(text);
}
END_TEST

/* --- HTML ------------------------------------------------------------------------------------- */

static void assert_html_has(const struct report *report, const char *part)
{
	char *text = rendered(render_html, report);

	ck_assert_msg(strstr(text, part) != NULL, "no %s in:\n%s", part, text);
	free(text);
}

static void assert_html_lacks(const struct report *report, const char *part)
{
	char *text = rendered(render_html, report);

	ck_assert_msg(strstr(text, part) == NULL, "%s in:\n%s", part, text);
	free(text);
}

START_TEST(html_draws_a_finding)
{
	struct finding finding = hang();
	struct report report = report_of(&finding, 1);

	assert_html_has(&report, "<article class=\"error\" id=\"FC001-0123456789abcdef\">");
	assert_html_has(&report, "<li>waits at src/log.c:57 log_write, for mutex log_mutex</li>");
	assert_html_has(&report, ">T2 &quot;logger&quot;</text>");
	assert_html_has(&report, ">holds mutex log_mutex</text>");
	assert_html_has(&report, ">waits for ever</text>");
	finding.is_known = true;
	assert_html_lacks(&report, "<article");
	assert_html_has(&report, "<td>in the baseline</td>");
}
END_TEST

/* With more threads than can be drawn, the child is drawn all the same. */
START_TEST(html_draws_the_child_last)
{
	struct missing_group groups[40] = {{.library = "libgomp.so", .count = 3}};
	struct finding finding = note();
	struct report report;

	finding.missing = groups;
	finding.missing_count = COUNT(groups);
	report = report_of(&finding, 1);
	report.show_notes = true;
	assert_html_has(&report, ">3 threads of libgomp.so</text>");
	assert_html_has(&report, ">child 2</text>");
	assert_html_has(&report, "30 more groups of threads are not drawn.");
}
END_TEST

START_TEST(html_draws_who_waits_for_whom)
{
	struct cycle_edge edges[] = {{.pid = 7, .waits_for = 8, .via = "a full pipe"},
				     {.pid = 8, .waits_for = 7, .waiting_in = "waitpid"},
				     {.pid = 9, .waits_for = -1}};
	struct finding finding = {
		.code = "FC011", .name = "wait-cycle", .severity = SEVERITY_ERROR};
	struct report report;

	finding.cycle = edges;
	finding.cycle_count = COUNT(edges);
	report = report_of(&finding, 1);
	assert_html_has(&report, ">process 7</text>");
	assert_html_has(&report, ">waits: a full pipe</text>");
	assert_html_has(&report, ">waits in waitpid</text>");
	assert_html_has(&report, "<path class=\"arrow\"");
	assert_html_lacks(&report, "class=\"fork\"");
}
END_TEST

START_TEST(html_keeps_names_in_their_places)
{
	struct finding finding = hang();
	struct report report;
	char *text;

	finding.message = finding.fork.program = finding.holder.name = finding.lock.name =
		finding.suppression = finding.action = finding.child.waiting_in =
			"</text></svg>\"'--><script src=x>]]>" HOSTILE;
	report = report_of(&finding, 1);
	text = rendered(render_html, &report);
	ck_assert_ptr_null(strstr(text, "<script"));
	ck_assert_ptr_null(strstr(text, "-->"));
	ck_assert_ptr_nonnull(
		strstr(text, "&lt;/text&gt;&lt;/svg&gt;&quot;&apos;--&gt;&lt;script"));
	free(text);
}
END_TEST

START_TEST(html_says_what_is_missing)
{
	const char *unread[] = {"b<.fc"};
	struct report report = report_of(NULL, 0);

	assert_html_has(&report, "<p>None.</p>");
	report.complete = false;
	report.incomplete_reason = "the log was full";
	report.unread_sessions = unread;
	report.unread_count = 1;
	assert_html_has(&report, "This report is not complete: the log was full.");
	assert_html_has(&report, "Not read: b&lt;.fc");
}
END_TEST

/* --- SARIF ------------------------------------------------------------------------------------ */

static const json_t *sarif_run(const json_t *root)
{
	ck_assert_str_eq(string_at(root, "version"), "2.1.0");
	return json_array_get(json_object_get(root, "runs"), 0);
}

static const json_t *sarif_result(const json_t *root, size_t index)
{
	return json_array_get(json_object_get(sarif_run(root), "results"), index);
}

START_TEST(sarif_has_all_rules)
{
	struct report report = report_of(NULL, 0);
	json_t *root = json_rendered(render_sarif, &report);
	const json_t *driver = json_object_get(json_object_get(sarif_run(root), "tool"), "driver");
	const json_t *list = json_object_get(driver, "rules");
	size_t count = 0;

	for (; rules[count].code; count++) {
		const json_t *rule = json_array_get(list, count);

		ck_assert_str_eq(string_at(rule, "id"), rules[count].code);
		ck_assert_str_eq(string_at(rule, "name"), rules[count].name);
		ck_assert_str_eq(string_at(json_object_get(rule, "defaultConfiguration"), "level"),
				 severity_name(rules[count].severity));
		ck_assert_uint_gt(
			strlen(string_at(json_object_get(rule, "shortDescription"), "text")), 20);
		ck_assert_uint_gt(
			strlen(string_at(json_object_get(rule, "fullDescription"), "text")), 60);
		ck_assert_uint_gt(strlen(string_at(json_object_get(rule, "help"), "text")), 500);
	}
	ck_assert_uint_eq(json_array_size(list), count);
	json_decref(root);
}
END_TEST

START_TEST(sarif_says_where_it_is)
{
	struct finding finding = hang();
	struct report report = report_of(&finding, 1);
	json_t *root = json_rendered(render_sarif, &report);
	const json_t *result = sarif_result(root, 0);
	const json_t *related = json_object_get(result, "relatedLocations");
	const json_t *place = json_object_get(
		json_array_get(json_object_get(result, "locations"), 0), "physicalLocation");
	const json_t *artifact = json_object_get(place, "artifactLocation");
	const json_t *elsewhere =
		json_object_get(json_object_get(json_array_get(related, 2), "physicalLocation"),
				"artifactLocation");

	ck_assert_str_eq(string_at(artifact, "uri"), "src/log.c");
	ck_assert_str_eq(string_at(artifact, "uriBaseId"), "SRCROOT");
	ck_assert_uint_eq(json_array_size(related), 3);
	ck_assert_str_eq(string_at(elsewhere, "uri"), "file:///usr/include/queue.h");
	ck_assert_str_eq(string_at(elsewhere, "uriBaseId"), "none");
	ck_assert_str_eq(string_at(json_object_get(result, "partialFingerprints"), "forkcheck/v1"),
			 "FC001-0123456789abcdef");
	ck_assert_str_eq(
		string_at(json_object_get(json_object_get(sarif_run(root), "originalUriBaseIds"),
					  "SRCROOT"),
			  "uri"),
		"file:///srv/");
	ck_assert_int_eq(json_integer_value(json_object_get(result, "occurrenceCount")), 3);
	json_decref(root);
}
END_TEST

START_TEST(sarif_tells_what_does_not_count)
{
	struct finding findings[] = {hang(), hang(), note()};
	struct report report = report_of(findings, 3);
	json_t *root;

	findings[0].suppressed = findings[1].is_known = true;
	report.has_baseline = true;
	root = json_rendered(render_sarif, &report);
	ck_assert_uint_eq(json_array_size(json_object_get(sarif_result(root, 0), "suppressions")),
			  1);
	ck_assert_str_eq(string_at(sarif_result(root, 0), "baselineState"), "new");
	ck_assert_ptr_null(json_object_get(sarif_result(root, 1), "suppressions"));
	ck_assert_str_eq(string_at(sarif_result(root, 1), "baselineState"), "unchanged");
	ck_assert_ptr_null(sarif_result(root, 2));
	json_decref(root);
}
END_TEST

/* "[text](target)" would be a link. */
START_TEST(sarif_makes_no_link_of_a_name)
{
	struct finding finding = hang();
	struct report report;
	json_t *root;

	finding.message = "[read](http://x) " HOSTILE;
	report = report_of(&finding, 1);
	root = json_rendered(render_sarif, &report);
	ck_assert_ptr_eq(
		strstr(string_at(json_object_get(sarif_result(root, 0), "message"), "text"), "]("),
		NULL);
	json_decref(root);
}
END_TEST

START_TEST(sarif_knows_a_status)
{
	struct report report = report_of(NULL, 0);
	json_t *root;
	const json_t *invocation;

	report.has_status = true;
	report.status = 66;
	report.exit_status = -1;
	report.signal = 9;
	report.complete = false;
	report.incomplete_reason = "the log was full";
	root = json_rendered(render_sarif, &report);
	invocation = json_array_get(json_object_get(sarif_run(root), "invocations"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(invocation, "exitCode")), 66);
	ck_assert(json_is_true(json_object_get(invocation, "executionSuccessful")));
	ck_assert_uint_eq(
		json_array_size(json_object_get(invocation, "toolExecutionNotifications")), 1);
	json_decref(root);
}
END_TEST

/* --- all of them ------------------------------------------------------------------------------ */

/* A finding of which nothing but the rule is known. */
START_TEST(takes_a_bare_finding)
{
	const struct report_format *format = &report_formats[_i];
	struct finding findings[] = {
		{.code = "FC001",
		 .name = "orphaned-lock",
		 .severity = SEVERITY_ERROR,
		 .count = 1,
		 .fork = {.present = true, .pid = -1, .child_pid = -1, .tid = -1},
		 .holder = {.present = true, .tid = -1, .creator_tid = -1, .held_ms = -1},
		 .child = {.present = true, .pid = -1, .tid = -1, .after_ms = -1}}};
	struct report report = report_of(findings, 1);
	char *text;

	report.duration_ms = -1;
	report.command = NULL;
	text = rendered(format->render, &report);
	ck_assert_ptr_nonnull(strstr(text, "FC001"));
	ck_assert_ptr_null(strstr(text, "(null)"));
	free(text);
}
END_TEST

START_TEST(says_that_a_stream_failed)
{
	const struct render_options options = {.width = 80};
	struct finding finding = hang();
	struct report report = report_of(&finding, 1);
	FILE *full = fopen("/dev/full", "we");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(report_formats[_i].render(full, &report, &options), -1);
	fclose(full);
}
END_TEST

Suite *formats_suite(void)
{
	Suite *suite = suite_create("formats");
	TCase *tests = tcase_create("formats");
	int formats = 0;

	while (report_formats[formats].name)
		formats++;
	tcase_add_checked_fixture(tests, open_arena, close_arena);
	tcase_add_test(tests, escapes_xml);
	tcase_add_test(tests, escapes_uris);
	tcase_add_loop_test(tests, names_files_from_the_root_on, 0, COUNT(paths));
	tcase_add_test(tests, shows_a_place_in_the_repository);
	tcase_add_test(tests, shows_the_first_source_of_another);
	tcase_add_test(tests, github_has_a_line_for_each);
	tcase_add_test(tests, github_keeps_names_in_their_places);
	tcase_add_test(tests, leaves_out_what_does_not_count);
	tcase_add_test(tests, gitlab_has_what_it_needs);
	tcase_add_test(tests, junit_of_a_clean_run_has_passed);
	tcase_add_test(tests, junit_of_what_nobody_saw_is_in_error);
	tcase_add_test(tests, junit_has_a_case_for_each_fork);
	tcase_add_test(tests, junit_passes_forks_without_a_finding);
	tcase_add_test(tests, junit_skips_what_is_known);
	tcase_add_test(tests, junit_takes_any_name);
	tcase_add_test(tests, html_draws_a_finding);
	tcase_add_test(tests, html_draws_the_child_last);
	tcase_add_test(tests, html_draws_who_waits_for_whom);
	tcase_add_test(tests, html_keeps_names_in_their_places);
	tcase_add_test(tests, html_says_what_is_missing);
	tcase_add_test(tests, sarif_has_all_rules);
	tcase_add_test(tests, sarif_says_where_it_is);
	tcase_add_test(tests, sarif_tells_what_does_not_count);
	tcase_add_test(tests, sarif_makes_no_link_of_a_name);
	tcase_add_test(tests, sarif_knows_a_status);
	tcase_add_loop_test(tests, takes_a_bare_finding, 0, formats);
	tcase_add_loop_test(tests, says_that_a_stream_failed, 0, formats);
	suite_add_tcase(suite, tests);
	return suite;
}
