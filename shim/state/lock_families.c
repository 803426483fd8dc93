/*
 * The shim asks here what the bytes of a lock say: the table of families is made of the rows of
 * lock_list.h. Copies of locks are read, in hooks and in fork children.
 */
#include "state/lock_families.h"
#include "base/process.h"
#include "state/initialised_locks.h"

LOCK_LIST(LOCK_FAMILY, LOCK_NOTHING, LOCK_NOTHING)

/* By kind; NULL where nobody can have it. */
#define FAMILY_ROW(of, ...) [LOCK_##of] = &family_##of,
static const struct lock_family *const families[LOCK_KINDS] = {
	LOCK_LIST(FAMILY_ROW, LOCK_NOTHING, LOCK_NOTHING)};

const struct lock_family *lock_family(enum lock_kind kind)
{
	return kind < LOCK_KINDS ? families[kind] : NULL;
}

bool lock_is_held(const struct held_slot *slot, enum lock_kind kind, pid_t tid, void *state)
{
	const struct lock_family *family = lock_family(kind);
	const void *lock = held_lock(slot);
	_Alignas(16) unsigned char copy[SESSION_LOCK_STATE_MAX];

	if (!lock || !since_is_open(slot->since) || !family)
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
