/* A library with a lock of its own, which has the name of one of the program's. */
#include <pthread.h>
#include <stddef.h>

void tick_library(void);
void tick_repair(void);
void tick_cover(pthread_mutex_t *mutex);
void tick_cover_own(pthread_mutex_t *mutex);

static pthread_mutex_t tick_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *covered;
static unsigned long uses;

void tick_library(void)
{
	pthread_mutex_lock(&tick_mutex); /* LIBRARY */
	uses++;
	pthread_mutex_unlock(&tick_mutex);
}

/* For the child. */
void tick_repair(void)
{
	pthread_mutex_init(&tick_mutex, NULL);
}

static void lock_covered(void)
{
	pthread_mutex_lock(covered);
}

static void unlock_covered(void)
{
	pthread_mutex_unlock(covered);
}

/* Somebody else's lock. */
void tick_cover(pthread_mutex_t *mutex)
{
	covered = mutex;
	pthread_atfork(lock_covered, unlock_covered, unlock_covered);
}

/* Only its own, whatever lock it is given. */
void tick_cover_own(pthread_mutex_t *mutex)
{
	(void)mutex;
	tick_cover(&tick_mutex);
}
