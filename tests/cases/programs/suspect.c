/*
 * suspect MODE [long]: children that may hang or not, nobody can tell; they
 * give up after four seconds, or ten, with status 7.
 */
#include "case.h"
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#define STEP_MS 200

/* On a busy machine two looks in a row seldom find a child that waits in steps. */
static int patience = 4000;
static sem_t reply;
static sem_t *heartbeat;
static atomic_int ready;

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_a_step(sem_t *semaphore)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_nsec += STEP_MS * 1000000L;
	deadline.tv_sec += deadline.tv_nsec / 1000000000L;
	deadline.tv_nsec %= 1000000000L;
	sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline); /* WAIT */
}

/* gRPC's way: a timed wait for a lost thread, again and again. */
static void wait_in_steps(sem_t *semaphore)
{
	long end = milliseconds() + patience;

	while (milliseconds() < end)
		wait_a_step(semaphore); /* TIMED */
}

static void spin(void)
{
	long end = milliseconds() + patience;
	int rounds = 0;

	while (atomic_load(&ready) == 0) /* SPIN */
		if (++rounds % 1000000 == 0 && milliseconds() > end)
			break;
}

/* No memory is waited for: how any server passes its time. */
static void tick(void)
{
	long end = milliseconds() + patience;

	while (milliseconds() < end)
		poll(NULL, 0, STEP_MS);
}

/* Nobody posts either; this one does not ask again. */
static void *wait_beside(void *unused)
{
	static sem_t never;

	sem_init(&never, 0, 0);
	sem_wait(&never);
	return unused;
}

/* As gRPC waits: one thread with a time limit, again and again, others without. */
static void wait_in_company(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_beside, NULL);
	wait_in_steps(&reply); /* COMPANY */
}

/* The server answered before the fork; whether anybody else did since is the mode. */
static void wait_after_answers(char **argv)
{
	sem_wait(&reply);
	if (mode_is(argv, "served-own")) {
		sem_post(&reply);
		sem_wait(&reply);
	}
	if (mode_is(argv, "served-mixed"))
		wait_in_company(); /* SERVED_MIXED */
	wait_in_steps(&reply);     /* SERVED */
}

static int work(char **argv)
{
	if (strncmp(argv[1], "served", strlen("served")) == 0)
		wait_after_answers(argv); /* AFTER */
	if (mode_is(argv, "mixed"))
		wait_in_company(); /* MIXED */
	if (mode_is(argv, "timed"))
		wait_in_steps(&reply); /* REPLY */
	if (mode_is(argv, "heartbeat"))
		wait_in_steps(heartbeat);
	if (mode_is(argv, "spin"))
		spin();
	if (mode_is(argv, "tick"))
		tick();
	return 7;
}

/* Would answer, if it were there. */
static void *server(void *unused)
{
	if (unused)
		sem_post(&reply);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	atomic_store(&ready, 1);
	sem_post(&reply);
	return NULL;
}

/* The child's waits come back because somebody posts: that is progress. */
static void beat(void)
{
	for (int passed = 0; passed < patience; passed += STEP_MS / 2) {
		poll(NULL, 0, STEP_MS / 2);
		sem_post(heartbeat);
	}
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc > 2)
		patience = 10000;
	heartbeat = mmap(NULL, sizeof(*heartbeat), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sem_init(heartbeat, 1, 0);
	sem_init(&reply, 0, 0);
	pthread_create(&thread, NULL, server,
		       strncmp(argv[1], "served", strlen("served")) == 0 ? &reply : NULL);
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(work(argv)); /* CHILD */
	if (mode_is(argv, "heartbeat"))
		beat();
	status = reap_within(child, 3 * patience);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
