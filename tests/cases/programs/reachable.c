/*
 * reachable LOCK HOW: a thread uses a lock for less than a microsecond, now and then, and the
 * child of a fork takes it. HOW says what keeps the two apart: nothing, or something.
 */
#include "case.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <threads.h>
#include <time.h>

#define PAUSE_US 20000
#define ROUNDS   8

static pthread_mutex_t tick_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t gate_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t tick_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t tick_spin;
static mtx_t tick_mtx;
static sem_t tick_semaphore, request, reply;
static unsigned long ticks;
static _Atomic int flag;
static const char *how;

static void use_mutex(void)
{
	pthread_mutex_lock(&tick_mutex); /* MUTEX */
	ticks++;
	pthread_mutex_unlock(&tick_mutex);
}

static void use_writer(void)
{
	pthread_rwlock_wrlock(&tick_rwlock); /* WRITER */
	ticks++;
	pthread_rwlock_unlock(&tick_rwlock);
}

static void use_reader(void)
{
	pthread_rwlock_rdlock(&tick_rwlock); /* READER */
	pthread_rwlock_unlock(&tick_rwlock);
}

static void use_spin(void)
{
	pthread_spin_lock(&tick_spin); /* SPIN */
	ticks++;
	pthread_spin_unlock(&tick_spin);
}

static void use_mtx(void)
{
	mtx_lock(&tick_mtx); /* MTX */
	ticks++;
	mtx_unlock(&tick_mtx);
}

static void use_semaphore(void)
{
	while (sem_wait(&tick_semaphore) != 0) /* SEMAPHORE */
		continue;
	ticks++;
	sem_post(&tick_semaphore);
}

static void use_zone(void)
{
	time_t now = time(NULL);
	struct tm broken_down;

	localtime_r(&now, &broken_down); /* ZONE */
}

/* The thread's use, and the child's. */
static const struct kind {
	const char *name;
	void (*use)(void), (*child)(void);
} kinds[] = {
	{"mutex", use_mutex, use_mutex},
	{"written", use_writer, use_reader},
	{"read", use_reader, use_writer},
	{"readers", use_reader, use_reader},
	{"spin", use_spin, use_spin},
	{"mtx", use_mtx, use_mtx},
	{"semaphore", use_semaphore, use_semaphore},
	{"zone", use_zone, use_zone},
};
static const struct kind *kind;

static bool is(const char *word)
{
	return strcmp(how, word) == 0;
}

static void *ticker(void *unused)
{
	int rounds = is("once") ? 1 : ROUNDS;

	for (int i = 0; i < rounds; i++) {
		if (is("gated"))
			pthread_mutex_lock(&gate_mutex);
		kind->use(); /* TICK */
		if (is("gated"))
			pthread_mutex_unlock(&gate_mutex);
		usleep(PAUSE_US);
	}
	/* It is there until the end, and does nothing. */
	usleep(PAUSE_US * (unsigned)(ROUNDS - rounds));
	return unused;
}

/* Whoever looks at a flag again and again may be kept away by it. */
static void *setter(void *unused)
{
	usleep(PAUSE_US);
	kind->use(); /* SET */
	atomic_store(&flag, 1);
	while (atomic_load(&flag) != 2)
		usleep(PAUSE_US / 10);
	kind->use();
	return unused;
}

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0)
		continue;
}

/* It uses the lock before it answers, or only then. */
static void *clerk(void *unused)
{
	for (int i = 0; i < 2; i++) {
		wait_for(&request);
		if (is("asked"))
			kind->use();
		sem_post(&reply);
		if (!is("asked"))
			kind->use(); /* BOOK */
	}
	return unused;
}

static void ask(void)
{
	sem_post(&request);
	wait_for(&reply);
}

static void lock_it(void)
{
	pthread_mutex_lock(&tick_mutex);
}

static void unlock_it(void)
{
	pthread_mutex_unlock(&tick_mutex);
}

static void lock_other(void)
{
	pthread_mutex_lock(&other_mutex);
}

static void unlock_other(void)
{
	pthread_mutex_unlock(&other_mutex);
}

static void make_anew(void)
{
	pthread_mutex_init(&tick_mutex, NULL);
}

static void register_handlers(void)
{
	if (is("handlers"))
		pthread_atfork(lock_it, unlock_it, unlock_it);
	if (is("wrong"))
		pthread_atfork(lock_other, unlock_other, unlock_other);
	if (is("anew"))
		pthread_atfork(NULL, NULL, make_anew);
}

static int work(void)
{
	if (is("execs"))
		execl("/bin/true", "true", (char *)NULL);
	if (is("tries")) {
		if (pthread_mutex_trylock(&tick_mutex) == 0)
			pthread_mutex_unlock(&tick_mutex);
		return 0;
	}
	kind->child(); /* CHILD */
	return 0;
}

static int fork_and_work(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(work());
	return reap(child);
}

static int run_polled(void)
{
	pthread_t thread;
	int status;

	pthread_create(&thread, NULL, setter, NULL);
	while (atomic_load(&flag) != 1)
		usleep(PAUSE_US / 10);
	status = fork_and_work();
	atomic_store(&flag, 2);
	pthread_join(thread, NULL);
	return status;
}

static int run(void)
{
	bool answers = is("asked") || is("answered");
	pthread_t thread;
	int status;

	if (is("later")) {
		status = fork_and_work();
		pthread_create(&thread, NULL, ticker, NULL);
		pthread_join(thread, NULL);
		return status;
	}
	pthread_create(&thread, NULL, answers ? clerk : ticker, NULL); /* CREATE */
	if (is("joined"))
		pthread_join(thread, NULL);
	if (answers)
		ask();
	usleep(2 * PAUSE_US + PAUSE_US / 2);
	if (is("gated"))
		pthread_mutex_lock(&gate_mutex);
	status = fork_and_work();
	if (is("gated"))
		pthread_mutex_unlock(&gate_mutex);
	if (answers)
		ask();
	if (!is("joined"))
		pthread_join(thread, NULL);
	return status;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: reachable LOCK HOW");
	how = argv[2];
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0)
			kind = &kinds[i];
	if (kind == NULL)
		errx(2, "no such lock");
	pthread_spin_init(&tick_spin, PTHREAD_PROCESS_PRIVATE);
	mtx_init(&tick_mtx, mtx_plain);
	sem_init(&tick_semaphore, 0, 1);
	sem_init(&request, 0, 0);
	sem_init(&reply, 0, 0);
	register_handlers();
	return is("polled") ? run_polled() : run();
}
