/* Judging the report of one run by what the case says. */
#include "verdict.h"
#include "expect.h"
#include "run.h"
#include <check.h>
#include <stdio.h>
#include <string.h>

/* What a program returns whose child was killed. */
#define CHILD_KILLED 137

/* What a verdict means where the case says nothing else. */
static const struct {
	const char *code, *severity, *certainty;
	int errors, warnings; /* how many of them; ANY */
	int status;           /* of forkcheck; ANY: the program's own */
} meanings[] = {
	[CLEAN] = {NULL, NULL, NULL, 0, 0, ANY},
	[NOT_GUILTY] = {NULL, NULL, NULL, 0, ANY, ANY},
	[WARNED] = {"FC005", "warning", NULL, 0, 1, ANY},
	[SUSPECTED] = {"FC002", "warning", "suspected", 0, 1, ANY},
	[MISUSED] = {"FC007", "error", "observed", 1, 0, 66},
	[FEARED] = {"FC002", "error", "suspected", 1, 0, 66},
	[PREDICTED] = {"FC004", "error", "predicted", 1, 0, 66},
	[IMAGINED] = {"FC004", "warning", "predicted", 0, 1, ANY},
	[STUCK] = {"FC017", "warning", "proven", 0, 1, 66},
	[GUILTY] = {"FC001", "error", "proven", 1, 0, 66},
};

static const char *sources_of(const struct program_case *expected)
{
	static char source[64];

	if (expected->sources != NULL)
		return expected->sources;
	snprintf(source, sizeof(source), "programs/%.*s.c", (int)strcspn(expected->command, " "),
		 expected->command);
	return source;
}

/* The finding of that code about that lock. */
static const json_t *find(const json_t *report, const struct program_case *expected)
{
	const char *code =
		expected->code != NULL ? expected->code : meanings[expected->verdict].code;
	size_t index;
	json_t *finding;

	json_array_foreach(json_object_get(report, "findings"), index, finding)
	{
		if (expect_text(finding, "code", code) == NULL &&
		    expect_text(json_object_get(finding, "lock"), "name", expected->lock) == NULL)
			return finding;
	}
	return NULL;
}

static const json_t *at(const json_t *finding, const char *part, const char *stack)
{
	return json_object_get(json_object_get(finding, part), stack);
}

static const char *judge_stacks(const json_t *finding, const struct program_case *expected)
{
	const struct {
		const char *part, *stack, *frames;
	} stacks[] = {
		{"fork", "stack", expected->fork},
		{"holder", "acquired_at", expected->acquired},
		{"child", "stack", expected->child},
		{"parent", "stack", expected->parent},
		{"holder", "created_at", expected->missing != NULL ? NULL : expected->created},
		{"lock", "initialised_at", expected->initialised},
		{"ending", "stack", expected->sender},
		{"ending", "python_stack", expected->python_sender},
		{"last_gave", "stack", expected->gave},
		{"last_took", "stack", expected->took},
		{"fork", "python_stack", expected->python_fork},
		{"last_fork", "python_stack", expected->python_last_fork},
		{"holder", "python_stack", expected->python_holder},
		{"child", "python_stack", expected->python_child},
		{"holder", "created_python_stack",
		 expected->missing != NULL ? NULL : expected->python_created},
	};
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		const char *difference = expect_stack(at(finding, stacks[i].part, stacks[i].stack),
						      stacks[i].frames, sources_of(expected));
		static char text[4096];

		if (difference == NULL)
			continue;
		snprintf(text, sizeof(text), "%s.%s: %s", stacks[i].part, stacks[i].stack,
			 difference);
		return text;
	}
	return NULL;
}

static const char *judge_last_fork(const json_t *finding, const struct program_case *expected)
{
	json_t *between = json_object_get(finding, "forks_between");

	if (expected->is_own_fork && json_object_get(finding, "last_fork") != NULL)
		return "there is a last fork";
	if (expected->last_fork == NULL)
		return NULL;
	if (json_integer_value(between) != expected->forks_between)
		return "the number of forks in between";
	return expect_stack(at(finding, "last_fork", "stack"), expected->last_fork,
			    sources_of(expected));
}

/* The child's edge comes first. */
static const char *judge_awaited(const json_t *finding, const struct program_case *expected)
{
	const json_t *cycle = json_object_get(finding, "cycle");
	json_t *pid = json_object_get(json_array_get(cycle, 0), "waits_for");
	const json_t *edge = NULL;
	const char *difference = NULL;

	for (size_t i = 0; i < json_array_size(cycle); i++)
		if (json_equal(json_object_get(json_array_get(cycle, i), "pid"), pid))
			edge = json_array_get(cycle, i);
	if (expected->via != NULL)
		difference = expect_words(json_array_get(cycle, 0), "via", expected->via);
	if (difference == NULL && expected->python_awaiting != NULL)
		difference = expect_stack(json_object_get(json_array_get(cycle, 0), "python_stack"),
					  expected->python_awaiting, sources_of(expected));
	if (difference != NULL)
		return difference;
	return expect_stack(json_object_get(edge, "python_stack"), expected->python_awaited,
			    sources_of(expected));
}

static const char *judge_creator(const json_t *finding, const struct program_case *expected)
{
	const json_t *creator = json_object_get(json_object_get(finding, "holder"), "created_by");
	const json_t *forker = json_object_get(json_object_get(finding, "fork"), "thread");

	if (expected->creator == NULL || strcmp(expected->creator, "forker") != 0)
		return expect_text(creator, "name", expected->creator);
	return json_equal(json_object_get(creator, "tid"), json_object_get(forker, "tid"))
		       ? NULL
		       : "another thread is said to have created the holder";
}

static const char *judge_lock(const json_t *finding, const struct program_case *expected)
{
	const json_t *lock = json_object_get(finding, "lock");
	const json_t *holder = json_object_get(finding, "holder");
	const char *difference = NULL;

	if (expected->lock != NULL)
		difference = expect_text(lock, "kind",
					 expected->kind != NULL ? expected->kind : "mutex");
	if (difference == NULL)
		difference = expect_text(lock, "place", expected->place);
	if (difference == NULL)
		difference = expect_text(lock, "used_by", expected->user);
	if (difference == NULL)
		difference = expect_text(lock, "attributes", expected->attributes);
	if (difference == NULL)
		difference = expect_text(holder, "name", expected->holder);
	if (difference == NULL && expected->missing == NULL)
		difference = expect_text(holder, "python_name", expected->python_name);
	if (difference == NULL)
		difference = expect_text(holder, "start_routine", expected->start_routine);
	if (difference == NULL)
		difference = expect_text(holder, "inside", expected->inside);
	return difference;
}

static int has_text(const json_t *list, const char *text)
{
	size_t index;
	json_t *value;

	json_array_foreach((json_t *)list, index,
			   value) if (strcmp(json_string_value(value), text) == 0) return 1;
	return 0;
}

static const char *judge_first_missing(const json_t *list, const char *name)
{
	const json_t *names = json_object_get(json_array_get(list, 0), "names");

	return name == NULL || has_text(names, name) ? NULL
						     : "another thread comes first of the missing";
}

static const char *judge_unknown_missing(const json_t *list, const char *name)
{
	size_t index;
	json_t *group;

	json_array_foreach((json_t *)list, index, group)
	{
		if (name != NULL && json_is_null(json_object_get(group, "library")) &&
		    has_text(json_object_get(group, "names"), name))
			return NULL;
	}
	return name == NULL ? NULL : "no thread of an unknown library has that name";
}

static const char *judge_missing(const json_t *finding, const struct program_case *expected)
{
	const json_t *group = expect_member(json_object_get(finding, "missing_threads"), "library",
					    expected->missing);
	json_int_t count = json_integer_value(json_object_get(group, "count"));
	const char *difference;

	if (expected->missing == NULL)
		return NULL;
	difference = judge_first_missing(json_object_get(finding, "missing_threads"),
					 expected->missing_first);
	if (difference == NULL)
		difference = judge_unknown_missing(json_object_get(finding, "missing_threads"),
						   expected->missing_unknown);
	if (difference != NULL)
		return difference;
	if (group == NULL)
		return "the library is not among those whose threads are missing";
	if (expected->python_name != NULL &&
	    !has_text(json_object_get(group, "names"), expected->python_name))
		return "no missing thread has that name";
	if (expected->missing_count != 0 && count != expected->missing_count)
		return "the number of missing threads";
	difference = expect_stack(json_object_get(group, "created_at"), expected->created,
				  sources_of(expected));
	if (difference != NULL)
		return difference;
	return expect_stack(json_object_get(group, "python_stack"), expected->python_created,
			    sources_of(expected));
}

static const char *judge_blocked(const json_t *finding, const struct program_case *expected)
{
	const json_t *list = json_object_get(finding, "blocked");
	const json_t *first = json_array_get(list, 0);
	const json_t *last = json_array_get(list, json_array_size(list) - 1);
	const char *difference = expect_text(first, "waits_for", expected->blocked_on);

	if (difference == NULL)
		difference = expect_stack(json_object_get(first, "stack"), expected->blocked,
					  sources_of(expected));
	if (difference == NULL)
		difference = expect_stack(json_object_get(last, "stack"), expected->blocked_last,
					  sources_of(expected));
	return difference;
}

static const char *judge_hang(const json_t *finding, const struct program_case *expected)
{
	const json_t *child = json_object_get(finding, "child");
	const json_t *handler = json_object_get(finding, "handler");
	const char *difference = expect_text(child, "waiting_in", expected->waiting_in);

	if (difference == NULL && expected->python_problem != NULL)
		difference = expect_words(child, "python_problem", expected->python_problem);
	if (difference == NULL)
		difference = expect_text(handler, "function", expected->handler);
	if (difference == NULL)
		difference = expect_text(handler, "library", expected->handler_library);
	if (difference == NULL)
		difference = expect_text(finding, "action", expected->action);
	if (difference == NULL)
		difference = judge_blocked(finding, expected);
	return difference != NULL ? difference : judge_missing(finding, expected);
}

/* A line of the headline is a frame, and NULL is not asked for. */
static const char *judge_row(const json_t *row, const char *frame,
			     const struct program_case *expected)
{
	json_t *stack = json_array();
	const char *difference;

	json_array_append(stack, (json_t *)row);
	difference = expect_stack(stack, frame, sources_of(expected));
	json_decref(stack);
	return difference;
}

static const char *judge_headline(const json_t *finding, const struct program_case *expected)
{
	const json_t *headline = json_object_get(finding, "headline");
	const char *difference =
		judge_row(json_object_get(headline, "waits"), expected->headline_waits, expected);

	if (difference == NULL)
		difference = judge_row(json_object_get(headline, "forked"),
				       expected->headline_forked, expected);
	if (difference == NULL)
		difference = judge_row(json_array_get(json_object_get(headline, "who"), 0),
				       expected->headline_who, expected);
	return difference;
}

static const char *judge_words(const json_t *finding, const struct program_case *expected)
{
	const char *difference = expect_text(finding, "start_method", expected->start_method);

	if (difference == NULL && expected->cure != NULL)
		difference = expect_words(finding, "advice", expected->cure);
	if (difference != NULL)
		return difference;
	if (expected->says == NULL || expect_words(finding, "message", expected->says) == NULL)
		return NULL;
	return expect_words(finding, "why", expected->says);
}

static const char *judge_prediction(const json_t *finding, const struct program_case *expected)
{
	const json_t *rows = json_object_get(finding, "locks");
	const char *difference =
		expect_text(json_object_get(finding, "holder"), "used", expected->used);

	if (difference == NULL)
		difference = expect_text(finding, "package", expected->package);
	if (difference == NULL && expected->row != NULL &&
	    expect_member(rows, "name", expected->row) == NULL)
		difference = "the lock is not among those of the prediction";
	return difference;
}

static const char *judge_finding(const json_t *finding, const struct program_case *expected)
{
	const char *difference =
		expect_text(finding, "severity", meanings[expected->verdict].severity);

	if (difference == NULL)
		difference =
			expect_text(finding, "certainty", meanings[expected->verdict].certainty);
	if (difference == NULL)
		difference = judge_headline(finding, expected);
	if (difference == NULL)
		difference = judge_lock(finding, expected);
	if (difference == NULL)
		difference = judge_creator(finding, expected);
	if (difference == NULL)
		difference = expect_text(json_object_get(finding, "fork"), "function",
					 expected->function);
	if (difference == NULL)
		difference = judge_hang(finding, expected);
	if (difference == NULL)
		difference = judge_prediction(finding, expected);
	if (difference == NULL)
		difference = judge_words(finding, expected);
	if (difference == NULL)
		difference = judge_stacks(finding, expected);
	if (difference == NULL)
		difference = judge_last_fork(finding, expected);
	return difference != NULL ? difference : judge_awaited(finding, expected);
}

static int is_summed(const json_t *report, const char *key, int expected)
{
	const json_t *number = json_object_get(json_object_get(report, "summary"), key);

	return expected == ANY || json_integer_value(number) == expected;
}

static const char *judge_counts(const json_t *report, const struct program_case *expected)
{
	int warnings = expected->other_locks ? ANY : meanings[expected->verdict].warnings;

	if (!is_summed(report, "errors", meanings[expected->verdict].errors))
		return "the number of errors is not as expected";
	if (!is_summed(report, "warnings", warnings))
		return "the number of warnings is not as expected";
	return NULL;
}

static const char *judge_status(const struct run *run, const struct program_case *expected)
{
	const json_t *object = json_object_get(run->report, "run");
	json_int_t status = json_integer_value(json_object_get(object, "exit_status"));
	int wanted = expected->program_status;

	if (wanted == 0 && expected->verdict == GUILTY)
		wanted = CHILD_KILLED;
	if (expected->program_status != ANY && status != wanted)
		return "the program's own exit status";
	if (meanings[expected->verdict].status != ANY)
		wanted = meanings[expected->verdict].status;
	if (run->status != wanted)
		return "exit status";
	if (run->left_behind != 0)
		return "files were left behind";
	if (run->output[0] != '\0')
		return "something was printed";
	return NULL;
}

static const char *judge(const struct run *run, const struct program_case *expected)
{
	const json_t *finding = find(run->report, expected);
	const char *difference;

	if (run->report == NULL)
		return "there is no report";
	difference = judge_counts(run->report, expected);
	if (difference == NULL)
		difference = judge_status(run, expected);
	if (difference == NULL)
		difference = expect_contract(run->report);
	if (difference != NULL || meanings[expected->verdict].severity == NULL)
		return difference;
	return finding != NULL ? judge_finding(finding, expected) : "no such finding";
}

void run_program_case(const struct program_case *expected)
{
	char script[512];
	struct run run;
	const char *difference;

	snprintf(script, sizeof(script),
		 "exec %s \"$FORKCHECK\" --format=json -o report.json %s -- %s",
		 expected->within != NULL ? expected->within : "",
		 expected->options != NULL ? expected->options : "", expected->command);
	run_script(&run, script);
	difference = judge(&run, expected);
	if (difference != NULL) {
		char *findings = json_dumps(json_object_get(run.report, "findings"), JSON_COMPACT);

		ck_abort_msg("%s: %s (status %d, %.1f s)\n%.500s%.2500s", expected->command,
			     difference, run.status, run.seconds, run.errors,
			     findings != NULL ? findings : "");
	}
	run_free(&run);
}
