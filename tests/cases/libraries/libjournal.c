/*
 * A library with a lock and a thread of its own. journal_protect() makes it
 * safe to fork with, as a library should; journal_hold() keeps the lock.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

void journal_protect(void);
void journal_write(void);
void journal_start(void);
void journal_stop(void);
void journal_open(void);
void journal_keep(void);
void journal_await(void);
void journal_hold(void);
void journal_let_go(void);
void journal_release(void);

static pthread_mutex_t journal_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t held, let_go;
static pthread_t thread;
static atomic_int stop;

static void prepare(void)
{
	pthread_mutex_lock(&journal_mutex);
}

static void release(void)
{
	pthread_mutex_unlock(&journal_mutex);
}

void journal_protect(void)
{
	pthread_atfork(prepare, release, release);
}

void journal_write(void)
{
	pthread_mutex_lock(&journal_mutex); /* WRITE */
	pthread_mutex_unlock(&journal_mutex);
}

static void *journal_thread(void *unused)
{
	while (!atomic_load(&stop))
		journal_write();
	return NULL;
}

void journal_start(void)
{
	pthread_create(&thread, NULL, journal_thread, NULL);
}

void journal_stop(void)
{
	atomic_store(&stop, 1);
	pthread_join(thread, NULL);
}

void journal_open(void)
{
	pthread_barrier_init(&held, NULL, 2);
	pthread_barrier_init(&let_go, NULL, 2);
}

/* For a caller with a thread of its own: keep in that, await and let go in another. */
void journal_keep(void)
{
	pthread_mutex_lock(&journal_mutex); /* KEEP */
	pthread_barrier_wait(&held);
	pthread_barrier_wait(&let_go);
	pthread_mutex_unlock(&journal_mutex);
}

void journal_await(void)
{
	pthread_barrier_wait(&held);
}

static void *journal_holder(void *unused)
{
	pthread_mutex_lock(&journal_mutex); /* ACQUIRE */
	pthread_barrier_wait(&held);
	pthread_barrier_wait(&let_go);
	pthread_mutex_unlock(&journal_mutex);
	return NULL;
}

void journal_hold(void)
{
	journal_open();
	pthread_create(&thread, NULL, journal_holder, NULL); /* CREATE */
	pthread_barrier_wait(&held);
}

void journal_let_go(void)
{
	pthread_barrier_wait(&let_go);
}

void journal_release(void)
{
	journal_let_go();
	pthread_join(thread, NULL);
}
