/*
 * Things without an owner, and who used them last (struct session_object). In
 * private memory, for the CLI to read when it has proven that a child waits for
 * ever. A use costs a look-up and a store; no log space, no system call.
 */
#ifndef FORKCHECK_OBJECTS_H
#define FORKCHECK_OBJECTS_H

#include "session.h"
#include "shim.h"

/* Async-signal-safe. `gave` goes before the real call: afterwards the object may be gone. */
void object_gave(const void *object, enum lock_kind kind, const void *site);
void object_took(const void *object, enum lock_kind kind, const void *site);
/*
 * The caller goes to wait. Not noted in a child that inherited trouble: should it
 * never come back, its stack says so, and what the lost threads did matters more.
 */
static inline void object_awaited(const void *object, enum lock_kind kind, const void *site)
{
	if (!process.inherits)
		object_took(object, kind, site);
}

/* It was made anew, or destroyed: what was known is about another one. */
void object_made(const void *object, enum lock_kind kind, struct call_site site);
void object_forgotten(const void *object, enum lock_kind kind);

/* Where the CLI finds them. */
uint64_t objects_address(void);

#endif
