/*
 * lockout HOW: a child that locks itself out, by objects that a lost thread used
 * before the fork and left alone then. That thread has no part in it. After four seconds the
 * parent ends it, and so does the program, with its status.
 */
#include "case.h"
#include <semaphore.h>
#include <threads.h>

#define PATIENCE_MS 4000

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t both;
static mtx_t plain;
static sem_t token, answer;

/* Between two threads of the child, as `taken` is between those of the parent. */
static void meet(void)
{
	pthread_barrier_wait(&both);
}

static void start(void *(*run)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, run, NULL);
	pthread_detach(thread);
}

/* --- one thread: a lock that is not recursive, once more --------------------------------- */

static void take_mutex_again(void)
{
	pthread_mutex_lock(&first);
	pthread_mutex_lock(&first); /* MUTEX */
}

static void take_token_again(void)
{
	sem_wait(&token);
	sem_wait(&token);
}

static void write_while_reading(void)
{
	pthread_rwlock_rdlock(&table);
	pthread_rwlock_wrlock(&table);
}

static void take_mtx_again(void)
{
	mtx_lock(&plain);
	mtx_lock(&plain);
}

/* --- two threads ------------------------------------------------------------------------- */

static void *other_way(void *unused)
{
	pthread_mutex_lock(&second);
	meet();
	pthread_mutex_lock(&first);
	return NULL;
}

static void cross(void)
{
	start(other_way);
	pthread_mutex_lock(&first);
	meet();
	pthread_mutex_lock(&second);
}

static void *take_recursive(void *unused)
{
	meet();
	pthread_mutex_lock(&recursive);
	sem_post(&answer);
	return NULL;
}

static void wait_with_recursive(void)
{
	pthread_mutex_lock(&recursive);
	start(take_recursive);
	meet();
	sem_wait(&answer);
}

static void *wait_for_change(void *unused)
{
	pthread_mutex_lock(&second);
	meet();
	pthread_cond_wait(&changed, &second);
	sem_post(&answer);
	return NULL;
}

/* Each waits for the other one to begin. */
static void wait_for_each_other(void)
{
	start(wait_for_change);
	meet();
	sem_wait(&answer);
	pthread_cond_signal(&changed);
}

static void join_holding(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, take_recursive, NULL);
	pthread_mutex_lock(&recursive);
	meet();
	pthread_join(thread, NULL);
}

static const struct {
	const char *name;
	void (*run)(void);
} hows[] = {
	{"mutex", take_mutex_again},
	{"semaphore", take_token_again},
	{"rwlock", write_while_reading},
	{"mtx", take_mtx_again},
	{"crossed", cross},
	{"recursive", wait_with_recursive},
	{"condition", wait_for_each_other},
	{"join", join_holding},
};

/* --- the lost thread --------------------------------------------------------------------- */

static void *use_all(void *unused)
{
	pthread_mutex_lock(&first);
	pthread_mutex_lock(&second);
	pthread_mutex_unlock(&second);
	pthread_mutex_unlock(&first);
	pthread_mutex_lock(&recursive);
	pthread_mutex_unlock(&recursive);
	pthread_rwlock_wrlock(&table);
	pthread_rwlock_unlock(&table);
	mtx_lock(&plain);
	mtx_unlock(&plain);
	sem_wait(&token);
	sem_post(&token);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static int work(char **argv)
{
	for (size_t i = 0; i < sizeof(hows) / sizeof(*hows); i++)
		if (mode_is(argv, hows[i].name))
			hows[i].run();
	return 1;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc < 2)
		errx(2, "usage: lockout HOW");
	mtx_init(&plain, mtx_plain);
	sem_init(&token, 0, 1);
	sem_init(&answer, 0, 0);
	pthread_barrier_init(&both, NULL, 2);
	pthread_create(&thread, NULL, use_all, NULL);
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		_exit(work(argv));
	status = reap_within(child, PATIENCE_MS);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
