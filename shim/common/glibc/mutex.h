/*
 * The bytes of glibc's pthread_mutex_t, which an mtx_t is, too: who has it, and who may.
 * For both sides: the shim reads its own process' locks, the CLI copies of them.
 *
 * Bits of __data.__kind: nptl/pthreadP.h, the same from 2.3.4 to 2.43. The struct is public
 * (bits/struct_mutex.h) and so is its layout by ABI: static initialisers fill it.
 */
#ifndef FORKCHECK_COMMON_GLIBC_MUTEX_H
#define FORKCHECK_COMMON_GLIBC_MUTEX_H

#include "lock_bytes.h"
#include <linux/futex.h>
#include <pthread.h>
#include <threads.h>

#define MUTEX_TYPE       3
#define MUTEX_ROBUST     16
#define MUTEX_PI         32
#define MUTEX_PROTECT    64
#define MUTEX_SHARED     128
#define MUTEX_ELISION    256
#define MUTEX_NO_ELISION 512
/* Values of MUTEX_TYPE. */
#define MUTEX_RECURSIVE  1
#define MUTEX_ERRORCHECK 2
/* PTHREAD_MUTEX_PRIO_CEILING_MASK: of the word, beside its usual bits. */
#define MUTEX_CEILING ((int)0xfff80000)
/* The word of a plain mutex that somebody has and somebody waits for. */
#define MUTEX_CONTENDED 2

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "an mtx_t is a mutex");

/* The id of the thread that has it; 0: nobody is named. Robust and priority-inheriting ones
 * keep it in the futex word; __owner is written after the word and cleared before it. */
static inline pid_t glibc_mutex_owner(const void *state)
{
	const pthread_mutex_t *mutex = state;
	int word = mutex->__data.__lock;

	if (mutex->__data.__kind & (MUTEX_ROBUST | MUTEX_PI))
		return word & FUTEX_TID_MASK;
	if (mutex->__data.__kind & MUTEX_PROTECT)
		return mutex->__data.__owner;
	return word ? mutex->__data.__owner : 0;
}

/* Somebody has it, named or not; false for those that are never had without a name. */
static inline bool glibc_mutex_is_taken(const void *state)
{
	const pthread_mutex_t *mutex = state;
	int kind = mutex->__data.__kind;

	if (kind & (MUTEX_ROBUST | MUTEX_PI))
		return false;
	return mutex->__data.__lock & (kind & MUTEX_PROTECT ? ~MUTEX_CEILING : ~0);
}

/* glibc marks every robust mutex as shared, private ones too. */
static inline enum lock_sharing glibc_mutex_sharing(const void *state)
{
	int kind = ((const pthread_mutex_t *)state)->__data.__kind;

	if (!(kind & MUTEX_SHARED))
		return LOCK_PRIVATE;
	return kind & MUTEX_ROBUST ? LOCK_SHARED_UNLESS_MADE_PRIVATE : LOCK_SHARED;
}

/* Who waits is woken by its own process only. A robust one is woken as a shared one. */
static inline bool glibc_mutex_wakes_own_only(const void *state)
{
	return !(((const pthread_mutex_t *)state)->__data.__kind & (MUTEX_SHARED | MUTEX_ROBUST));
}

/* Unlocking asks for the owner's thread id, which a fork child's thread does not have, in
 * every type but these. */
static inline bool glibc_mutex_crosses_fork(const void *state)
{
	int kind = ((const pthread_mutex_t *)state)->__data.__kind, type = kind & MUTEX_TYPE;

	return !(kind & (MUTEX_ROBUST | MUTEX_PI | MUTEX_PROTECT)) && type != MUTEX_RECURSIVE &&
	       type != MUTEX_ERRORCHECK;
}

/* Its owner can take it again, and it counts how often. */
static inline bool glibc_mutex_counts(const pthread_mutex_t *mutex)
{
	int kind = __atomic_load_n(&mutex->__data.__kind, __ATOMIC_RELAXED);

	return (kind & MUTEX_TYPE) == MUTEX_RECURSIVE;
}

/* Taken more than once by its owner, who gives one back. */
static inline bool glibc_mutex_is_held_again(const pthread_mutex_t *mutex)
{
	return glibc_mutex_counts(mutex) && mutex->__data.__count > 1;
}

/* Of a robust one the shim records private ones only. */
static inline size_t glibc_mutex_attributes(const void *state, const char **words)
{
	static const char *const types[] = {"normal", "recursive", "errorcheck", "adaptive"};
	int kind = ((const pthread_mutex_t *)state)->__data.__kind;
	size_t count = 0;

	words[count++] = types[kind & MUTEX_TYPE];
	if (kind & MUTEX_ROBUST)
		words[count++] = "robust";
	if (kind & MUTEX_PI)
		words[count++] = "priority-inheriting";
	if (kind & MUTEX_PROTECT)
		words[count++] = "priority-protected";
	words[count++] = glibc_mutex_sharing(state) == LOCK_SHARED ? "process-shared" : "private";
	return count;
}

#define GLIBC_MUTEX_FAMILY                                                                         \
	.size = sizeof(pthread_mutex_t), .owner = glibc_mutex_owner,                               \
	.is_taken = glibc_mutex_is_taken, .sharing = glibc_mutex_sharing,                          \
	.wakes_own_only = glibc_mutex_wakes_own_only, .crosses_fork = glibc_mutex_crosses_fork

#endif
