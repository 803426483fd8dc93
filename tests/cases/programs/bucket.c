/*
 * bucket MODE: a rate limiter. Workers take tokens from a semaphore that they share, and never
 * give them back; somebody puts new ones in after three seconds.
 *
 *   refill   the master does
 *   process  a process of its own does
 *   single   the same, one at a time, and it put in the first one as well
 */
#include "case.h"
#include <semaphore.h>
#include <sys/mman.h>

#define LATE_MS     3000
#define WORKERS_MAX 3

static sem_t *tokens, *served;
static int workers_wanted = WORKERS_MAX;

static sem_t *share(unsigned value)
{
	sem_t *semaphore = mmap(NULL, sizeof(*semaphore), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (semaphore == MAP_FAILED)
		err(2, "mmap");
	sem_init(semaphore, 1, value);
	return semaphore;
}

static pid_t start_worker(void)
{
	pid_t worker = fork(); /* FORK */

	if (worker == 0) {
		while (sem_wait(tokens) != 0)
			;
		sem_post(served);
		_exit(0);
	}
	return worker;
}

static void refill(void)
{
	poll(NULL, 0, LATE_MS);
	for (int i = 0; i < workers_wanted; i++)
		sem_post(tokens);
}

static pid_t start_refiller(int at_once)
{
	pid_t refiller = fork();

	if (refiller == 0) {
		if (at_once)
			sem_post(tokens);
		refill();
		_exit(0);
	}
	return refiller;
}

static int reap_all(const pid_t *workers)
{
	int status, failed = 0;

	for (int i = 0; i < workers_wanted; i++) {
		waitpid(workers[i], &status, 0);
		failed |= status;
	}
	return failed != 0;
}

int main(int argc, char **argv)
{
	int is_single = mode_is(argv, "single");
	pid_t workers[WORKERS_MAX], refiller = 0;
	int failed;

	if (is_single)
		workers_wanted = 2;
	tokens = share(is_single ? 0 : WORKERS_MAX - 1);
	served = share(0);
	if (!mode_is(argv, "refill"))
		refiller = start_refiller(is_single);
	for (int i = 0; i < workers_wanted; i++)
		workers[i] = start_worker();
	for (int i = 0; i < workers_wanted - 1; i++)
		sem_wait(served);
	if (mode_is(argv, "refill"))
		refill();
	failed = reap_all(workers);
	return failed | (refiller ? reap(refiller) : 0);
}
