/*
 * Things without an owner, and who used them last (struct session_object). In
 * private memory, for the CLI to read when it has proven that a child waits for
 * ever. A use costs a look-up and a store, and the same use again with nobody else's
 * between only the look; no log space, no system call.
 */
#ifndef FORKCHECK_RECORD_OWNERLESS_H
#define FORKCHECK_RECORD_OWNERLESS_H

#include "base/process.h"
#include "common/log_format.h"
#include "state/thread.h"

extern struct session_object objects[OBJECTS] HIDDEN;

static inline uint64_t object_key(const void *object, enum lock_kind kind)
{
	return (uint64_t)kind << OBJECT_THREAD | ((uintptr_t)object & OBJECT_ADDRESS);
}

/* Where an object is put if it can be. Multiplicative hashing, as in held_index(). */
static inline uint32_t object_index(const void *object)
{
	return (uint32_t)(uintptr_t)object * 0x9e3779b1u >> 21;
}
_Static_assert(OBJECTS == 1 << (32 - 21), "object_index() yields eleven bits");

static inline uint64_t object_use(const void *site)
{
	return thread_mark | ((uintptr_t)site & OBJECT_ADDRESS);
}

/* It was the calling thread, from the same line, that used it last: nothing is to be
 * noted. An object that did not get its first place is as if it were not noted. */
static inline bool object_is_noted(const void *object, enum lock_kind kind,
				   const _Atomic uint64_t *last, const void *site)
{
	const struct session_object *entry = &objects[object_index(object)];
	/* Addresses that the masks would cut are never found, and noted again each time. */
	uint64_t key = (uint64_t)kind << OBJECT_THREAD | (uintptr_t)object;
	uint64_t use = thread_mark | (uintptr_t)site;

	return likely(atomic_load_explicit(&entry->key, memory_order_relaxed) == key) &&
	       likely((atomic_load_explicit(last, memory_order_relaxed) & ~OBJECT_GIVEN_BACK) ==
		      use);
}

/* The same, with the word of that use. */
static inline bool object_gave_is_noted(const void *object, enum lock_kind kind, const void *site)
{
	return object_is_noted(object, kind, &objects[object_index(object)].gave, site);
}

static inline bool object_took_is_noted(const void *object, enum lock_kind kind, const void *site)
{
	return object_is_noted(object, kind, &objects[object_index(object)].took, site);
}

void object_note_gave(const void *object, enum lock_kind kind, const void *site);
void object_note_took(const void *object, enum lock_kind kind, const void *site);

/* Async-signal-safe. `gave` goes before the real call: afterwards the object may be gone. */
static inline void object_gave(const void *object, enum lock_kind kind, const void *site)
{
	if (!object_gave_is_noted(object, kind, site))
		object_note_gave(object, kind, site);
}

static inline void object_took(const void *object, enum lock_kind kind, const void *site)
{
	if (!object_took_is_noted(object, kind, site))
		object_note_took(object, kind, site);
}

/*
 * The caller goes to wait. Not noted in a child that inherited trouble: should it
 * never come back, its stack says so, and what the lost threads did matters more.
 */
static inline void object_awaited(const void *object, enum lock_kind kind, const void *site)
{
	if (!process.inherits)
		object_took(object, kind, site);
}

/* Who gave last had taken it: it is used as a lock. */
bool object_is_given_back(const void *object, enum lock_kind kind);

/* The calling thread took it last. */
bool object_was_taken_by(const void *object, enum lock_kind kind);

/* It was made anew, or destroyed: what was known is about another one. */
void object_made(const void *object, enum lock_kind kind, struct call_site site);
void object_forgotten(const void *object, enum lock_kind kind);

/* Where the CLI finds them. */
uint64_t objects_address(void);

#endif
