/* The server's workers: each is a fork of the server, logs, works and ends. */
#include "pool.h"
#include "log.h"
#include "worker.h"
#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

pid_t spawn_worker(void)
{
	pid_t worker = fork();

	if (worker < 0)
		err(1, "fork");
	if (worker == 0) {
		worker_main();
		_exit(0);
	}
	return worker;
}

static bool ends_within(pid_t worker, time_t deadline)
{
	while (waitpid(worker, NULL, WNOHANG) == 0) {
		if (time(NULL) >= deadline)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	return true;
}

size_t reap_workers(const pid_t *workers, size_t count)
{
	time_t deadline = time(NULL) + 10;
	size_t stuck = 0;

	for (size_t i = 0; i < count; i++) {
		if (ends_within(workers[i], deadline))
			continue;
		kill(workers[i], SIGKILL);
		waitpid(workers[i], NULL, 0);
		stuck++;
	}
	return stuck;
}
