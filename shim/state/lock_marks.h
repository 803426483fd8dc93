/*
 * A lock that was taken has a mark in bytes of it that libc never looks at: the moment when it
 * was first seen. Who makes the lock anew, with whatever means (the static initialiser, memset(),
 * placement new, another object in the same memory), takes the mark away; nothing else would tell
 * in a fork child that the lock is not the one that its parent's threads used, for the bytes of a
 * free lock are those of a new one. Only who has the lock writes it, and never to one that may be
 * shared.
 *
 * A mutex that is not robust has no use for its list (nptl/pthread_mutex_lock.c: ENQUEUE_MUTEX is
 * for robust ones); __pad2 of a rwlock is never read; of a sem_t's 32 bytes 16 are in use
 * (nptl/sem_init.c).
 */
#ifndef FORKCHECK_STATE_LOCK_MARKS_H
#define FORKCHECK_STATE_LOCK_MARKS_H

#include "common/glibc/mutex.h"
#include "common/lock_list.h"
#include "shim.h"
#include <semaphore.h>

#define MARK_MAGIC UINT64_C(0xf0c5)
/* Of a semaphore that an interpreter made for itself, outside of any code of Python. */
#define MARK_MAGIC_OWN UINT64_C(0xf0c6)
#define MARK_SHIFT     48
#define MARK_MOMENT    ((UINT64_C(1) << MARK_SHIFT) - 1)

/* In a sem_t, behind what libc uses. */
#define SEMAPHORE_MARK 24
_Static_assert(sizeof(sem_t) >= SEMAPHORE_MARK + 8, "room for a mark");

/* NULL: such a lock has no room for a mark, or may be shared. */
static inline _Atomic uint64_t *lock_mark_place(const void *lock, enum lock_kind kind)
{
	const pthread_rwlock_t *rwlock = lock;
	const pthread_mutex_t *mutex = lock;

	switch (kind) {
	case LOCK_MUTEX:
	case LOCK_MTX:
		if (mutex->__data.__kind & ~(MUTEX_TYPE | MUTEX_ELISION | MUTEX_NO_ELISION))
			return NULL;
		return (_Atomic uint64_t *)&mutex->__data.__list;
	case LOCK_RWLOCK:
		if (rwlock->__data.__shared)
			return NULL;
		return (_Atomic uint64_t *)&rwlock->__data.__pad2;
	case LOCK_SEMAPHORE:
		return (_Atomic uint64_t *)(uintptr_t)((const char *)lock + SEMAPHORE_MARK);
	default:
		return NULL;
	}
}

/* The moment of the mark; 0: there is none. */
static inline uint64_t lock_marked(const void *lock, enum lock_kind kind)
{
	const _Atomic uint64_t *place = lock_mark_place(lock, kind);
	uint64_t mark = place ? atomic_load_explicit(place, memory_order_relaxed) : 0;

	return mark >> MARK_SHIFT == MARK_MAGIC || mark >> MARK_SHIFT == MARK_MAGIC_OWN
		       ? mark & MARK_MOMENT
		       : 0;
}

/* By who has the lock, and not for a semaphore, which sem_init() alone marks. */
static inline void lock_mark(const void *lock, enum lock_kind kind, uint64_t moment)
{
	_Atomic uint64_t *place = lock_mark_place(lock, kind);
	uint64_t mark = MARK_MAGIC << MARK_SHIFT | (moment & MARK_MOMENT);

	/* Whose bytes these are, should they not be zero, is not known. */
	if (place && !atomic_load_explicit(place, memory_order_relaxed))
		atomic_store_explicit(place, mark, memory_order_relaxed);
}

/* A private semaphore was made: always by sem_init(), which leaves the rest as it was. */
static inline void semaphore_mark(sem_t *semaphore, uint64_t moment, bool is_own)
{
	uint64_t magic = is_own ? MARK_MAGIC_OWN : MARK_MAGIC;
	_Atomic uint64_t *place = (_Atomic uint64_t *)(void *)((char *)semaphore + SEMAPHORE_MARK);

	atomic_store_explicit(place, magic << MARK_SHIFT | (moment & MARK_MOMENT),
			      memory_order_relaxed);
}

static inline bool semaphore_is_own(const void *semaphore)
{
	const _Atomic uint64_t *place = lock_mark_place(semaphore, LOCK_SEMAPHORE);

	return atomic_load_explicit(place, memory_order_relaxed) >> MARK_SHIFT == MARK_MAGIC_OWN;
}

#endif
