/*
 * Renderers: what a person and what a program reads of a report, also where
 * parts are missing and where names are hostile.
 */
#include "cli/base/escape.h"
#include "cli/findings/headline.h"
#include "cli/origins/origin.h"
#include "cli/report/formats.h"
#include "cli/report/text/shorten.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct render_options plain = {.color = false, .width = 80};

Suite *report_suite(void);

/* The textbook finding: the first sample of the design. */

static struct frame fork_frames[] = {
	{.function = "spawn_worker", .file = "src/pool.c", .line = 88, .module = "/srv/server"},
	{.function = "main",
	 .file = "src/main.c",
	 .line = 41,
	 .module = "/srv/server",
	 .offset = 0x1234},
};
static struct frame holder_frames[] = {
	{.function = "log_write", .file = "src/log.c", .line = 57, .module = "/srv/server"},
	{.function = "log_thread", .file = "src/log.c", .line = 112, .module = "/srv/server"},
};
static struct frame creation_frames[] = {
	{.function = "log_init", .file = "src/log.c", .line = 30, .module = "/srv/server"},
};
static struct frame child_frames[] = {
	{.function = "log_write", .file = "src/log.c", .line = 57, .module = "/srv/server"},
	{.function = "worker_main", .file = "src/worker.c", .line = 19, .module = "/srv/server"},
};

static struct frames whole(struct frame *list, size_t count)
{
	return (struct frames){.list = list, .count = count, .complete = true};
}

static struct finding textbook_finding(void)
{
	return (struct finding){
		.code = "FC001",
		.name = "orphaned-lock",
		.severity = SEVERITY_ERROR,
		.certainty = CERTAINTY_PROVEN,
		.message = "child 4190 waits for log_mutex; its holder does not exist in the "
			   "child.",
		.why = "only T1 exists in the child; T2 can never unlock M1 there.",
		.advice = "take log_mutex in a pthread_atfork() prepare handler and release it in "
			  "parent and child, or posix_spawn() the worker.",
		.fingerprint = "FC001:log_write:spawn_worker",
		.suppression = "lock:log_mutex",
		.count = 1,
		.fork = {.present = true,
			 .pid = 4182,
			 .child_pid = 4190,
			 .program = "./server",
			 .function = "fork",
			 .serial = 3,
			 .tid = 4182,
			 .thread_name = "server",
			 .stack = whole(fork_frames, COUNT(fork_frames))},
		.lock = {.present = true,
			 .kind = "mutex",
			 .name = "log_mutex",
			 .attributes = "normal, private",
			 .module = "/srv/server",
			 .offset = 0x40a0,
			 .address = 0x5555555580a0},
		.holder = {.present = true,
			   .tid = 4183,
			   .name = "logger",
			   .start_routine = "log_thread",
			   .library = "server",
			   .creator_name = "server",
			   .creator_tid = 4182,
			   .created_at = whole(creation_frames, COUNT(creation_frames)),
			   .acquired_at = whole(holder_frames, COUNT(holder_frames)),
			   .held_ms = 1.2},
		.child = {.present = true,
			  .pid = 4190,
			  .tid = 4190,
			  .waiting_in = "pthread_mutex_lock",
			  .stack = whole(child_frames, COUNT(child_frames)),
			  .after_ms = 0.4},
	};
}

/* A finding of which nothing but the rule is known. */
static struct finding bare_finding(void)
{
	return (struct finding){
		.code = "FC001",
		.name = "orphaned-lock",
		.severity = SEVERITY_ERROR,
		.certainty = CERTAINTY_SUSPECTED,
		.count = 1,
		.fork = {.present = true, .pid = -1, .child_pid = -1, .tid = -1},
		.lock = {.present = true},
		.holder = {.present = true, .tid = -1, .creator_tid = -1, .held_ms = -1},
		.child = {.present = true, .pid = -1, .tid = -1, .after_ms = -1},
	};
}

static struct finding note_finding(void)
{
	return (struct finding){
		.code = "FC008",
		.name = "threads-lost",
		.severity = SEVERITY_NOTE,
		.certainty = CERTAINTY_OBSERVED,
		.message = "one thread was lost.",
		.count = 1,
	};
}

static char *command_words[] = {(char *)"./server", (char *)"\xff", NULL};

static struct report observed_report(struct finding *findings, size_t count)
{
	return (struct report){
		.command = command_words,
		.observed = true,
		.complete = true,
		.duration_ms = 12.5,
		.forks = 4,
		.processes = 6,
		.threads = 1,
		.findings = findings,
		.finding_count = count,
	};
}

static char *render_with(int (*render)(FILE *, const struct report *,
				       const struct render_options *),
			 const struct report *report, const struct render_options *options)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < report->finding_count; i++)
		headline_fill(&arena, &report->findings[i]);
	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(render(stream, report, options), 0);
	ck_assert_int_eq(fclose(stream), 0);
	arena_release(&arena);
	return text;
}

static char *text_of(const struct report *report)
{
	return render_with(render_text, report, &plain);
}

static char *text_of_finding(struct finding *finding)
{
	struct report report = observed_report(finding, 1);

	return text_of(&report);
}

static json_t *json_of(const struct report *report)
{
	char *text = render_with(render_json, report, &plain);
	json_error_t error;
	json_t *root = json_loads(text, 0, &error);

	ck_assert_msg(root != NULL, "%s", error.text);
	free(text);
	return root;
}

static const json_t *first_finding(const json_t *root)
{
	return json_array_get(json_object_get(root, "findings"), 0);
}

static void assert_contains(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) == NULL, "\"%s\" in:\n%s", part, text);
}

/* No line wider than the page, and no byte that a terminal would obey. */
static void assert_safe_page(const char *text)
{
	size_t column = 0;

	for (const char *next = text; *next != '\0'; next++) {
		unsigned char byte = (unsigned char)*next;

		column = byte == '\n' ? 0 : column + ((byte & 0xc0) != 0x80);
		ck_assert_msg(column <= 80, "a line is too long:\n%s", text);
		ck_assert_msg(byte >= 0x20 || byte == '\n', "control character:\n%s", text);
	}
}

START_TEST(text_of_the_textbook_case)
{
	static const char expected[] =
		"forkcheck: error FC001 orphaned-lock (proven)\n"
		"  child 4190 waits for log_mutex; its holder does not exist in the child.\n"
		"  waits at   log.c:57 log_write      for mutex log_mutex\n"
		"  forked at  pool.c:88 spawn_worker  fork #3 by T1 \"server\"\n"
		"  held by    T2 \"logger\" for 1.2 ms, since log.c:57 log_write\n"
		"  cure       take log_mutex in a pthread_atfork() prepare handler and release it\n"
		"             in parent and child, or posix_spawn() the worker.\n"
		"\n"
		"  M1 = mutex log_mutex (server+0x40a0, normal, private)\n"
		"  fork #3 in process 4182 (./server) by T1 \"server\":\n"
		"    #0 spawn_worker        pool.c:88\n"
		"    #1 main                main.c:41\n"
		"  M1 was held by T2 \"logger\" for 1.2 ms, since:\n"
		"    #0 log_write           log.c:57\n"
		"    #1 log_thread          log.c:112\n"
		"  T2 was created by T1 at:\n"
		"    #0 log_init            log.c:30\n"
		"  child 4190, 0.4 ms after the fork, waits for M1 at:\n"
		"    #0 log_write           log.c:57\n"
		"    #1 worker_main         worker.c:19\n"
		"\n"
		"  why:  only T1 exists in the child; T2 can never unlock M1 there.\n"
		"  more: forkcheck explain FC001       suppress: lock:log_mutex\n"
		"\n"
		"  library            threads  locks  atfork  errors\n"
		"  server                   1      2       -       1\n"
		"  libfoo.so.1              1      -       -       -\n"
		"forkcheck: 1 error, 0 warnings, 4 forks, 6 processes, 0 events lost\n";
	struct finding finding = textbook_finding();
	struct library libraries[] = {
		{.path = "/srv/server", .threads_created = 1, .locks_used = 2, .errors = 1},
		{.path = "/lib/libfoo.so.1", .threads_created = 1},
		{.path = "/lib/libm.so.6"},
	};
	struct report report = observed_report(&finding, 1);
	char *text;

	report.libraries = libraries;
	report.library_count = COUNT(libraries);
	text = text_of(&report);
	ck_assert_str_eq(text, expected);
	free(text);
}
END_TEST

static struct predicted_lock further_locks[] = {
	{.next = &further_locks[1],
	 .severity = SEVERITY_ERROR,
	 .kind = "mutex",
	 .name = "log_mutex",
	 .address = 0x5555555580a0,
	 .order = "free",
	 .risk = {.share = 1 / 4321.0, .forks = 5}},
	{.next = &further_locks[2],
	 .severity = SEVERITY_ERROR,
	 .kind = "rwlock",
	 .user = "look_up",
	 .alike = 7,
	 .order = "free"},
	{.severity = SEVERITY_WARNING, .kind = "mutex", .name = "zone", .order = "perhaps"},
};

static struct finding predicted_finding(void)
{
	struct finding finding = textbook_finding();

	finding.code = "FC004";
	finding.name = "reachable-deadlock";
	finding.certainty = CERTAINTY_PREDICTED;
	finding.message = "a child would wait for ever for log_mutex if fork() came while thread "
			  "\"logger\" is in log_write (log.c:57).";
	finding.why = "thread \"logger\" had it before this fork and after it, and nothing keeps "
		      "it away from the fork.";
	finding.holder.held_ms = -1;
	finding.holder.used = "before this fork and after it";
	finding.child.deed = "took log_mutex";
	finding.child.waiting_in = NULL;
	finding.child.after_ms = -1;
	finding.locks = further_locks;
	finding.risk = (struct risk_part){.share = 1 / 4321.0, .forks = 5};
	return finding;
}

START_TEST(text_of_a_prediction)
{
	static const char expected[] =
		"forkcheck: error FC004 reachable-deadlock (predicted)\n"
		"  a child would wait for ever for log_mutex if fork() came while thread "
		"\"logger\"\n"
		"  is in log_write (log.c:57).\n"
		"  child at   log.c:57 log_write      took log_mutex\n"
		"  forked at  pool.c:88 spawn_worker  fork #3 by T1 \"server\"\n"
		"  used by    T2 \"logger\", taken at log.c:57 log_write\n"
		"  cure       take log_mutex in a pthread_atfork() prepare handler and release it\n"
		"             in parent and child, or posix_spawn() the worker.\n"
		"\n"
		"  M1 = mutex log_mutex (server+0x40a0, normal, private)\n"
		"  fork #3 in process 4182 (./server) by T1 \"server\":\n"
		"    #0 spawn_worker        pool.c:88\n"
		"    #1 main                main.c:41\n"
		"  M1 was taken by T2 \"logger\" before this fork and after it, at:\n"
		"    #0 log_write           log.c:57\n"
		"    #1 log_thread          log.c:112\n"
		"  T2 was created by T1 at:\n"
		"    #0 log_init            log.c:30\n"
		"  child 4190 took log_mutex at:\n"
		"    #0 log_write           log.c:57\n"
		"    #1 worker_main         worker.c:19\n"
		"\n"
		"  why:  thread \"logger\" had it before this fork and after it, and nothing "
		"keeps\n"
		"        it away from the fork.\n"
		"  and:  the same holds of a rwlock that look_up takes, and 7 more like it; mutex\n"
		"        zone (warning).\n"
		"  risk: about 1 fork in 4,000; an estimate, from how long and how often the lock\n"
		"        is held.\n"
		"  more: forkcheck explain FC004       suppress: lock:log_mutex\n"
		"\n";
	struct finding finding = predicted_finding();
	char *text = text_of_finding(&finding);

	ck_assert_int_eq(strncmp(text, expected, strlen(expected)), 0);
	free(text);
	finding.holder.inside = "localtime_r";
	finding.locks = NULL;
	text = text_of_finding(&finding);
	assert_contains(text, "T2 \"logger\" was inside localtime_r before this fork and after it, "
			      "at:\n");
	assert_lacks(text, "risk:");
	free(text);
}
END_TEST

START_TEST(json_of_a_prediction)
{
	struct finding finding = predicted_finding();
	struct report report = observed_report(&finding, 1);
	json_t *root = json_of(&report);
	const json_t *object = first_finding(root), *row, *risk;

	ck_assert_str_eq(json_string_value(json_object_get(object, "certainty")), "predicted");
	ck_assert(json_is_null(json_object_get(object, "package")));
	ck_assert_uint_eq(json_array_size(json_object_get(object, "locks")), 3);
	row = json_array_get(json_object_get(object, "locks"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(row, "kind")), "rwlock");
	ck_assert(json_is_null(json_object_get(row, "name")));
	ck_assert(json_is_null(json_object_get(row, "risk")));
	ck_assert_str_eq(json_string_value(json_object_get(row, "used_by")), "look_up");
	ck_assert_int_eq(json_integer_value(json_object_get(row, "alike")), 7);
	risk = json_object_get(object, "risk");
	ck_assert_int_eq(json_integer_value(json_object_get(risk, "one_in")), 4000);
	ck_assert_int_eq(json_integer_value(json_object_get(risk, "forks")), 5);
	ck_assert_str_eq(json_string_value(json_object_get(risk, "basis")), "times held");
	ck_assert_str_eq(
		json_string_value(json_object_get(json_object_get(object, "holder"), "used")),
		"before this fork and after it");
	json_decref(root);
}
END_TEST

START_TEST(one_library_is_no_table)
{
	struct finding finding = textbook_finding();
	struct library libraries[] = {
		{.path = "/srv/server", .threads_created = 1, .errors = 1},
		{.path = "/lib/libm.so.6"},
	};
	struct report report = observed_report(&finding, 1);
	char *text;

	report.libraries = libraries;
	report.library_count = COUNT(libraries);
	text = text_of(&report);
	assert_lacks(text, "threads  locks");
	free(text);
}
END_TEST

START_TEST(text_when_nothing_is_known)
{
	struct finding finding = bare_finding();
	char *text = text_of_finding(&finding);

	assert_safe_page(text);
	assert_lacks(text, "(null)");
	assert_lacks(text, "-1");
	assert_contains(text, "M1 = lock (its address is not known)\n");
	assert_contains(text, "which thread held M1 is not known\n");
	assert_contains(text, "the child waits for M1: no stack is known\n");
	free(text);
}
END_TEST

START_TEST(text_of_a_lock_on_the_heap)
{
	struct finding finding = textbook_finding();
	char *text;

	finding.lock = (struct lock_part){.present = true,
					  .kind = "mutex",
					  .address = 0x7f0012345678,
					  .initialised_at = whole(creation_frames, 1)};
	text = text_of_finding(&finding);
	assert_contains(text, "  M1 = mutex at 0x7f0012345678, initialised at:\n"
			      "    #0 log_init            log.c:30\n");
	free(text);
}
END_TEST

START_TEST(text_of_one_lock_among_many)
{
	struct finding finding = textbook_finding();
	char *text;

	finding.lock.alike = 12;
	text = text_of_finding(&finding);
	assert_contains(text, "private), and 12 more");
	free(text);
}
END_TEST

START_TEST(text_says_how_good_a_stack_is)
{
	struct finding finding = textbook_finding();
	char *text;

	finding.holder.acquired_at.first_seen = true;
	finding.fork.stack.complete = false;
	text = text_of_finding(&finding);
	assert_contains(text, "main.c:41\n    (the stack was cut here)\n");
	assert_contains(text, "log.c:112\n    (kept from an earlier pass");
	free(text);
}
END_TEST

START_TEST(text_shows_the_start_routine_when_no_stack_does)
{
	struct finding finding = textbook_finding();
	char *text;

	finding.holder.acquired_at = (struct frames){.list = NULL};
	finding.holder.name = "server";
	text = text_of_finding(&finding);
	assert_contains(text,
			"M1 was held by T2 \"server\" (tid 4183) for 1.2 ms: no stack is known\n");
	assert_contains(text, "T2 was created by T1 to run log_thread (server), at:\n");
	free(text);
}
END_TEST

START_TEST(text_of_a_lock_that_the_forker_held)
{
	struct finding finding = textbook_finding();
	char *text;

	finding.holder.is_forker = true;
	text = text_of_finding(&finding);
	assert_contains(text, "M1 was held by T1 (the thread that forked) for 1.2 ms, since:\n");
	assert_lacks(text, "was created");
	free(text);
}
END_TEST

START_TEST(text_bounds_long_and_deep_stacks)
{
	static struct frame frames[200];
	char *symbol = malloc(10 << 20), *text;
	struct finding finding = textbook_finding();

	ck_assert_ptr_nonnull(symbol);
	memset(symbol, 'a', (10 << 20) - 1);
	symbol[(10 << 20) - 1] = '\0';
	for (size_t i = 0; i < COUNT(frames); i++)
		frames[i] = (struct frame){.function = symbol, .module = symbol, .offset = 1};
	finding.fork.stack = whole(frames, COUNT(frames));
	finding.fork.program = finding.lock.name = finding.holder.name = finding.lock.attributes =
		finding.lock.module = finding.message = symbol;
	text = text_of_finding(&finding);
	assert_safe_page(text);
	assert_contains(text, "\n  forked at  aaaa");
	assert_contains(text, "    ... 172 more frames ...\n    #196 aaa");
	ck_assert_uint_lt(strlen(text), 10000);
	free(text);
	free(symbol);
}
END_TEST

START_TEST(text_obeys_no_hostile_name)
{
	static const char hostile[] = "a\033[2J\nb\xff\xc2\x9b\xe2\x80\xae\x7f";
	static struct frame frames[] = {{.function = hostile, .file = hostile, .line = 1},
					{.module = hostile}};
	struct finding finding = textbook_finding();
	struct library library = {.path = hostile, .errors = 1};
	struct report report = observed_report(&finding, 1);
	char *text;

	finding.fork.stack = whole(frames, COUNT(frames));
	finding.fork.program = finding.lock.name = finding.holder.name = finding.message =
		finding.suppression = finding.fork.thread_name = hostile;
	report.libraries = &library;
	report.library_count = 1;
	text = text_of(&report);
	assert_safe_page(text);
	assert_contains(text, "T2 \"a\\x1b[2J\\x0ab\\xff\\xc2\\x9b\\xe2\\x80\\xae\\x7f\"");
	free(text);
}
END_TEST

START_TEST(text_of_a_clean_run_is_empty)
{
	struct finding findings[] = {note_finding(), textbook_finding()};
	struct report report = observed_report(findings, COUNT(findings));
	char *text;

	findings[1].suppressed = true;
	text = text_of(&report);
	ck_assert_str_eq(text, "");
	free(text);
	report.show_notes = true;
	text = text_of(&report);
	assert_contains(text, "forkcheck: note FC008 threads-lost (observed)\n");
	assert_contains(text, " 0 events lost,\n           1 note, 1 suppressed\n");
	assert_lacks(text, "FC001");
	free(text);
}
END_TEST

START_TEST(text_counts_what_it_hides)
{
	struct finding findings[] = {textbook_finding(), note_finding(), note_finding()};
	struct report report = observed_report(findings, COUNT(findings));
	char *text;

	findings[0].action = "killed";
	findings[0].count = 12;
	report.forks = report.processes = report.events_lost = 1;
	text = text_of(&report);
	assert_safe_page(text);
	assert_contains(text, "orphaned-lock (proven), seen 12 times\n");
	assert_contains(
		text,
		"  done: forkcheck ended child 4190 (SIGKILL), so that the run could go on\n");
	assert_lacks(text, "FC008");
	assert_contains(text, "forkcheck: 1 error, 0 warnings, 1 fork, 1 process, 1 event lost,");
	assert_contains(text, "\n           2 notes (--notes shows them)\n");
	free(text);
}
END_TEST

START_TEST(text_says_what_was_not_seen)
{
	struct unobserved unobserved = {.pid = 7, .path = "/bin/tool", .reason = "static program"};
	struct report report = observed_report(NULL, 0);
	char *text;

	report.unobserved = &unobserved;
	report.unobserved_count = 1;
	text = text_of(&report);
	assert_contains(text, "forkcheck: 1 process could not be observed:\n"
			      "  7 /bin/tool: static program\n");
	free(text);
	report.observed = false;
	report.processes = 0;
	text = text_of(&report);
	ck_assert_str_eq(text, "forkcheck: could not observe /bin/tool: static program; its forks "
			       "were not\n           checked\n");
	free(text);
}
END_TEST

START_TEST(text_says_why_it_is_not_complete)
{
	struct report report = observed_report(NULL, 0);
	char *text;

	report.complete = false;
	report.incomplete_reason = "the session log was full";
	text = text_of(&report);
	assert_contains(text, "forkcheck: this report is not complete: the session log was full\n");
	free(text);
}
END_TEST

/* Also where there is nothing else to say. */
START_TEST(text_says_why_the_run_was_ended)
{
	const struct left_running left = {4182, "/srv/server"};
	struct report report = observed_report(NULL, 0);
	char *text;

	report.ended = "nothing in it has moved";
	report.left_running = &left;
	report.left_running_count = 1;
	text = text_of(&report);
	ck_assert_str_eq(text, "forkcheck: ended the run: nothing in it has moved\n"
			       "forkcheck: 1 process is left running: server (4182)\n");
	free(text);
}
END_TEST

START_TEST(json_says_why_the_run_was_ended)
{
	struct report report = observed_report(NULL, 0);
	json_t *root = json_of(&report), *run = json_object_get(root, "run");

	ck_assert_ptr_null(json_object_get(run, "ended"));
	json_decref(root);
	report.ended = "nothing in it has moved";
	root = json_of(&report);
	run = json_object_get(root, "run");
	ck_assert_str_eq(json_string_value(json_object_get(run, "ended")), report.ended);
	json_decref(root);
}
END_TEST

START_TEST(text_of_lost_threads)
{
	const char *pool[] = {"polars-0", "polars-2", "polars-1", "polars-7"};
	const char *java[] = {"GC Thread#0", "VM Thread", "GC Thread#1"};
	const char *mixed[] = {"a",   "b", "c", "d", "e", "w-08", "w-09", "w-10",
			       "w-7", "f", "g", "h", "i", "j",    "k",    "l"};
	struct missing_group groups[] = {
		{.library = "/x/_polars.abi3.so", .count = 8, .names = pool, .name_count = 4},
		{.count = 1, .names = mixed, .name_count = 1},
		{.count = 6, .names = mixed, .name_count = COUNT(mixed)},
		{.library = "libjvm.so", .count = 3, .names = java, .name_count = COUNT(java)},
		{.library = "libjvm.so", .count = 2, .names = mixed, .name_count = 2},
		{.count = 1},
		{.library = "libjvm.so", .count = 1, .names = mixed + 1, .name_count = 2},
	};
	struct finding finding = note_finding();
	struct report report = observed_report(&finding, 1);
	char *text;

	finding.missing = groups;
	finding.missing_count = COUNT(groups);
	report.show_notes = true;
	text = text_of(&report);
	assert_contains(text, "  missing: 8 threads of _polars.abi3.so (\"polars-0\" to "
			      "\"polars-2\", \"polars-7\")\n");
	assert_contains(text, "  missing: 1 thread of an unknown library (\"a\")\n");
	assert_contains(text, "\"e\", \"w-08\" to\n           \"w-10\", \"w-7\", \"f\", \"g\", "
			      "\"h\", \"i\", \"j\" and 2 more)");
	assert_contains(text, "  missing: 3 threads of libjvm.so (\"GC Thread#0\", \"VM Thread\", "
			      "\"GC Thread#1\")\n");
	assert_contains(text, "           and 3 more threads of libjvm.so (\"a\", \"b\", \"c\"), 1 "
			      "of an unknown\n           library\n");
	assert_safe_page(text);
	free(text);
}
END_TEST

START_TEST(names_packages_in_missing_groups_and_in_the_table)
{
	static const struct origin wheel = {.kind = ORIGIN_PACKAGE,
					    .package = "polars-runtime-32",
					    .version = "2.1.0"},
				   gomp = {.kind = ORIGIN_PACKAGE,
					   .package = "libgomp1",
					   .version = "12"},
				   hostile = {.kind = ORIGIN_PACKAGE, .package = "\033[31m"},
				   nameless = {.kind = ORIGIN_PACKAGE};
	const char *names[] = {"polars-0"};
	struct missing_group groups[] = {
		{.library = "_p.abi3.so",
		 .count = 1,
		 .origin = &wheel,
		 .names = names,
		 .name_count = 1},
		{.library = "libx.so", .count = 1, .origin = &hostile},
		{.library = "liby.so", .count = 1, .origin = &nameless},
		{.count = 1},
		{.library = "libpy.so", .count = 1, .origin = &wheel},
		{.library = "libpy.so", .count = 1, .origin = &gomp},
		{.library = "libpy.so", .count = 1, .origin = &wheel},
	};
	struct library libraries[] = {
		{.path = "/l/libgomp.so.1", .origin = &gomp, .threads_created = 1},
		{.path = "/v/_polars_runtime.abi3.so", .origin = &wheel, .threads_created = 1},
	};
	struct finding finding = note_finding();
	struct report report = observed_report(&finding, 1);
	json_t *root, *group;
	char *text;

	finding.missing = groups;
	finding.missing_count = COUNT(groups);
	report.libraries = libraries;
	report.library_count = COUNT(libraries);
	report.show_notes = true;
	text = text_of(&report);
	assert_contains(text, "1 thread of polars-runtime-32 2.1.0 (_p.abi3.so, \"polars-0\")\n");
	assert_contains(text, "1 thread of \\x1b[31m (libx.so)\n");
	assert_contains(text, "1 thread of liby.so\n");
	assert_contains(text, "and 2 more threads of polars-runtime-32 2.1.0 (libpy.so), 1 of\n"
			      "           libgomp1 12 (libpy.so)\n");
	assert_contains(text, "  libgomp.so.1 (libgomp1 12)        1");
	assert_contains(text, "  polars-runtime-32 2.1.0           1");
	assert_safe_page(text);
	free(text);
	root = json_of(&report);
	group = json_array_get(json_object_get(json_array_get(json_object_get(root, "findings"), 0),
					       "missing_threads"),
			       0);
	ck_assert_str_eq(json_string_value(json_object_get(group, "package")), "polars-runtime-32");
	ck_assert_str_eq(json_string_value(json_object_get(group, "version")), "2.1.0");
	group = json_array_get(json_object_get(root, "libraries"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(group, "package")), "libgomp1");
	json_decref(root);
}
END_TEST

START_TEST(says_in_json_whose_a_frame_is)
{
	static const struct origin wheel = {.kind = ORIGIN_PACKAGE,
					    .package = "polars",
					    .version = "2.1"},
				   crate = {ORIGIN_PACKAGE, "rayon-core", NULL,
					    "rayon-core/src/latch.rs", &wheel},
				   own = {.kind = ORIGIN_OWN};
	struct finding finding = textbook_finding();
	struct report report = observed_report(&finding, 1);
	struct frame frames[] = {{.function = "f", .origin = &crate},
				 {.function = "main", .origin = &own},
				 {.function = "x"}};
	json_t *root, *stack, *frame;

	finding.fork.stack = (struct frames){.list = frames, .count = 3};
	root = json_of(&report);
	stack = json_object_get(
		json_object_get(json_array_get(json_object_get(root, "findings"), 0), "fork"),
		"stack");
	frame = json_array_get(stack, 0);
	ck_assert_str_eq(json_string_value(json_object_get(frame, "origin")), "package");
	ck_assert_str_eq(json_string_value(json_object_get(frame, "package")), "rayon-core");
	ck_assert(json_is_null(json_object_get(frame, "version")));
	ck_assert_str_eq(json_string_value(json_object_get(frame, "path")),
			 "rayon-core/src/latch.rs");
	ck_assert_str_eq(json_string_value(json_object_get(frame, "module_package")), "polars");
	ck_assert_str_eq(json_string_value(json_object_get(frame, "module_version")), "2.1");
	frame = json_array_get(stack, 1);
	ck_assert_str_eq(json_string_value(json_object_get(frame, "origin")), "own");
	ck_assert_ptr_null(json_object_get(frame, "package"));
	ck_assert_ptr_null(json_object_get(json_array_get(stack, 2), "origin"));
	json_decref(root);
}
END_TEST

START_TEST(shows_the_last_fork_beside_the_culprit)
{
	struct finding finding = textbook_finding();
	struct report report = observed_report(&finding, 1);
	const json_t *last;
	json_t *root;
	char *text;

	finding.last_fork = finding.fork;
	finding.last_fork.serial = 5;
	finding.last_fork.pid = 4188;
	finding.last_fork.tid = 4188;
	finding.forks_between = 2;
	text = text_of(&report);
	assert_safe_page(text);
	assert_contains(text, "  fork #3 in process 4182 (./server) by T1 \"server\":\n");
	assert_contains(text, "  the child itself comes from fork #5 in process 4188, with 2 more "
			      "forks in\n    between, by \"server\" (tid 4188):\n");
	free(text);
	finding.last_fork.is_by_same_thread = true;
	finding.forks_between = 0;
	text = text_of(&report);
	assert_contains(text, "  the child itself comes from fork #5 in process 4188 by T1:\n");
	free(text);
	root = json_of(&report);
	last = json_object_get(first_finding(root), "last_fork");
	ck_assert_int_eq(json_integer_value(json_object_get(last, "pid")), 4188);
	ck_assert_int_eq(json_integer_value(json_object_get(first_finding(root), "forks_between")),
			 0);
	json_decref(root);
}
END_TEST

START_TEST(text_is_coloured_only_when_asked)
{
	struct render_options options = {.color = true, .width = 80};
	struct finding finding = textbook_finding();
	struct report report = observed_report(&finding, 1);
	char *text = render_with(render_text, &report, &options);

	assert_contains(text, "forkcheck: \033[1;31merror\033[0m \033[1mFC001\033[0m orphaned");
	assert_contains(text, "  waits at   \033[1mlog.c:57\033[0m log_write      for mutex");
	free(text);
}
END_TEST

START_TEST(a_failed_stream_is_an_error)
{
	struct finding finding = textbook_finding();
	struct report report = observed_report(&finding, 1);

	for (size_t i = 0; report_formats[i].name != NULL; i++) {
		FILE *full = fopen("/dev/full", "w");

		ck_assert_ptr_nonnull(full);
		errno = 0;
		ck_assert_int_eq(report_formats[i].render(full, &report, &plain), -1);
		ck_assert_int_eq(errno, ENOSPC);
		fclose(full);
	}
}
END_TEST

START_TEST(formats_are_found_by_name)
{
	ck_assert_ptr_eq(report_format_find("json"), &report_formats[1]);
	ck_assert_ptr_null(report_format_find("jso"));
	ck_assert_ptr_null(report_format_find(""));
}
END_TEST

static const char *string_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

START_TEST(json_follows_the_contract)
{
	struct finding finding = textbook_finding();
	struct report report = observed_report(&finding, 1);
	json_t *root, *thread, *frame;
	const json_t *object;
	const char *schema, *code, *function, *offset;
	int errors, tid, line;
	double held;

	fork_frames[1].offset = 0x40a0;
	root = json_of(&report);
	object = first_finding(root);
	ck_assert_int_eq(json_unpack(root, "{s:s, s:{s:i}}", "schema", &schema, "summary", "errors",
				     &errors),
			 0);
	ck_assert_str_eq(schema, "forkcheck-report/1");
	ck_assert_int_eq(errors, 1);
	ck_assert_int_eq(json_unpack((json_t *)object, "{s:s, s:{s:o, s:[o, {s:s, s:i, s:s}]}}",
				     "code", &code, "fork", "thread", &thread, "stack", &frame,
				     "function", &function, "line", &line, "offset", &offset),
			 0);
	ck_assert_str_eq(code, "FC001");
	ck_assert_str_eq(function, "main");
	ck_assert_int_eq(line, 41);
	ck_assert_str_eq(offset, "0x40a0");
	ck_assert_int_eq(json_unpack(thread, "{s:i}", "tid", &tid), 0);
	ck_assert_int_eq(tid, 4182);
	ck_assert_str_eq(string_at(object, "severity"), "error");
	ck_assert_str_eq(string_at(object, "certainty"), "proven");
	ck_assert_str_eq(string_at(object, "fingerprint"), finding.fingerprint);
	ck_assert_str_eq(string_at(json_object_get(object, "lock"), "address"), "0x5555555580a0");
	ck_assert_int_eq(json_unpack((json_t *)object, "{s:{s:f}}", "holder", "held_ms", &held), 0);
	ck_assert_double_eq(held, 1.2);
	ck_assert_str_eq(string_at(json_object_get(object, "holder"), "start_routine"),
			 "log_thread");
	ck_assert_str_eq(string_at(json_object_get(object, "child"), "waiting_in"),
			 "pthread_mutex_lock");
	object = json_object_get(object, "headline");
	ck_assert_str_eq(string_at(json_object_get(object, "waits"), "function"), "log_write");
	ck_assert_str_eq(string_at(json_object_get(object, "forked"), "file"), "src/pool.c");
	ck_assert_str_eq(string_at(json_array_get(json_object_get(object, "who"), 0), "role"),
			 "held by");
	object = first_finding(root);
	ck_assert_ptr_null(json_object_get(object, "missing_threads"));
	ck_assert_ptr_null(json_object_get(object, "cycle"));
	ck_assert_ptr_null(json_object_get(object, "action"));
	json_decref(root);
}
END_TEST

START_TEST(json_tells_unknown_from_inapplicable)
{
	struct finding findings[] = {bare_finding(), note_finding()};
	struct report report = observed_report(findings, COUNT(findings));
	const json_t *object, *run, *note;
	json_t *root;

	report.exit_status = -1;
	report.signal = 9;
	root = json_of(&report);
	object = first_finding(root);
	run = json_object_get(root, "run");
	note = json_array_get(json_object_get(root, "findings"), 1);
	ck_assert(json_is_null(json_object_get(run, "exit_status")));
	ck_assert_int_eq(json_integer_value(json_object_get(run, "signal")), 9);
	ck_assert(json_is_null(json_object_get(json_object_get(object, "holder"), "held_ms")));
	ck_assert(json_is_null(json_object_get(json_object_get(object, "fork"), "stack")));
	ck_assert(json_is_null(json_object_get(json_object_get(object, "lock"), "address")));
	ck_assert_ptr_null(json_object_get(note, "fork"));
	ck_assert_ptr_null(json_object_get(note, "holder"));
	json_decref(root);
}
END_TEST

START_TEST(json_survives_hostile_names)
{
	static const char hostile[] =
		"a\"\\\x01\x7f\xff\xed\xa0\x80\xc0\xaf\xf5\xf0\x9f\x98\x80\xe2\x82";
	struct finding finding = textbook_finding();
	struct report report = observed_report(&finding, 1);
	char *text;
	json_t *root;

	finding.lock.name = hostile;
	finding.holder.held_ms = 0.0 / 0.0;
	report.events_lost = UINT64_MAX;
	text = render_with(render_json, &report, &plain);
	for (const char *next = text; *next != '\0'; next++)
		ck_assert((*next >= 0x20 && *next < 0x7f) || *next == '\n');
	free(text);
	root = json_of(&report);
	ck_assert_str_eq(string_at(json_object_get(first_finding(root), "lock"), "name"),
			 "a\"\\\x01\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef"
			 "\xbf\xbd\xef"
			 "\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd");
	json_decref(root);
}
END_TEST

/* A terminal would wrap a line that is for copying. */
START_TEST(text_has_the_fingerprint_of_what_is_too_long)
{
	struct finding finding = textbook_finding();
	struct report report = observed_report(&finding, 1);
	char *text;

	finding.suppression = "rule:FC001 wait:the_function_that_waits file:its_source_file.c "
			      "fork:the_function_that_forked";
	text = text_of(&report);
	assert_contains(text, "\n  more: forkcheck explain FC001\n"
			      "  suppress: fingerprint:FC001:log_write:spawn_worker\n");
	free(text);
}
END_TEST

START_TEST(text_labels_what_cures_it_as_well)
{
	struct finding finding = textbook_finding();
	struct report report = observed_report(&finding, 1);
	char *text;

	finding.remedy.present = true;
	finding.remedy.cure = "take it";
	finding.remedy.remark = "Or start the child with posix_spawn().";
	text = text_of(&report);
	assert_contains(text, "\n  or:   start the child with posix_spawn().\n");
	free(text);
	finding.remedy.remark = "Order matters.";
	text = text_of(&report);
	assert_contains(text, "\n  also: Order matters.\n");
	free(text);
}
END_TEST

START_TEST(json_leaves_suppressed_findings_out)
{
	struct finding finding = textbook_finding();
	struct report report = observed_report(&finding, 1);
	json_t *root;

	finding.suppressed = true;
	root = json_of(&report);
	ck_assert_uint_eq(json_array_size(json_object_get(root, "findings")), 0);
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(root, "summary"), "suppressed")),
		1);
	json_decref(root);
}
END_TEST

START_TEST(names_are_shortened_to_what_tells_them_apart)
{
	static const struct {
		const char *name;
		size_t columns;
		const char *shortened;
	} functions[] = {
		{"main", 20, "main"},
		{"std::map<int, std::string>::at(int const&)", 22, "std::map<...>::at(...)"},
		{"std::map<int, std::string>::at(int const&)", 18, "std::...>::at(...)"},
		{"a::operator<<(b, c, d)", 18, "a::operator<<(...)"},
		{"(anonymous namespace)::f(long, long)", 32, "(anonymous namespace)::f(...)"},
		{"f<(a->b), unclosed", 10, "f<...losed"},
		{"abcdefghijklmnopqrstuvwxyz", 12, "abc...uvwxyz"},
		{"abc", 2, ".."},
		{"<a::b::C<T> as d::E>::f", 80, "a::b::C::f"},
		{"<crate_a::b::c::Type<T>>::run::{closure#0}", 80,
		 "crate_a::b::c::Type::run::{closure}"},
		{"<crate_a::b::c::Type<T>>::run::<U>", 23, "crate_a::...::Type::run"},
		{"<crate_a::b::c::Type<T>>::run::<U>", 22, "...::b::c::Type::run"},
		{"<crate_a::b::c::Type<T>>::run::<U>", 14, "...::Type::run"},
		{"<crate_a::b::c::Type<T>>::run::<U>", 13, "...::run"},
		{"<crate_a::b::c::Type<T>>::running::<U>", 6, "r...ng"},
		{"<module>", 20, "<module>"},
		{"github.com/x/y.(*T).Get", 80, "github.com/x/y.(*T).Get"},
		{"github.com/x/y.(*T).Get", 22, ".../x/y.(*T).Get"},
		{"github.com/x/y.(*T).Get", 15, ".../y.(*T).Get"},
		{"github.com/x/y.(*T).Get", 12, "y.(*T).Get"},
		{"main.get[a/b/c]", 14, "mai...t[a/b/c]"},
		{"long_namespace::inner::Type::method", 30, "...::inner::Type::method"},
		{"outer.<locals>.inner", 30, "outer.<locals>.inner"},
		{"outer.<locals>.middle.<locals>.inner", 20, "outer.middle.inner"},
		{"outer.<locals>.middle.<locals>.inner", 12, "out....inner"},
	};
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < COUNT(functions); i++) {
		const char *got = shorten_function(&arena, functions[i].name, functions[i].columns);

		ck_assert_str_eq(got, functions[i].shortened);
	}
	ck_assert_str_eq(shorten_rust(&arena, "std::thread::LocalKey<T>::with", 80),
			 "std::thread::LocalKey::with");
	ck_assert_str_eq(shorten_path(&arena, "/opt/very/long/way/to/server", 17),
			 ".../way/to/server");
	ck_assert_str_eq(shorten_path(&arena, "/opt/a-very-long-server", 10), "a-...erver");
	arena_release(&arena);
}
END_TEST

Suite *report_suite(void)
{
	Suite *suite = suite_create("report");
	TCase *text = tcase_create("text");
	TCase *json = tcase_create("json");

	tcase_add_test(text, text_of_the_textbook_case);
	tcase_add_test(text, text_of_a_prediction);
	tcase_add_test(text, one_library_is_no_table);
	tcase_add_test(text, text_when_nothing_is_known);
	tcase_add_test(text, text_of_a_lock_on_the_heap);
	tcase_add_test(text, text_of_one_lock_among_many);
	tcase_add_test(text, text_says_how_good_a_stack_is);
	tcase_add_test(text, text_shows_the_start_routine_when_no_stack_does);
	tcase_add_test(text, text_of_a_lock_that_the_forker_held);
	tcase_add_test(text, text_bounds_long_and_deep_stacks);
	tcase_add_test(text, text_obeys_no_hostile_name);
	tcase_add_test(text, text_of_a_clean_run_is_empty);
	tcase_add_test(text, text_counts_what_it_hides);
	tcase_add_test(text, text_says_what_was_not_seen);
	tcase_add_test(text, text_says_why_it_is_not_complete);
	tcase_add_test(text, text_says_why_the_run_was_ended);
	tcase_add_test(text, json_says_why_the_run_was_ended);
	tcase_add_test(text, text_of_lost_threads);
	tcase_add_test(text, names_packages_in_missing_groups_and_in_the_table);
	tcase_add_test(text, shows_the_last_fork_beside_the_culprit);
	tcase_add_test(text, text_is_coloured_only_when_asked);
	tcase_add_test(text, a_failed_stream_is_an_error);
	tcase_add_test(text, formats_are_found_by_name);
	tcase_add_test(text, names_are_shortened_to_what_tells_them_apart);
	tcase_add_test(text, text_has_the_fingerprint_of_what_is_too_long);
	tcase_add_test(text, text_labels_what_cures_it_as_well);
	tcase_add_test(json, says_in_json_whose_a_frame_is);
	tcase_add_test(json, json_follows_the_contract);
	tcase_add_test(json, json_of_a_prediction);
	tcase_add_test(json, json_tells_unknown_from_inapplicable);
	tcase_add_test(json, json_survives_hostile_names);
	tcase_add_test(json, json_leaves_suppressed_findings_out);
	suite_add_tcase(suite, text);
	suite_add_tcase(suite, json);
	return suite;
}
