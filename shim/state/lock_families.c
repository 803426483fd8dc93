/*
 * What the bytes of a lock say is answered here, for each family. Copies of locks are read, in
 * hooks and in fork children.
 */
#include "state/lock_families.h"
#include "base/process.h"
#include "common/glibc/guard.h"
#include "common/glibc/mutex.h"
#include "common/glibc/rwlock.h"
#include "common/glibc/spin.h"
#include "state/initialised_locks.h"

/* For words that do not say who took them. */
static pid_t nobody(const void *state)
{
	(void)state;
	return 0;
}

/* Whoever has it may give it back. */
static bool crosses_any_fork(const void *state)
{
	(void)state;
	return true;
}

/* glibc marks every robust mutex as shared, private ones too. */
static enum lock_sharing mutex_sharing(const void *state)
{
	int kind = ((const pthread_mutex_t *)state)->__data.__kind;

	if (!(kind & MUTEX_SHARED))
		return LOCK_PRIVATE;
	return kind & MUTEX_ROBUST ? LOCK_SHARED_UNLESS_MADE_PRIVATE : LOCK_SHARED;
}

static enum lock_sharing rwlock_sharing(const void *state)
{
	return glibc_rwlock_is_shared(state) ? LOCK_SHARED : LOCK_PRIVATE;
}

static bool rwlock_wakes_own_only(const void *state)
{
	return !glibc_rwlock_is_shared(state);
}

static enum lock_sharing spin_sharing(const void *state)
{
	(void)state;
	return LOCK_SHARED_UNLESS_MADE_PRIVATE;
}

static enum lock_sharing guard_sharing(const void *state)
{
	(void)state;
	return LOCK_PRIVATE;
}

/* C11's mtx_t is a mutex. */
#define MUTEX_FAMILY(of)                                                                           \
	{                                                                                          \
		.kind = of, .size = sizeof(pthread_mutex_t), .owner = glibc_mutex_owner,           \
		.is_taken = glibc_mutex_is_taken, .sharing = mutex_sharing,                        \
		.wakes_own_only = glibc_mutex_wakes_own_only,                                      \
		.crosses_fork = glibc_mutex_crosses_fork,                                          \
	}

static const struct lock_family mutex_family = MUTEX_FAMILY(LOCK_MUTEX);
static const struct lock_family mtx_family = MUTEX_FAMILY(LOCK_MTX);

static const struct lock_family rwlock_family = {
	.kind = LOCK_RWLOCK,
	.size = sizeof(pthread_rwlock_t),
	.owner = glibc_rwlock_writer,
	.takers = glibc_rwlock_readers,
	.is_taken = glibc_rwlock_is_taken,
	.keeps_readers_out = glibc_rwlock_keeps_readers_out,
	.names_writers = true,
	.sharing = rwlock_sharing,
	.wakes_own_only = rwlock_wakes_own_only,
	.crosses_fork = glibc_rwlock_crosses_fork,
};

static const struct lock_family spin_family = {
	.kind = LOCK_SPIN,
	.size = sizeof(pthread_spinlock_t),
	.owner = nobody,
	.takers = glibc_spin_takers,
	.sharing = spin_sharing,
	.crosses_fork = crosses_any_fork,
};

static const struct lock_family guard_family = {
	.kind = LOCK_GUARD,
	.size = sizeof(int),
	.owner = nobody,
	.takers = cxa_guard_takers,
	.sharing = guard_sharing,
	/* Whoever makes the object may say that it is made. */
	.crosses_fork = crosses_any_fork,
};

static const struct lock_family *const families[LOCK_KINDS] = {
	[LOCK_MUTEX] = &mutex_family, [LOCK_RWLOCK] = &rwlock_family, [LOCK_MTX] = &mtx_family,
	[LOCK_SPIN] = &spin_family,   [LOCK_GUARD] = &guard_family,
};

const struct lock_family *lock_family(enum lock_kind kind)
{
	return kind < LOCK_KINDS ? families[kind] : NULL;
}

bool lock_is_held(const struct held_slot *slot, enum lock_kind kind, pid_t tid, void *state)
{
	const struct lock_family *family = lock_family(kind);
	const void *lock = held_lock(slot);
	_Alignas(16) unsigned char copy[SESSION_LOCK_STATE_MAX];

	if (!lock || !slot->since || !family)
		return false;
	if (!state)
		state = copy;
	if (memory_read(state, lock, family->size) != family->size)
		return false;
	if (family->takers && !(slot->lock & SLOT_NAMED) && !family->owner(state))
		return family->takers(state) > 0;
	return family->owner(state) == tid;
}

bool lock_is_shared(const struct lock_family *family, const void *lock, const void *state)
{
	enum lock_sharing sharing = family->sharing(state);

	return sharing == LOCK_SHARED_UNLESS_MADE_PRIVATE ? !lock_initialised_private(lock)
							  : sharing == LOCK_SHARED;
}
