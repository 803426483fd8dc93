/*
 * Parts of the shim inside a test. test_log.c, test_held.c, test_modules.c,
 * test_interpreter.c and test_python.c include the sources that they test; together
 * with the stand-ins for process.c they make one shim that has no session until a
 * test opens one.
 *
 * The names that libforkcheck.so exports would be interposed on the test
 * itself. Included before a source of the shim, this header renames them.
 */
#ifndef UNIT_SHIM_PARTS_H
#define UNIT_SHIM_PARTS_H

#include <pthread.h>
#include <sys/prctl.h>
#include <threads.h>

#define prctl                   shim_prctl
#define pthread_create          shim_pthread_create
#define pthread_mutex_clocklock shim_pthread_mutex_clocklock
#define pthread_mutex_destroy   shim_pthread_mutex_destroy
#define pthread_mutex_init      shim_pthread_mutex_init
#define pthread_mutex_lock      shim_pthread_mutex_lock
#define pthread_mutex_timedlock shim_pthread_mutex_timedlock
#define pthread_mutex_trylock   shim_pthread_mutex_trylock
#define pthread_mutex_unlock    shim_pthread_mutex_unlock
#define pthread_setname_np      shim_pthread_setname_np
#define thrd_create             shim_thrd_create

/* libc declares the real ones; these are ours. */
int shim_pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*start)(void *),
			void *argument);
int shim_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
				 const struct timespec *until);
int shim_pthread_mutex_destroy(pthread_mutex_t *mutex);
int shim_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int shim_pthread_mutex_lock(pthread_mutex_t *mutex);
int shim_pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until);
int shim_pthread_mutex_trylock(pthread_mutex_t *mutex);
int shim_pthread_mutex_unlock(pthread_mutex_t *mutex);
int shim_pthread_setname_np(pthread_t id, const char *name);
int shim_thrd_create(thrd_t *id, thrd_start_t start, void *argument);

#endif
