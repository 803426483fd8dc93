/*
 * The bytes of glibc's pthread_rwlock_t: a writer is named, readers are only counted.
 * nptl/pthread_rwlock_common.c, since 2.25; the struct is public (bits/struct_rwlock.h).
 */
#ifndef FORKCHECK_COMMON_GLIBC_RWLOCK_H
#define FORKCHECK_COMMON_GLIBC_RWLOCK_H

#include "lock_bytes.h"
#include <pthread.h>

/* Of __readers; the readers are counted above the phase bits. */
#define RWLOCK_WRITE_PHASE  1
#define RWLOCK_WRITE_LOCKED 2
#define RWLOCK_READER_SHIFT 3

static inline pid_t glibc_rwlock_writer(const void *state)
{
	return ((const pthread_rwlock_t *)state)->__data.__cur_writer;
}

static inline uint32_t glibc_rwlock_readers(const void *state)
{
	return ((const pthread_rwlock_t *)state)->__data.__readers >> RWLOCK_READER_SHIFT;
}

/* A writer has it or waits for the readers to leave, and nobody else will get it before. */
static inline bool glibc_rwlock_is_taken(const void *state)
{
	return ((const pthread_rwlock_t *)state)->__data.__readers & RWLOCK_WRITE_LOCKED;
}

static inline bool glibc_rwlock_keeps_readers_out(const void *state)
{
	const pthread_rwlock_t *lock = state;

	if (!glibc_rwlock_is_taken(state))
		return false;
	return lock->__data.__readers & RWLOCK_WRITE_PHASE ||
	       (lock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP &&
		glibc_rwlock_readers(state));
}

static inline bool glibc_rwlock_is_shared(const void *state)
{
	return ((const pthread_rwlock_t *)state)->__data.__shared;
}

static inline enum lock_sharing glibc_rwlock_sharing(const void *state)
{
	return glibc_rwlock_is_shared(state) ? LOCK_SHARED : LOCK_PRIVATE;
}

static inline bool glibc_rwlock_wakes_own_only(const void *state)
{
	return !glibc_rwlock_is_shared(state);
}

/* Unlocking compares the writer with the caller's id, which a fork child's thread does not
 * have. */
static inline bool glibc_rwlock_crosses_fork(const void *state)
{
	return !glibc_rwlock_writer(state);
}

static inline size_t glibc_rwlock_attributes(const void *state, const char **words)
{
	words[0] = glibc_rwlock_writer(state)    ? "held for writing"
		   : glibc_rwlock_readers(state) ? "held for reading"
						 : "free";
	words[1] = glibc_rwlock_is_shared(state) ? "process-shared" : "private";
	return 2;
}

#define GLIBC_RWLOCK_FAMILY                                                                        \
	.size = sizeof(pthread_rwlock_t), .owner = glibc_rwlock_writer,                            \
	.takers = glibc_rwlock_readers, .is_taken = glibc_rwlock_is_taken,                         \
	.keeps_readers_out = glibc_rwlock_keeps_readers_out, .names_writers = true,                \
	.sharing = glibc_rwlock_sharing, .wakes_own_only = glibc_rwlock_wakes_own_only,            \
	.crosses_fork = glibc_rwlock_crosses_fork

#endif
