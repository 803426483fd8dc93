/*
 * private-objects WHAT HOW: an object for one process in memory that a fork shares. One side
 * waits, the other gives half a second later, and nobody is woken. WHAT may be "retaken" (a
 * semaphore that the giver takes again), "token" (one that both use as a lock) or "served" (the
 * child has got what was given). HOW: child, parent, sibling or
 * grandchild (who waits), named (by shm_open()), threads (the parent has one), caught (who waits
 * has a signal handler), shared (made for several processes: it ends) or alone (only threads of
 * the child use it, after a while: it ends).
 */
#include "case.h"
#include <fcntl.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <time.h>

#define LATER 500000000L /* ns */
#define LONG  3

static struct objects {
	sem_t semaphore;
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	pthread_barrier_t barrier;
	pthread_cond_t condition;
	pthread_mutex_t held; /* by the condition variable's users */
	int value;
	sem_t ready, had; /* made for several processes */
} * shared;
static const char *how;
static pid_t served;

static bool is_how(const char *name)
{
	return strcmp(how, name) == 0;
}

static void pause_for(long nanoseconds)
{
	struct timespec pause = {.tv_nsec = nanoseconds};

	while (nanosleep(&pause, &pause) && errno == EINTR)
		;
}

static void semaphore_wait(void)
{
	while (sem_wait(&shared->semaphore)) /* SEMAPHORE */
		;
}

static void semaphore_give(void)
{
	sem_post(&shared->semaphore);
}

/* Taken again at once. */
static void retaken_give(void)
{
	sem_post(&shared->semaphore);
	sem_wait(&shared->semaphore);
	sleep(LONG);
}

/* The child has had it, and its parent has it now. */
static void token_wait(void)
{
	sem_post(&shared->semaphore);
	sem_wait(&shared->semaphore);
	sem_post(&shared->semaphore);
	sem_post(&shared->ready);
	sem_wait(&shared->had);
	sem_wait(&shared->semaphore); /* TOKEN */
}

static void token_give(void)
{
	sem_wait(&shared->ready);
	sem_wait(&shared->semaphore);
	sem_post(&shared->had);
	sleep(LONG);
	sem_post(&shared->semaphore);
}

/* The child has got what there was, waits for more, and its parent ends it. */
static void served_wait(void)
{
	sem_wait(&shared->ready);
	sem_wait(&shared->semaphore);
	sem_wait(&shared->semaphore);
}

static void served_give(void)
{
	sem_post(&shared->semaphore);
	sem_post(&shared->ready);
	sleep(LONG);
	kill(served, SIGTERM);
}

static void mutex_wait(void)
{
	sem_wait(&shared->ready);
	pthread_mutex_lock(&shared->mutex); /* MUTEX */
}

static void mutex_give(void)
{
	pthread_mutex_lock(&shared->mutex);
	sem_post(&shared->ready);
	pause_for(LATER);
	pthread_mutex_unlock(&shared->mutex);
}

static void rwlock_wait(void)
{
	sem_wait(&shared->ready);
	pthread_rwlock_wrlock(&shared->rwlock); /* RWLOCK */
}

static void rwlock_give(void)
{
	pthread_rwlock_rdlock(&shared->rwlock);
	sem_post(&shared->ready);
	pause_for(LATER);
	pthread_rwlock_unlock(&shared->rwlock);
}

static void barrier_wait(void)
{
	pthread_barrier_wait(&shared->barrier); /* BARRIER */
}

static void condition_wait(void)
{
	pthread_mutex_lock(&shared->held);
	while (!shared->value)
		pthread_cond_wait(&shared->condition, &shared->held); /* CONDITION */
	pthread_mutex_unlock(&shared->held);
}

static void condition_give(void)
{
	pthread_mutex_lock(&shared->held);
	shared->value = 1;
	pthread_cond_signal(&shared->condition);
	pthread_mutex_unlock(&shared->held);
}

static const struct what {
	const char *name;
	void (*wait)(void);
	void (*give)(void);
} whats[] = {
	{"semaphore", semaphore_wait, semaphore_give},
	{"retaken", semaphore_wait, retaken_give},
	{"token", token_wait, token_give},
	{"served", served_wait, served_give},
	{"mutex", mutex_wait, mutex_give},
	{"rwlock", rwlock_wait, rwlock_give},
	{"barrier", barrier_wait, barrier_wait},
	{"condition", condition_wait, condition_give},
};
static const struct what *what;

static void make_objects(int sharing)
{
	pthread_mutexattr_t mutex;
	pthread_rwlockattr_t rwlock;
	pthread_barrierattr_t barrier;
	pthread_condattr_t condition;

	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, sharing);
	pthread_rwlockattr_init(&rwlock);
	pthread_rwlockattr_setpshared(&rwlock, sharing);
	pthread_barrierattr_init(&barrier);
	pthread_barrierattr_setpshared(&barrier, sharing);
	pthread_condattr_init(&condition);
	pthread_condattr_setpshared(&condition, sharing);
	sem_init(&shared->ready, 1, 0);
	sem_init(&shared->had, 1, 0);
	sem_init(&shared->semaphore, sharing == PTHREAD_PROCESS_SHARED, 0);
	pthread_mutex_init(&shared->mutex, &mutex);
	pthread_mutex_init(&shared->held, &mutex);
	pthread_rwlock_init(&shared->rwlock, &rwlock);
	pthread_barrier_init(&shared->barrier, &barrier, 2);
	pthread_cond_init(&shared->condition, &condition);
}

static void map_objects(void)
{
	int flags = MAP_SHARED | MAP_ANONYMOUS, descriptor = -1;
	char name[64];

	if (is_how("named")) {
		snprintf(name, sizeof(name), "/private-objects-%d", getpid());
		descriptor = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (descriptor < 0 || ftruncate(descriptor, sizeof(*shared)))
			err(2, "shm_open");
		shm_unlink(name);
		flags = MAP_SHARED;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, flags, descriptor, 0);
	if (shared == MAP_FAILED)
		err(2, "mmap");
}

static void *idle(void *unused)
{
	pause();
	return unused;
}

static void *wait_too(void *unused)
{
	what->wait();
	return unused;
}

static void note_signal(int signal)
{
	shared->value += signal;
}

static void give_later(void)
{
	pause_for(LATER);
	what->give();
}

/* It is woken by a thread of its own, after a while. */
static int work_alone(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_too, NULL);
	sleep(LONG);
	what->give();
	return pthread_join(thread, NULL);
}

static int work(void)
{
	if (is_how("alone"))
		return work_alone();
	if (is_how("caught"))
		signal(SIGUSR1, note_signal);
	what->wait(); /* ASK */
	return 0;
}

static int work_in_grandchild(void)
{
	pid_t child = fork(); /* FORK_GRANDCHILD */

	if (child == 0)
		_exit(work());
	return reap(child);
}

static int run_child(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(is_how("grandchild") ? work_in_grandchild() : work()); /* CHILD */
	served = child;
	if (!is_how("alone"))
		give_later();
	return reap_within(child, is_how("caught") ? 6000 : CASE_PATIENCE);
}

static int run_parent(void)
{
	pid_t child = fork(); /* FORK_GIVER */

	if (child == 0) {
		give_later();
		_exit(0);
	}
	what->wait(); /* PARENT */
	return reap(child);
}

static int run_siblings(void)
{
	pid_t waiter, giver;
	int status;

	waiter = fork(); /* FORK_SIBLING */
	if (waiter == 0)
		_exit(work());
	giver = fork();
	if (giver == 0) {
		give_later();
		_exit(0);
	}
	status = reap(giver);
	return status ? status : reap(waiter);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;

	if (argc < 3)
		errx(2, "usage: private-objects WHAT HOW");
	how = argv[2];
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
		if (strcmp(whats[i].name, argv[1]) == 0)
			what = &whats[i];
	if (!what)
		errx(2, "no such thing: %s", argv[1]);
	/* The memory is to be this one's and its child's alone. */
	if (is_how("parent")) {
		child = fork();
		if (child)
			return reap(child);
	}
	map_objects();
	make_objects(is_how("shared") ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	if (is_how("threads"))
		pthread_create(&thread, NULL, idle, NULL);
	if (is_how("parent"))
		return run_parent();
	return is_how("sibling") ? run_siblings() : run_child();
}
