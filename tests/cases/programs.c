/*
 * The case programs and the verdict that each must get. One line of the table
 * is one test; a hang stands beside its safe twin.
 */
#include "../unit/suites.h"
#include "expect.h"
#include "run.h"
#include <stdio.h>
#include <string.h>

#define ANY (-1)

/* What a program returns whose child was killed. */
#define CHILD_KILLED 137

enum verdict {
	CLEAN,      /* no error, no warning */
	NOT_GUILTY, /* no error; what else may be said depends on timing */
	WARNED,     /* one warning and no error: FC005, a lock held and left alone */
	GUILTY,     /* one error: FC001, a lock whose holder does not exist in the child */
};

struct program_case {
	const char *command; /* the program and its arguments */
	enum verdict verdict;
	const char *lock;
	const char *holder;        /* the thread's name */
	const char *start_routine; /* of the holder */
	/* Stacks: see expect_stack(). */
	const char *fork;
	const char *acquired;
	const char *child;
	const char *created;
	const char *initialised;
	/* Where the marks are, if not in the program's own source. */
	const char *sources;
	int program_status; /* the program's own, where the verdict does not tell */
};

/* The same lines of mutex.c for every type. */
#define MUTEX_GUILTY(type)                                                                         \
	{                                                                                          \
		.command = "mutex " type " hang", .verdict = GUILTY, .lock = "shared_mutex",       \
		.holder = "mutex", .start_routine = "holder", .fork = "main@FORK",                 \
		.acquired = "holder@ACQUIRE", .child = "work@CHILD", .created = "main@CREATE",     \
		.initialised = "initialise@INITIALISE",                                            \
	}
#define HOLDER(mode, name, routine)                                                                \
	{                                                                                          \
		.command = "holders " mode, .verdict = GUILTY, .lock = "held_mutex",               \
		.holder = name, .start_routine = routine, .fork = "fork_and_lock@FORK",            \
		.acquired = "hold@ACQUIRE", .child = "fork_and_lock@CHILD",                        \
	}
#define LIBRARY_SOURCES "libraries/libjournal.c programs/library-linked.c"

static const struct program_case cases[] = {
	/* Every type of mutex. */
	MUTEX_GUILTY("normal"),
	MUTEX_GUILTY("recursive"),
	MUTEX_GUILTY("errorcheck"),
	MUTEX_GUILTY("adaptive"),
	MUTEX_GUILTY("robust"),
	{.command = "mutex normal released", .verdict = CLEAN},
	{.command = "mutex recursive released", .verdict = CLEAN},
	{.command = "mutex errorcheck released", .verdict = CLEAN},
	{.command = "mutex adaptive released", .verdict = CLEAN},
	{.command = "mutex robust released", .verdict = CLEAN},
	{.command = "mutex inherit released", .verdict = CLEAN},
	/* The kernel refuses to wait for the owner of another process' futex: glibc aborts the
	 * child, unless forkcheck was faster. */
	{.command = "mutex inherit hang",
	 .verdict = GUILTY,
	 .lock = "shared_mutex",
	 .start_routine = "holder",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .child = "work@CHILD",
	 .program_status = ANY},
	{.command = "mutex-optimised normal hang",
	 .verdict = GUILTY,
	 .lock = "shared_mutex",
	 .start_routine = "holder",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .child = "work@CHILD",
	 .sources = "programs/mutex.c"},
	{.command = "mutex-optimised normal released", .verdict = CLEAN},

	/* Held, but the child does not wait for it. */
	{.command = "mutex normal latent",
	 .verdict = WARNED,
	 .lock = "shared_mutex",
	 .start_routine = "holder",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .created = "main@CREATE"},
	{.command = "mutex recursive latent", .verdict = WARNED, .lock = "shared_mutex"},
	{.command = "mutex robust latent", .verdict = WARNED, .lock = "shared_mutex"},
	{.command = "mutex inherit latent", .verdict = WARNED, .lock = "shared_mutex"},
	{.command = "mutex normal exec", .verdict = CLEAN},
	{.command = "mutex normal try", .verdict = NOT_GUILTY},
	{.command = "mutex normal timed", .verdict = NOT_GUILTY},
	{.command = "mutex normal clock", .verdict = NOT_GUILTY},
	{.command = "mutex inherit try", .verdict = NOT_GUILTY},
	{.command = "mutex normal remade", .verdict = CLEAN},
	{.command = "mutex recursive remade", .verdict = CLEAN},
	{.command = "mutex normal overwritten", .verdict = CLEAN},

	/* Shared between processes, or left by an owner that died. */
	{.command = "shared lives", .verdict = CLEAN},
	{.command = "shared robust", .verdict = CLEAN},
	{.command = "shared process-died", .verdict = CLEAN},
	{.command = "shared thread-died", .verdict = CLEAN},

	/* A condition wait gives the mutex up and takes it back: held since it was locked. */
	{.command = "condition parked", .verdict = CLEAN},
	{.command = "condition returned",
	 .verdict = GUILTY,
	 .lock = "queue_mutex",
	 .start_routine = "consumer",
	 .fork = "fork_and_lock@FORK returned@RETURNED",
	 .acquired = "consumer@ENTER",
	 .child = "fork_and_lock@CHILD"},
	{.command = "condition timed-out",
	 .verdict = GUILTY,
	 .lock = "queue_mutex",
	 .start_routine = "timed_consumer",
	 .acquired = "timed_consumer@TIMED"},
	{.command = "condition cancelled", .verdict = CLEAN},
	{.command = "condition cleaning-up",
	 .verdict = GUILTY,
	 .lock = "queue_mutex",
	 .start_routine = "cancelled_consumer",
	 .acquired = "cancelled_consumer@CANCELLED"},

	/* Handlers that hold the lock across the fork, wherever they come from. */
	{.command = "atfork released", .verdict = CLEAN},
	{.command = "atfork remade", .verdict = CLEAN},
	{.command = "library-linked protected", .verdict = CLEAN},
	{.command = "library-loaded protected $CASES/libjournal.so", .verdict = CLEAN},
	{.command = "library-loaded unloaded $CASES/libjournal.so", .verdict = CLEAN},
	{.command = "library-linked hang",
	 .verdict = GUILTY,
	 .lock = "journal_mutex",
	 .start_routine = "journal_holder",
	 .fork = "fork_and_write@FORK",
	 .acquired = "journal_holder@ACQUIRE",
	 .child = "journal_write@WRITE fork_and_write@CHILD",
	 .created = "journal_hold@CREATE",
	 .sources = LIBRARY_SOURCES},
	{.command = "library-loaded hang $CASES/libjournal.so",
	 .verdict = GUILTY,
	 .lock = "journal_mutex",
	 .start_routine = "journal_holder",
	 .acquired = "journal_holder@ACQUIRE",
	 .child = "journal_write@WRITE",
	 .created = "journal_hold@CREATE",
	 .sources = "libraries/libjournal.c"},

	/* The forking thread's own lock. Types with an owner do not know it again in the child. */
	{.command = "own normal unlock", .verdict = CLEAN},
	{.command = "own normal latent", .verdict = CLEAN},
	{.command = "own recursive latent", .verdict = CLEAN},
	{.command = "own normal relock",
	 .verdict = GUILTY,
	 .lock = "own_mutex",
	 .holder = "own",
	 .fork = "main@FORK",
	 .acquired = "lock_own@ACQUIRE main@CALL",
	 .child = "work@CHILD main@WORK"},
	{.command = "own recursive unlock",
	 .verdict = GUILTY,
	 .lock = "own_mutex",
	 .holder = "own",
	 .fork = "main@FORK",
	 .acquired = "lock_own@ACQUIRE main@CALL",
	 .child = "work@CHILD main@WORK"},
	{.command = "own recursive relock", .verdict = GUILTY, .lock = "own_mutex"},
	{.command = "own errorcheck unlock", .verdict = GUILTY, .lock = "own_mutex"},
	{.command = "own errorcheck relock", .verdict = GUILTY, .lock = "own_mutex"},

	/* Python: a thread of it is inside a C library when multiprocessing forks. */
	{.command = "/usr/bin/python3 $SCRIPTS/journal.py $CASES/libjournal.so",
	 .verdict = GUILTY,
	 .lock = "journal_mutex",
	 .acquired = "journal_keep@KEEP",
	 .child = "journal_write@WRITE",
	 .sources = "libraries/libjournal.c"},
	{.command = "/usr/bin/python3 $SCRIPTS/journal.py $CASES/libjournal.so released",
	 .verdict = CLEAN},

	/* C++. */
	{.command = "standard released", .verdict = CLEAN},
	{.command = "standard hang",
	 .verdict = GUILTY,
	 .lock = "service::state_mutex",
	 .fork = "main@FORK",
	 .acquired = "service::update_state@ACQUIRE",
	 .child = "service::reader::read_state@CHILD",
	 .sources = "programs/standard.cpp"},

	/* What the prepare handlers see is not what the child gets: never accuse by it. */
	{.command = "busy none", .verdict = NOT_GUILTY},
	{.command = "busy try", .verdict = NOT_GUILTY},
	{.command = "busy free-only", .verdict = NOT_GUILTY},
	{.command = "busy remade", .verdict = CLEAN},

	/* Who held it. */
	HOLDER("plain", "holders", "plain"),
	HOLDER("detached", "holders", "plain"),
	HOLDER("detached-later", "holders", "plain"),
	HOLDER("small-stack", "holders", "plain"),
	HOLDER("named", "named-by-main", "plain"),
	HOLDER("self-named", "self-named", "names_itself"),
	HOLDER("prctl", "prctl-named", "names_itself_by_prctl"),
	HOLDER("c11", "holders", "c11"),
	{.command = "holders main",
	 .verdict = GUILTY,
	 .lock = "held_mutex",
	 .holder = "holders",
	 .fork = "fork_and_lock@FORK forks@FORKS",
	 .acquired = "main_holds@MAIN",
	 .child = "fork_and_lock@CHILD forks@FORKS"},

	/* Where it is, and how it was taken. */
	{.command = "places heap",
	 .verdict = GUILTY,
	 .lock = "",
	 .acquired = "holder@ACQUIRE",
	 .initialised = "connection_new@INITIALISE choose@NEW"},
	{.command = "places member", .verdict = GUILTY, .lock = "pool+0x8"},
	{.command = "places element", .verdict = GUILTY, .lock = "table+0x68"},
	{.command = "places wrapped",
	 .verdict = GUILTY,
	 .lock = "wrapped_mutex",
	 .start_routine = "wrapped_holder",
	 .acquired = "take@TAKE enter@ENTER wrapped_holder@WRAPPED"},
	{.command = "places deep",
	 .verdict = GUILTY,
	 .lock = "wrapped_mutex",
	 .start_routine = "deep_holder",
	 .acquired = "holder@ACQUIRE descend@DEEP descend@DESCEND descend@DESCEND"},

	/* Children of children, children with threads. */
	{.command = "family grandchild",
	 .verdict = GUILTY,
	 .lock = "family_mutex",
	 .start_routine = "holder",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .child = "lock_in_grandchild@GRANDCHILD"},
	{.command = "family second",
	 .verdict = GUILTY,
	 .lock = "other_mutex",
	 .start_routine = "holder",
	 .fork = "hold_in_child@SECOND",
	 .acquired = "holder@ACQUIRE",
	 .child = "hold_in_child@OTHER"},
	{.command = "family thread",
	 .verdict = GUILTY,
	 .lock = "family_mutex",
	 .fork = "main@FORK",
	 .acquired = "holder@ACQUIRE",
	 .child = "locks@THREAD"},
	{.command = "family remade", .verdict = CLEAN},
	{.command = "family contended", .verdict = WARNED, .lock = "family_mutex"},

	/* Nothing to say. */
	{.command = "calm single", .verdict = CLEAN},
	{.command = "calm idle", .verdict = CLEAN},
	{.command = "calm spawn", .verdict = CLEAN},
	{.command = "calm shell", .verdict = CLEAN},
};

static const char *severity_of(const struct program_case *expected)
{
	return expected->verdict == GUILTY ? "error" : "warning";
}

static const char *code_of(const struct program_case *expected)
{
	return expected->verdict == GUILTY ? "FC001" : "FC005";
}

static const char *default_source(const struct program_case *expected)
{
	static char source[64];

	snprintf(source, sizeof(source), "programs/%.*s.c", (int)strcspn(expected->command, " "),
		 expected->command);
	return source;
}

/* The finding of that code about that lock. */
static const json_t *find(const json_t *report, const struct program_case *expected)
{
	size_t index;
	json_t *finding;

	json_array_foreach(json_object_get(report, "findings"), index, finding)
	{
		if (expect_text(finding, "code", code_of(expected)) == NULL &&
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
		{"holder", "created_at", expected->created},
		{"lock", "initialised_at", expected->initialised},
	};
	const char *sources =
		expected->sources != NULL ? expected->sources : default_source(expected);

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		const char *difference = expect_stack(at(finding, stacks[i].part, stacks[i].stack),
						      stacks[i].frames, sources);
		static char text[4096];

		if (difference == NULL)
			continue;
		snprintf(text, sizeof(text), "%s.%s: %s", stacks[i].part, stacks[i].stack,
			 difference);
		return text;
	}
	return NULL;
}

static const char *judge_finding(const json_t *finding, const struct program_case *expected)
{
	const json_t *lock = json_object_get(finding, "lock");
	const json_t *holder = json_object_get(finding, "holder");
	const char *difference = expect_text(finding, "severity", severity_of(expected));

	if (difference == NULL && expected->verdict == GUILTY)
		difference = expect_text(finding, "certainty", "proven");
	if (difference == NULL)
		difference = expect_text(lock, "kind", "mutex");
	if (difference == NULL)
		difference = expect_text(holder, "name", expected->holder);
	if (difference == NULL)
		difference = expect_text(holder, "start_routine", expected->start_routine);
	return difference != NULL ? difference : judge_stacks(finding, expected);
}

static json_int_t summary(const json_t *report, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(report, "summary"), key));
}

static const char *judge_counts(const json_t *report, const struct program_case *expected)
{
	if (summary(report, "errors") != (expected->verdict == GUILTY))
		return "the number of errors is not as expected";
	if (expected->verdict == CLEAN && summary(report, "warnings") != 0)
		return "there are warnings";
	if (expected->verdict == WARNED && summary(report, "warnings") != 1)
		return "there is not just one warning";
	return NULL;
}

static const char *judge_status(const struct run *run, const struct program_case *expected)
{
	const json_t *object = json_object_get(run->report, "run");
	json_int_t status = json_integer_value(json_object_get(object, "exit_status"));
	json_int_t wanted = expected->verdict == GUILTY ? CHILD_KILLED : 0;

	if (run->status != (expected->verdict == GUILTY ? 66 : 0))
		return "exit status";
	if (expected->program_status != ANY && status != wanted)
		return "the program's own exit status";
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
	if (difference != NULL || expected->verdict == CLEAN || expected->verdict == NOT_GUILTY)
		return difference;
	return finding != NULL ? judge_finding(finding, expected) : "no such finding";
}

static void run_case(const struct program_case *expected)
{
	char script[512];
	struct run run;
	const char *difference;

	snprintf(script, sizeof(script), "exec \"$FORKCHECK\" --format=json -o report.json -- %s",
		 expected->command);
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

START_TEST(test_program)
{
	for (int i = run_repeats(); i > 0; i--)
		run_case(&cases[_i]);
}
END_TEST

Suite *programs_suite(void)
{
	Suite *suite = suite_create("programs");
	TCase *programs = tcase_create("programs");

	tcase_set_timeout(programs, 70.0 * run_repeats());
	tcase_add_loop_test(programs, test_program, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, programs);
	return suite;
}
