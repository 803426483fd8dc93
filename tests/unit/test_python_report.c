/*
 * Python frames in a report: among the native ones, beside them, and where they
 * could not be read.
 */
#include "cli/findings/headline.h"
#include "cli/findings/merge_python.h"
#include "cli/report/formats.h"
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PYTHON       "/usr/bin/python3"

Suite *python_report_suite(void);

/* A library waits, called from Python, which a callback of the library called. */
static struct frame native[] = {
	{.function = "sem_wait", .module = "/lib/libc.so.6", .sp = 0x1000},
	{.function = "pool_wait", .module = "/lib/libpool.so", .sp = 0x1100},
	{.function = "PyObject_Call", .module = PYTHON, .sp = 0x1200},
	{.function = "_PyEval_EvalFrameDefault", .module = PYTHON, .sp = 0x1300},
	{.function = "pool_each", .module = "/lib/libpool.so", .sp = 0x1500},
	{.function = "_PyEval_EvalFrameDefault", .module = PYTHON, .sp = 0x1600},
	{.function = "Py_RunMain", .module = PYTHON, .sp = 0x1800},
};
static struct frame frames[] = {
	{.function = "load", .file = "/app/train.py", .line = 12, .sp = 0x1340},
	{.function = "visit", .file = "/app/train.py", .line = 20, .sp = 0x1340},
	{.function = "<module>", .file = "/app/tool/__main__.py", .line = 41, .sp = 0x1650},
};
static struct python_frames python;

static void set_up(void)
{
	python = (struct python_frames){.list = frames, .count = COUNT(frames), .module = PYTHON};
	frames[0].sp = frames[1].sp = 0x1340;
	frames[2].sp = 0x1650;
}

/* "0 1 p0 ..": numbers of native frames, p and those of Python's. */
static const char *merged_order(void)
{
	static char text[128];
	struct arena arena;
	size_t count;
	struct merged_frame *merged;

	arena_init(&arena);
	text[0] = '\0';
	merged = merge_python(&arena, native, COUNT(native), &python, &count);
	for (size_t i = 0; i < count; i++) {
		size_t number =
			merged[i].is_python ? (size_t)(merged[i].frame - frames) : merged[i].number;

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%zu", i ? " " : "",
			 merged[i].is_python ? "p" : "", number);
	}
	arena_release(&arena);
	return text;
}

START_TEST(python_frames_stand_where_they_are_evaluated)
{
	ck_assert_str_eq(merged_order(), "0 1 p0 p1 4 p2");
}
END_TEST

START_TEST(without_addresses_they_stand_where_the_interpreter_begins)
{
	frames[0].sp = frames[1].sp = frames[2].sp = 0;
	ck_assert_str_eq(merged_order(), "0 1 p0 p1 p2 4");
}
END_TEST

START_TEST(frames_beyond_a_cut_stack_come_last)
{
	frames[2].sp = 0x9000;
	ck_assert_str_eq(merged_order(), "0 1 p0 p1 4 p2");
}
END_TEST

START_TEST(without_python_frames_the_interpreters_stay)
{
	python.count = 0;
	ck_assert_str_eq(merged_order(), "0 1 2 3 4 5 6");
}
END_TEST

static char *render_finding(const char *format, struct finding *finding)
{
	struct report report = {
		.observed = true, .complete = true, .findings = finding, .finding_count = 1};
	const struct render_options options = {.width = 80};
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	struct arena arena;

	arena_init(&arena);
	headline_fill(&arena, finding);
	ck_assert_int_eq(report_format_find(format)->render(stream, &report, &options), 0);
	fclose(stream);
	arena_release(&arena);
	return text;
}

static struct finding hang(struct frames stack)
{
	return (struct finding){
		.code = "FC002",
		.name = "lost-wakeup",
		.severity = SEVERITY_ERROR,
		.message = "child 7 waits.",
		.fingerprint = "f",
		.count = 1,
		.child = {.present = true, .pid = 7, .after_ms = -1, .stack = stack},
	};
}

static const struct frames mixed = {
	.list = native, .count = COUNT(native), .complete = true, .python = &python};

static char *render_stack(const char *format, struct frames stack)
{
	struct finding finding = hang(stack);

	return render_finding(format, &finding);
}

static void check_text(struct finding *finding, const char *shown, const char *not_shown)
{
	char *text = render_finding("text", finding);

	ck_assert_msg(strstr(text, shown) != NULL, "%s", text);
	if (not_shown)
		ck_assert_msg(strstr(text, not_shown) == NULL, "%s", text);
	free(text);
}

static char *render(const char *format)
{
	return render_stack(format, mixed);
}

START_TEST(text_shows_python_lines)
{
	char *text = render("text");

	ck_assert_msg(strstr(text, "    #1 pool_wait           libpool.so\n"
				   "    train.py:12            in load\n"
				   "    train.py:20            in visit\n"
				   "    #4 pool_each           libpool.so\n"
				   "    tool/__main__.py:41    in <module>\n") != NULL,
		      "%s", text);
	ck_assert_ptr_null(strstr(text, "Eval"));
	free(text);
}
END_TEST

/* Behind the frames of a library that is deep in itself. */
START_TEST(text_shows_python_lines_of_a_deep_stack)
{
	static struct frame deep[100], lines[10];
	char *text;

	for (size_t i = 0; i < COUNT(deep); i++)
		deep[i] = (struct frame){.function = "recurse",
					 .module = i < 90 ? "/lib/libpool.so" : PYTHON};
	for (size_t i = 0; i < COUNT(lines); i++)
		lines[i] = (struct frame){.function = "visit", .file = "/app/tree.py", .line = 7};
	lines[0] = frames[0];
	lines[0].sp = 0;
	python.list = lines;
	python.count = COUNT(lines);
	text = render_stack("text", (struct frames){.list = deep,
						    .count = COUNT(deep),
						    .complete = true,
						    .python = &python});
	ck_assert_msg(strstr(text, "    #23 recurse             libpool.so\n"
				   "    ... 66 more frames ...\n"
				   "    train.py:12            in load\n"
				   "    tree.py:7              in visit\n") != NULL,
		      "%s", text);
	free(text);
}
END_TEST

/* Neither does a recursion of Python fill the page. */
START_TEST(text_bounds_python_lines)
{
	static struct frame recursion[60];
	char *text;

	for (size_t i = 0; i < COUNT(recursion); i++)
		recursion[i] = (struct frame){.function = "visit", .file = "/app/tree.py"};
	python.list = recursion;
	python.count = COUNT(recursion);
	text = render("text");
	ck_assert_msg(strstr(text, " more frames ...\n") != NULL, "%s", text);
	free(text);
}
END_TEST

START_TEST(text_says_why_there_are_none)
{
	char *text;

	python.count = 0;
	python.problem = "how CPython 3.99 keeps its frames is not known";
	text = render("text");
	ck_assert_ptr_nonnull(strstr(text, "(no Python frames: how CPython 3.99 keeps"));
	ck_assert_ptr_nonnull(strstr(text, "_PyEval_EvalFrameDefault"));
	free(text);
}
END_TEST

static json_t *child_of(json_t *report)
{
	json_t *finding = json_array_get(json_object_get(report, "findings"), 0);

	return json_object_get(finding, "child");
}

START_TEST(json_has_both_stacks)
{
	char *text = render("json");
	json_t *report = json_loads(text, 0, NULL), *child = child_of(report), *frame;

	ck_assert_uint_eq(json_array_size(json_object_get(child, "stack")), COUNT(native));
	ck_assert_uint_eq(json_array_size(json_object_get(child, "python_stack")), 3);
	frame = json_array_get(json_object_get(child, "python_stack"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(frame, "function")), "load");
	ck_assert_str_eq(json_string_value(json_object_get(frame, "file")), "/app/train.py");
	ck_assert_int_eq(json_integer_value(json_object_get(frame, "line")), 12);
	json_decref(report);
	free(text);
}
END_TEST

START_TEST(json_has_null_where_it_could_not_be_read)
{
	char *text;
	json_t *report;

	python.count = 0;
	python.problem = "because";
	text = render("json");
	report = json_loads(text, 0, NULL);
	ck_assert(json_is_null(json_object_get(child_of(report), "python_stack")));
	ck_assert_str_eq(json_string_value(json_object_get(child_of(report), "python_problem")),
			 "because");
	json_decref(report);
	free(text);
}
END_TEST

START_TEST(a_child_is_shown_from_the_fork_on)
{
	struct frame child[] = {
		{.function = "work", .file = "/app/train.py", .line = 7, .sp = 0x1340},
		{.function = "Popen._launch", .file = "popen_fork.py", .line = 71, .sp = 0x1350},
		{.function = "Process.start", .file = "process.py", .line = 121, .sp = 0x1360},
		{.function = "main", .file = "/app/train.py", .line = 30, .sp = 0x1650},
		{.function = "<module>", .file = "/app/train.py", .line = 41, .sp = 0x1650},
	};
	struct frame fork[] = {child[1], child[2], child[3], child[4]};
	struct python_frames forking = {.list = fork, .count = COUNT(fork), .module = PYTHON};
	struct finding finding = hang(mixed);

	fork[0].line = 66;
	python.list = child;
	python.count = COUNT(child);
	finding.fork.present = true;
	finding.fork.stack = (struct frames){
		.list = &native[2], .count = 5, .complete = true, .python = &forking};
	check_text(&finding,
		   "    train.py:7             in work\n"
		   "    popen_fork.py:71       in Popen._launch\n"
		   "    (the rest is as at the fork)\n",
		   "#4 pool_each");
	/* Another way to the fork. */
	fork[2].line = 29;
	check_text(&finding, "    train.py:30            in main\n", "(the rest");
}
END_TEST

START_TEST(what_a_holder_ran_at_the_fork_stands_apart)
{
	struct frame taking[] = {
		{.function = "store_lock", .file = "store.c", .line = 3, .module = "/l/store.so"},
		{.function = "_PyEval_EvalFrameDefault", .module = PYTHON},
		{.function = "start_thread", .module = "/lib/libc.so.6"},
	};
	struct finding finding = hang(mixed);

	finding.lock = (struct lock_part){.present = true, .kind = "mutex", .name = "store"};
	finding.holder = (struct holder_part){
		.present = true,
		.tid = 9,
		.held_ms = -1,
		.acquired_at = {.list = taking, .count = COUNT(taking), .python = &python}};
	check_text(&finding,
		   "since:\n"
		   "    #0 store_lock          store.c:3\n"
		   "  at the fork it was in:\n"
		   "    train.py:12            in load\n",
		   "start_thread");
}
END_TEST

START_TEST(a_lock_of_the_interpreter_has_no_stack)
{
	struct finding finding = hang(mixed);

	finding.lock = (struct lock_part){
		.present = true,
		.kind = "semaphore",
		.address = 0x10,
		.initialised_at = {.list = &native[2], .count = 2, .complete = true}};
	check_text(&finding, "  M1 = semaphore at 0x10\n", "PyObject_Call");
}
END_TEST

START_TEST(imports_are_left_out_as_in_a_traceback)
{
	struct frame importing[] = {
		{.function = "<module>", .file = "/app/pool.py", .line = 4},
		{.function = "_call_with_frames_removed", .file = "<frozen importlib._bootstrap>"},
		{.function = "exec_module", .file = "<frozen importlib._bootstrap_external>"},
		{.function = "<module>", .file = "/app/main.py", .line = 1},
		{.function = "_ModuleLock.acquire", .file = "<frozen importlib._bootstrap>"},
	};
	struct finding finding = hang(mixed);

	python.list = importing;
	python.count = COUNT(importing);
	check_text(&finding,
		   "    pool.py:4                     in <module>\n"
		   "    main.py:1                     in <module>\n",
		   "exec_module");
	check_text(&finding, "_ModuleLock.acquire", NULL);
}
END_TEST

START_TEST(a_cure_has_a_line_to_copy)
{
	static const char line[] = "executor(context=multiprocessing.get_context('spawn_a_new'))";
	struct finding finding = hang(mixed);

	finding.advice = "all in one.";
	finding.start_method = "fork";
	finding.fork.present = true;
	finding.remedy = (struct remedy_part){.present = true,
					      .cure = "use spawn",
					      .line = line,
					      .caveat = "no lambdas.",
					      .remark = "Others say so too."};
	check_text(&finding, ", start method\n    \"fork\":", "all in one");
	check_text(&finding,
		   "  cure       use spawn:\n"
		   "               executor(context=multiprocessing.get_context('spawn_a_new'))\n",
		   NULL);
	check_text(&finding,
		   "  but:  no lambdas.\n"
		   "  also: Others say so too.\n",
		   NULL);
}
END_TEST

START_TEST(json_has_the_cure_in_parts)
{
	struct finding finding = hang(mixed);
	char *text;
	json_t *report, *object;

	finding.start_method = "forkserver";
	finding.remedy = (struct remedy_part){.present = true,
					      .id = "python-pool",
					      .facility = "multiprocessing",
					      .cure = "use spawn"};
	text = render_finding("json", &finding);
	report = json_loads(text, 0, NULL);
	object = json_array_get(json_object_get(report, "findings"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(object, "start_method")), "forkserver");
	object = json_object_get(object, "remedy");
	ck_assert_str_eq(json_string_value(json_object_get(object, "facility")), "multiprocessing");
	ck_assert_str_eq(json_string_value(json_object_get(object, "cure")), "use spawn");
	ck_assert(json_is_null(json_object_get(object, "line")));
	ck_assert_ptr_null(json_object_get(object, "remark"));
	ck_assert_ptr_null(json_object_get(object, "also"));
	json_decref(report);
	free(text);
}
END_TEST

Suite *python_report_suite(void)
{
	Suite *suite = suite_create("python-report");
	TCase *report = tcase_create("report");

	tcase_add_checked_fixture(report, set_up, NULL);
	tcase_add_test(report, python_frames_stand_where_they_are_evaluated);
	tcase_add_test(report, without_addresses_they_stand_where_the_interpreter_begins);
	tcase_add_test(report, frames_beyond_a_cut_stack_come_last);
	tcase_add_test(report, without_python_frames_the_interpreters_stay);
	tcase_add_test(report, text_shows_python_lines);
	tcase_add_test(report, text_shows_python_lines_of_a_deep_stack);
	tcase_add_test(report, text_bounds_python_lines);
	tcase_add_test(report, text_says_why_there_are_none);
	tcase_add_test(report, json_has_both_stacks);
	tcase_add_test(report, json_has_null_where_it_could_not_be_read);
	tcase_add_test(report, a_child_is_shown_from_the_fork_on);
	tcase_add_test(report, what_a_holder_ran_at_the_fork_stands_apart);
	tcase_add_test(report, a_lock_of_the_interpreter_has_no_stack);
	tcase_add_test(report, imports_are_left_out_as_in_a_traceback);
	tcase_add_test(report, a_cure_has_a_line_to_copy);
	tcase_add_test(report, json_has_the_cure_in_parts);
	suite_add_tcase(suite, report);
	return suite;
}
