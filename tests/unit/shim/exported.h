/*
 * What libforkcheck.so exports would be interposed on the test itself: the floor of hooks is
 * linked with other names, which begin with shim_. Each has the type of the function in libc.
 */
#ifndef UNIT_SHIM_EXPORTED_H
#define UNIT_SHIM_EXPORTED_H

#include <pthread.h>
#include <semaphore.h>
#include <threads.h>

int shim_dlclose(void *handle);
void *shim_dlopen(const char *file, int mode);
int shim_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int shim_pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*start)(void *),
			void *argument);
int shim_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
				 const struct timespec *until);
int shim_pthread_mutex_destroy(pthread_mutex_t *mutex);
int shim_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int shim_pthread_mutex_lock(pthread_mutex_t *mutex);
int shim_pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until);
int shim_pthread_mutex_trylock(pthread_mutex_t *mutex);
int shim_sem_trywait(sem_t *semaphore);
int shim_sem_wait(sem_t *semaphore);
int shim_pthread_mutex_unlock(pthread_mutex_t *mutex);
int shim_pthread_setname_np(pthread_t id, const char *name);
int shim_thrd_create(thrd_t *id, thrd_start_t start, void *argument);

#endif
