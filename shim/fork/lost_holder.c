/*
 * The lost thread that has a lock is found by asking the lock and the threads' tables, which
 * for lost threads are as they were at the clone. This runs in a fork child, before it asks
 * for a lock.
 *
 * libc takes a lock and says who has it in two steps, and clears both in two.
 * A clone between them leaves a lock that is taken by nobody. Which thread was
 * at it is known all the same: it opened a slot before it asked, or closed one
 * before it gave back, and what a slot was closed for stays in it.
 */
#include "fork/lost_holder.h"
#include "base/process.h"
#include "state/held.h"
#include "state/initialised_locks.h"
#include "state/lock_families.h"
#include "state/thread.h"
#include <string.h>

#define LOOKS 16

/* How well a lost thread's slot explains a lock that is taken by nobody. */
enum likelihood {
	LIKELY_NOT,
	LIKELY_WAITING, /* in a condition wait, which gave it up */
	LIKELY_LAST,    /* it gave the lock back, or was about to be noted as the holder */
	LIKELY_OPEN,    /* it asked for the lock */
};

struct owner_search {
	pid_t tid;
	struct thread *alive;
	struct thread *lost;
};

static bool search_owner(struct thread *thread, void *data)
{
	struct owner_search *search = data;

	if (thread_tid(thread) != search->tid)
		return true;
	if (thread_lives_here(thread))
		search->alive = thread;
	else if (thread_is_lost(thread))
		search->lost = thread;
	return !search->alive;
}

bool lost_holder_is_former(pid_t tid)
{
	uint32_t count = process.former_count < FORMER_TIDS ? process.former_count : FORMER_TIDS;

	for (uint32_t i = 0; i < count; i++)
		if (process.former_tids[i] == tid)
			return true;
	return false;
}

static bool is_unseen(pid_t tid)
{
	for (uint32_t i = 0; i < process.unseen_count; i++)
		if (process.unseen_tids[i] == tid)
			return true;
	return false;
}

static bool is_lost(pid_t tid, struct thread **thread)
{
	struct owner_search search = {.tid = tid};

	if (tid <= 0)
		return false;
	thread_each(search_owner, &search);
	*thread = search.lost;
	if (search.alive)
		return false;
	return search.lost || lost_holder_is_former(tid) || is_unseen(tid);
}

bool lost_holder_is_lost(pid_t tid)
{
	struct thread *thread;

	return is_lost(tid, &thread);
}

/* The lock names its owner. A slot that is open was found at the clone. */
static struct lost_holder find_named(const void *lock, pid_t owner)
{
	struct lost_holder holder = {0};
	const struct held_slot *slot;

	if (!is_lost(owner, &holder.thread))
		return holder;
	holder.tid = owner;
	slot = holder.thread ? held_last(holder.thread, lock) : NULL;
	if (slot && !since_is_open(slot->since))
		holder.slot = slot;
	return holder;
}

struct claims {
	const struct thread *asker;
	const void *lock;
	enum lock_kind kind;
	uintptr_t named;      /* SLOT_NAMED where a writer is looked for */
	uint32_t here;        /* how often living threads have it, or may have it */
	bool is_claimed_here; /* by its name */
	bool incomplete;
	struct lost_holder counted; /* an open slot of a lost thread, of the kind that is counted */
	struct lost_holder best;
	enum likelihood likelihood;
};

static void add_living(struct thread *thread, struct claims *claims)
{
	/* In this order: a slot is opened before the mark is taken away. */
	bool asks = thread != claims->asker && atomic_load(&thread->asks) == claims->lock;
	const struct held_slot *slot = held_find(thread, claims->lock);

	claims->here += held_count(thread, claims->lock) + asks;
	claims->is_claimed_here |= asks || (slot && (slot->lock & SLOT_NAMED) == claims->named);
	claims->incomplete |= thread->held.overflowed > 0;
}

static enum likelihood likelihood_of(struct thread *thread, const struct held_slot *slot,
				     const struct claims *claims)
{
	if ((slot->lock & SLOT_NAMED) != claims->named || held_kind(thread, slot) != claims->kind)
		return LIKELY_NOT;
	if (!since_is_open(slot->since))
		return LIKELY_LAST;
	return *held_flags(thread, slot) & HELD_WHILE_WAITING ? LIKELY_WAITING : LIKELY_OPEN;
}

static void lost_holder_add_lost(struct thread *thread, struct claims *claims)
{
	const struct held_slot *slot = held_last(thread, claims->lock);
	enum likelihood likelihood = slot ? likelihood_of(thread, slot, claims) : LIKELY_NOT;

	if (held_count(thread, claims->lock))
		claims->counted = (struct lost_holder){.tid = thread_tid(thread)};
	/* Of several that ask, the last one to come: the others have been waiting. */
	if (likelihood > claims->likelihood || (likelihood && likelihood == claims->likelihood &&
						slot->since > claims->best.slot->since)) {
		claims->likelihood = likelihood;
		claims->best = (struct lost_holder){thread_tid(thread), thread, slot};
	}
}

static bool add_claims(struct thread *thread, void *data)
{
	struct claims *claims = data;

	if (thread_lives_here(thread))
		add_living(thread, claims);
	else if (thread_is_lost(thread))
		lost_holder_add_lost(thread, claims);
	return true;
}

/* More have taken it than the threads of this process did. */
static struct lost_holder find_counted(struct claims *claims, uint32_t takers)
{
	thread_each(add_claims, claims);
	if (claims->incomplete || takers <= claims->here)
		return (struct lost_holder){0};
	return claims->counted.tid ? claims->counted : claims->best;
}

static struct lost_holder find_unnamed(struct claims *claims)
{
	thread_each(add_claims, claims);
	if (claims->incomplete || claims->is_claimed_here)
		return (struct lost_holder){0};
	return claims->best;
}

struct users {
	const struct thread *asker;
	const void *lock;
	uint64_t begun;
};

static bool add_begun(struct thread *thread, void *data)
{
	struct users *users = data;

	if (thread != users->asker && thread_lives_here(thread) &&
	    (atomic_load(&thread->asks) == users->lock || held_last(thread, users->lock)))
		users->begun += 1 + (uint64_t)atomic_load(&thread->asks_begun);
	return true;
}

/* How many calls the other threads of this process began that have to do with the lock. */
static uint64_t begun_here(const struct thread *asker, const void *lock)
{
	struct users users = {.asker = asker, .lock = lock};

	thread_each(add_begun, &users);
	return users.begun;
}

static bool is_as_before(const void *lock, const struct lock_family *family, const void *state)
{
	if (family->owner(lock))
		return false;
	if (family->takers && family->takers(lock) != family->takers(state))
		return false;
	return !family->is_taken || family->is_taken(lock) == family->is_taken(state);
}

static struct lost_holder find_nameless(const struct thread *asker, const void *lock,
					const struct lock_family *family, const void *state,
					bool for_reading)
{
	struct claims claims = {.asker = asker, .lock = lock, .kind = family->kind};
	struct lost_holder holder = {0};

	if (!for_reading && family->takers && family->takers(state))
		holder = find_counted(&claims, family->takers(state));
	if (holder.tid || !family->is_taken || !family->is_taken(state))
		return holder;
	claims = (struct claims){
		.asker = asker,
		.lock = lock,
		.kind = family->kind,
		.named = family->names_writers ? SLOT_NAMED : 0,
	};
	return find_unnamed(&claims);
}

/* What a living thread is at does not last, and it cannot come to be at it again without
 * a new call. */
static struct lost_holder look_until_stable(const struct thread *asker, const void *lock,
					    const struct lock_family *family, bool for_reading)
{
	for (int i = 0; i < LOOKS; i++) {
		_Alignas(16) unsigned char state[SESSION_LOCK_STATE_MAX];
		uint64_t begun = begun_here(asker, lock);
		struct lost_holder holder;

		memcpy(state, lock, family->size);
		holder = find_nameless(asker, lock, family, state, for_reading);
		if (!holder.tid ||
		    (is_as_before(lock, family, state) && begun_here(asker, lock) == begun))
			return holder;
	}
	return (struct lost_holder){0};
}

struct lost_holder lost_holder_find(const struct thread *asker, const void *lock,
				    const struct lock_family *family, const void *state,
				    bool for_reading)
{
	pid_t owner = family->owner(state);

	return owner ? find_named(lock, owner)
		     : look_until_stable(asker, lock, family, for_reading);
}
