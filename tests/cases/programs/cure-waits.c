/*
 * cure-waits WHAT [cured]: a child that waits for threads which it does not have, and the cure
 * that a report prints for it.
 *
 * WHAT: "destroy" a condition variable that a lost thread waits on; "condition" and
 * "semaphore": work for a lost worker; "barrier": lost threads would come, too; "futex": a word
 * that they would wake, where only another order helps; "join": a lost thread is joined; "exit": an
 * exit handler of the parent's waits for them.
 */
#include "case.h"
#include <linux/futex.h>
#include <semaphore.h>
#include <stdatomic.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static sem_t work_posted, done_posted;
static pthread_barrier_t meeting;
static _Atomic unsigned answer;
static int jobs, results;
static int is_cured;
static pthread_t worker;

static void *serve(void *unused)
{
	pthread_mutex_lock(&mutex);
	for (;;) {
		while (jobs == 0)
			pthread_cond_wait(&work, &mutex);
		jobs--;
		results++;
		pthread_cond_signal(&done);
	}
	return NULL;
}

static int ask(void)
{
	pthread_mutex_lock(&mutex);
	jobs++;
	pthread_cond_signal(&work); /* SIGNAL */
	while (results == 0)
		pthread_cond_wait(&done, &mutex); /* WAIT */
	results--;
	pthread_mutex_unlock(&mutex);
	return 0;
}

static void start_pool(void)
{
	pthread_create(&worker, NULL, serve, NULL);
}

static void use_pool(void)
{
	start_pool();
	ask();
}

static void make_pool_anew(void)
{
	pthread_mutex_init(&mutex, NULL);
	pthread_cond_init(&work, NULL);
	pthread_cond_init(&done, NULL);
	start_pool();
}

static void *serve_posts(void *unused)
{
	for (;;) {
		sem_wait(&work_posted);
		sem_post(&done_posted);
	}
	return NULL;
}

static int ask_by_post(void)
{
	sem_post(&work_posted);
	sem_wait(&done_posted); /* POSTED */
	return 0;
}

static void start_posts(void)
{
	sem_init(&work_posted, 0, 0);
	sem_init(&done_posted, 0, 0);
	pthread_create(&worker, NULL, serve_posts, NULL);
}

static void *wait_on_work(void *unused)
{
	pthread_mutex_lock(&mutex);
	pthread_barrier_wait(&taken);
	pthread_cond_wait(&work, &mutex);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void start_waiter(void)
{
	pthread_create(&worker, NULL, wait_on_work, NULL);
	pthread_barrier_wait(&taken);
	pthread_mutex_lock(&mutex); /* it waits now */
	pthread_mutex_unlock(&mutex);
}

static void make_condition_anew(void)
{
	pthread_cond_init(&work, NULL);
}

static int destroy(void)
{
	pthread_cond_destroy(&work); /* DESTROY */
	return 0;
}

static void *come(void *unused)
{
	pthread_barrier_wait(&meeting);
	return NULL;
}

static void use_posts(void)
{
	start_posts();
	ask_by_post();
}

static void start_meeting(void)
{
	pthread_barrier_init(&meeting, NULL, 3);
	pthread_create(&worker, NULL, come, NULL);
}

static void make_barrier_anew(void)
{
	pthread_barrier_init(&meeting, NULL, 1);
}

static int meet(void)
{
	pthread_barrier_wait(&meeting); /* MEET */
	return 0;
}

static void *give_answers(void *unused)
{
	for (;;) {
		atomic_fetch_add(&answer, 1);
		syscall(SYS_futex, &answer, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		usleep(1000);
	}
	return NULL;
}

static void start_answers(void)
{
	pthread_create(&worker, NULL, give_answers, NULL);
	usleep(10000);
}

static int await_answer(void)
{
	unsigned seen = atomic_load(&answer);

	while (atomic_load(&answer) == seen)
		syscall(SYS_futex, &answer, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
	return 0;
}

static int await_own_answer(void)
{
	start_answers();
	return await_answer();
}

static void *flush(void *unused)
{
	poll(NULL, 0, 100);
	results = 1;
	return NULL;
}

static void start_flush(void)
{
	pthread_create(&worker, NULL, flush, NULL);
}

static int join(void)
{
	return pthread_join(worker, NULL); /* JOIN */
}

static void flush_at_exit(void)
{
	ask();
}

static void start_flushed_pool(void)
{
	use_pool();
	atexit(flush_at_exit);
}

static int end_by_exit(void)
{
	exit(0); /* EXIT */
}

static int end_at_once(void)
{
	_exit(0);
}

static int use_result(void)
{
	return results == 1 ? 0 : 1;
}

static void join_before(void)
{
	pthread_join(worker, NULL);
}

/* Bare, the child runs `child`; with the cure, `prepare` and `in_child` are atfork handlers. */
static const struct wait {
	const char *name;
	void (*start)(void);
	int (*child)(void), (*cured)(void);
	void (*prepare)(void), (*in_child)(void);
	int starts_later; /* with the cure: after the fork */
} waits[] = {
	{"destroy", start_waiter, destroy, destroy, NULL, make_condition_anew, 0},
	{"condition", use_pool, ask, ask, NULL, make_pool_anew, 0},
	{"semaphore", use_posts, ask_by_post, ask_by_post, NULL, start_posts, 0},
	{"barrier", start_meeting, meet, meet, NULL, make_barrier_anew, 0},
	{"futex", start_answers, await_answer, await_own_answer, NULL, NULL, 1},
	{"exit", start_flushed_pool, end_by_exit, end_at_once, NULL, NULL, 0},
	{"join", start_flush, join, use_result, join_before, NULL, 0},
};

static const struct wait *find(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(waits) / sizeof(waits[0]); i++)
		if (strcmp(waits[i].name, name) == 0)
			return &waits[i];
	errx(2, "usage: cure-waits WHAT [cured]");
}

int main(int argc, char **argv)
{
	const struct wait *wait = find(argv[1]);
	pid_t child;

	is_cured = argc > 2;
	if (is_cured)
		pthread_atfork(wait->prepare, NULL, wait->in_child);
	if (!is_cured || !wait->starts_later)
		wait->start(); /* START */
	child = fork();        /* FORK */
	if (child == 0)
		_exit((is_cured ? wait->cured : wait->child)());
	if (is_cured && wait->starts_later)
		wait->start();
	return reap(child);
}
