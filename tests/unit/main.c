/*
 * The Check program: unit tests, and the programs that go through the tool. Most
 * of those wait for most of their time, so the suites are shared out to workers,
 * those with programs first; the counts come together here.
 */
#include "suites.h"
#include <err.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 6

static const struct {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
#define SUITE_ROW(name) {#name, name##_suite},
	SUITES(SUITE_ROW)
#undef SUITE_ROW
};

#define SUITE_COUNT (sizeof(suites) / sizeof(suites[0]))

struct shared {
	atomic_size_t taken;
	atomic_int checks, failures, errors;
	atomic_size_t said;
	char failed[1 << 16];
};

static void remember(const char *suite, TestResult *result, struct shared *shared)
{
	char line[4096];
	int length = snprintf(line, sizeof(line), "failed: %s: %s:%d: %s: %.3000s\n", suite,
			      tr_lfile(result), tr_lno(result), tr_tcname(result), tr_msg(result));
	size_t size = length < 0 ? 0 : strnlen(line, sizeof(line)), at;

	at = atomic_fetch_add(&shared->said, size);
	if (at + size < sizeof(shared->failed))
		memcpy(shared->failed + at, line, size);
}

static void count(const char *suite, SRunner *runner, struct shared *shared)
{
	TestResult **results = srunner_failures(runner);

	for (int i = 0; i < srunner_ntests_failed(runner); i++) {
		atomic_fetch_add(tr_rtype(results[i]) == CK_FAILURE ? &shared->failures
								    : &shared->errors,
				 1);
		remember(suite, results[i], shared);
	}
	atomic_fetch_add(&shared->checks, srunner_ntests_run(runner));
	free(results);
}

/* One write for a suite: the workers' lines must not mix. */
static void run_suite(size_t index, struct shared *shared)
{
	SRunner *runner = srunner_create(suites[index].make());
	time_t start = time(NULL);

	srunner_run_all(runner, CK_SILENT);
	if (srunner_ntests_run(runner) > 0) {
		printf("%s (%.0f s): ", suites[index].name, difftime(time(NULL), start));
		srunner_print(runner, CK_ENV);
	}
	fflush(stdout);
	count(suites[index].name, runner, shared);
	srunner_free(runner);
}

static void work(struct shared *shared)
{
	size_t taken;

	while ((taken = atomic_fetch_add(&shared->taken, 1)) < SUITE_COUNT)
		run_suite(SUITE_COUNT - 1 - taken, shared);
}

static void start_worker(struct shared *shared)
{
	pid_t parent = getpid(), worker = fork();

	if (worker < 0)
		err(EXIT_FAILURE, "fork");
	if (worker > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		work(shared);
	_exit(EXIT_SUCCESS);
}

static void wait_for_workers(struct shared *shared)
{
	int status;

	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
			atomic_fetch_add(&shared->errors, 1);
}

/* As Check words it. */
static int sum_up(const struct shared *shared)
{
	int checks = shared->checks, failed = shared->failures + shared->errors;

	fputs(shared->failed, stdout);
	printf("%d%%: Checks: %d, Failures: %d, Errors: %d\n",
	       checks > 0 ? (checks - failed) * 100 / checks : 100, checks, shared->failures,
	       shared->errors);
	return failed == 0 && checks > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Not those that nohup, or the shell of a background job, ignores. */
static void start_with_usual_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < SIGRTMIN; number++)
		signal(number, SIG_DFL);
}

int main(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	start_with_usual_signals();
	/* They are for what never ends, not for a busy machine. */
	setenv("CK_TIMEOUT_MULTIPLIER", "4", 0);
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	for (int i = 0; i < WORKERS; i++)
		start_worker(shared);
	wait_for_workers(shared);
	return sum_up(shared);
}
