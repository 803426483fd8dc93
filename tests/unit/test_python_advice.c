/*
 * Which start method the frames of a finding show, and what Python users are told:
 * each row of the table once, with the frames that a real program has there.
 */
#include "cli/findings/evidence/python_advice.h"
#include <check.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAX  8
#define LINE_MAX    70 /* what is left of 80 columns */
#define INTERPRETER "/usr/bin/python3"

Suite *python_advice_suite(void);

/* Innermost first: "file function file function ..", by blanks. */
struct advice_case {
	const char *fork, *created;
	const char *library;
	const char *start_method; /* NULL: none */
	const char *facility;
	const char *line;
	const char *says; /* in the advice */
};

#define LAUNCH  "/usr/lib/python3.11/multiprocessing/popen_fork.py Popen._launch "
#define SERVER  "/usr/lib/python3.11/multiprocessing/forkserver.py main <string> <module> "
#define SPAWNV  "/opt/py/multiprocessing/util.py spawnv_passfds "
#define PROCESS "/usr/lib/python3.11/multiprocessing/process.py BaseProcess.start "

static const struct advice_case cases[] = {
	{.fork = LAUNCH PROCESS "/app/main.py main",
	 .start_method = "fork",
	 .facility = "multiprocessing.Process",
	 .line = "multiprocessing.get_context(\"spawn\").Process(target=work)",
	 .says = "before Python 3.14"},
	/* Before 3.11 functions have no class; and a frozen program has no folder. */
	{.fork = "multiprocessing/popen_fork.py _launch main.py main",
	 .start_method = "fork",
	 .facility = "multiprocessing.Process"},
	{.fork = LAUNCH "/usr/lib/python3.11/multiprocessing/pool.py Pool.__init__",
	 .start_method = "fork",
	 .facility = "multiprocessing.Pool",
	 .line = "multiprocessing.get_context(\"spawn\").Pool()",
	 .says = "initializer="},
	{.fork = LAUNCH
	 "/usr/lib/python3.11/concurrent/futures/process.py ProcessPoolExecutor.submit",
	 .start_method = "fork",
	 .facility = "concurrent.futures.ProcessPoolExecutor",
	 .line = "ProcessPoolExecutor(mp_context=multiprocessing.get_context(\"spawn\"))",
	 .says = "no lambdas"},
	{.fork = LAUNCH "/opt/v/torch/utils/data/dataloader.py _MultiProcessingDataLoaderIter",
	 .start_method = "fork",
	 .facility = "torch.utils.data.DataLoader",
	 .line = "DataLoader(dataset, num_workers=4, multiprocessing_context=\"spawn\")",
	 .says = "collate_fn"},
	{.fork = LAUNCH "/usr/lib/python3.11/multiprocessing/pool.py Pool.__init__ "
			"/usr/lib/python3/dist-packages/joblib/parallel.py Parallel.__call__",
	 .start_method = "fork",
	 .facility = "joblib.Parallel",
	 .line = "joblib.Parallel(n_jobs=4, backend=\"loky\")",
	 .says = "loky"},
	{.fork = LAUNCH "/v/ipykernel/kernelapp.py IPKernelApp.start",
	 .start_method = "fork",
	 .facility = "multiprocessing.Process",
	 .says = "import a notebook"},
	{.fork = "/v/billiard/popen_fork.py Popen._launch /v/app.py main",
	 .start_method = "fork",
	 .facility = "billiard",
	 .line = "billiard.get_context(\"spawn\").Pool()"},
	{.fork = "/v/billiard/popen_fork.py Popen._launch "
		 "/v/celery/concurrency/prefork.py TaskPool.on_start",
	 .start_method = "fork",
	 .facility = "Celery's prefork pool",
	 .says = "worker_process_init"},
	{.fork = "/v/gunicorn/arbiter.py Arbiter.spawn_worker",
	 .facility = "gunicorn",
	 .says = "--preload"},
	{.fork = "/usr/lib/python3.11/subprocess.py Popen._execute_child",
	 .facility = "subprocess",
	 .says = "preexec_fn"},
	{.fork = "/app/main.py main", .facility = "os.fork", .says = "new interpreter"},
	/* A user's file that is only called like one of theirs. */
	{.fork = "/app/my_multiprocessing/popen_fork.py Popen._launch", .facility = "os.fork"},
	/* A process that a fork server made, and that forks by itself. */
	{.fork = "/app/main.py work " SERVER, .facility = "os.fork"},

	{.fork = SERVER,
	 .created = "/usr/lib/python3.11/threading.py Thread.start /app/preloaded.py <module> "
		    "<frozen_importlib._bootstrap> _find_and_load " SERVER,
	 .start_method = "forkserver",
	 .facility = "multiprocessing",
	 .says = "set_forkserver_preload() brought these threads into the fork server; take the "
		 "module out of that list, or let it start threads at first use "
		 "(preloaded.py:2)."},
	{.fork = SERVER,
	 .created = "/app/main.py <module> "
		    "/usr/lib/python3.14/multiprocessing/spawn.py import_main_path " SERVER,
	 .start_method = "forkserver",
	 .facility = "multiprocessing",
	 .says = "(main.py:1)"},
	{.fork = SERVER,
	 .created = "/app/main.py main",
	 .start_method = "forkserver",
	 .facility = "multiprocessing"},

	/* Nothing but the method: they exec at once. */
	{.fork = SPAWNV "/opt/py/multiprocessing/popen_spawn_posix.py Popen._launch",
	 .start_method = "spawn"},
	{.fork = SPAWNV "/opt/py/multiprocessing/forkserver.py ForkServer.ensure_running",
	 .start_method = "forkserver"},
	{.fork = SPAWNV
	 "/opt/py/multiprocessing/resource_tracker.py ResourceTracker.ensure_running"},
	{.fork = "/v/joblib/externals/loky/backend/fork_exec.py fork_exec", .start_method = "loky"},

	{.fork = LAUNCH PROCESS,
	 .library = "_polars_runtime_32.abi3.so",
	 .start_method = "fork",
	 .facility = "multiprocessing.Process",
	 .says = "POLARS_ALLOW_FORKING_THREAD=1 only silences"},
};

static char words[2][1024];

static const char *next_word(char **text)
{
	const char *word;

	while ((word = strsep(text, " ")) && !*word)
		;
	return word;
}

/* Lines are numbered by where a frame stands. */
static void fill(struct python_frames *python, struct frame *list, char *copy, const char *text)
{
	const char *file;

	memset(list, 0, FRAMES_MAX * sizeof(*list));
	snprintf(copy, sizeof(words[0]), "%s", text);
	*python = (struct python_frames){.list = list, .module = INTERPRETER};
	while ((file = next_word(&copy))) {
		ck_assert_uint_lt(python->count, FRAMES_MAX);
		list[python->count].file = file;
		list[python->count].function = next_word(&copy);
		list[python->count].line = (int)python->count + 1;
		python->count++;
	}
}

static void same(const char *what, const char *is, const char *expected)
{
	ck_assert_msg((!is && !expected) || (is && expected && strcmp(is, expected) == 0),
		      "%s is %s, not %s", what, is ? is : "(none)", expected ? expected : "(none)");
}

static void check_remedy(const struct finding *finding, const struct advice_case *expected)
{
	same("start method", finding->start_method, expected->start_method);
	same("facility", finding->remedy.facility, expected->facility);
	ck_assert_int_eq(finding->remedy.present, expected->facility != NULL);
	if (expected->line)
		same("line", finding->remedy.line, expected->line);
	if (expected->says)
		ck_assert_msg(strstr(finding->advice, expected->says) != NULL, "%s",
			      finding->advice);
	if (finding->remedy.line)
		ck_assert_uint_le(strlen(finding->remedy.line), LINE_MAX);
}

START_TEST(frames_tell_the_start_method_and_the_cure)
{
	const struct advice_case *expected = &cases[_i];
	struct frame native = {.module = INTERPRETER}, fork[FRAMES_MAX], created[FRAMES_MAX];
	struct python_frames forking, creating;
	struct missing_group missing = {.library = expected->library};
	struct finding finding = {.advice = "fork later.", .missing = &missing, .missing_count = 1};
	struct arena arena;
	struct judgement judgement = {.arena = &arena};

	arena_init(&arena);
	fill(&forking, fork, words[0], expected->fork);
	finding.fork.stack = (struct frames){.list = &native, .count = 1, .python = &forking};
	if (expected->created) {
		fill(&creating, created, words[1], expected->created);
		missing.created_at.python = &creating;
	}
	python_advice(&judgement, &finding);
	check_remedy(&finding, expected);
	if (!expected->facility)
		ck_assert_str_eq(finding.advice, "fork later.");
	arena_release(&arena);
}
END_TEST

/* A fork by a system call of a library's own: the child has its parent's frames. */
START_TEST(a_childs_frames_tell_of_a_fork_that_was_not_seen)
{
	struct frame list[FRAMES_MAX];
	struct python_frames child;
	struct finding finding = {0};

	fill(&child, list, words[0], "/app/main.py work " LAUNCH PROCESS);
	finding.child.stack.python = &child;
	python_start_method(&finding);
	same("start method", finding.start_method, "fork");
}
END_TEST

START_TEST(a_library_that_forks_by_itself_is_not_told_of_os_fork)
{
	struct frame native = {.module = "/lib/libserver.so"}, list[FRAMES_MAX];
	struct python_frames forking;
	struct finding finding = {.advice = "fork later."};
	struct judgement judgement = {0};

	fill(&forking, list, words[0], "/app/main.py main");
	finding.fork.stack = (struct frames){.list = &native, .count = 1, .python = &forking};
	python_advice(&judgement, &finding);
	ck_assert_str_eq(finding.advice, "fork later.");
	ck_assert(!finding.remedy.present);
}
END_TEST

START_TEST(without_python_nothing_is_said)
{
	struct finding finding = {.advice = "fork later."};
	struct judgement judgement = {0};

	python_advice(&judgement, &finding);
	ck_assert_str_eq(finding.advice, "fork later.");
	ck_assert_ptr_null(finding.start_method);
	ck_assert(!finding.remedy.present);
}
END_TEST

Suite *python_advice_suite(void)
{
	Suite *suite = suite_create("python-advice");
	TCase *advice = tcase_create("advice");

	tcase_add_loop_test(advice, frames_tell_the_start_method_and_the_cure, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(advice, a_childs_frames_tell_of_a_fork_that_was_not_seen);
	tcase_add_test(advice, a_library_that_forks_by_itself_is_not_told_of_os_fork);
	tcase_add_test(advice, without_python_nothing_is_said);
	suite_add_tcase(suite, advice);
	return suite;
}
