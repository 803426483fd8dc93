/*
 * Connections, epoll sets, timers and rings that a process made, by their descriptors: who moves
 * bytes on one that a fork has given to two processes writes a SHARED_USE record.
 *
 * What a descriptor leads to gets an identity when it is made, which a fork copies with the table.
 * So two processes with records of one identity have used one and the same thing, which was there
 * before the fork between them. What was not seen to be made has none, and is never recorded.
 */
#ifndef FORKCHECK_RECORD_SHARED_DESCRIPTORS_H
#define FORKCHECK_RECORD_SHARED_DESCRIPTORS_H

#include "base/process.h"
#include "log/kept_facts.h"

#define SHARED_DESCRIPTORS 1024

struct shared_descriptor {
	_Atomic uint64_t identity; /* 0: nothing is known of this number; written last */
	uint64_t inode;            /* of a socket */
	kept_fact made;            /* where it was made: a STACK; 0: it is not known */
	kept_fact made_python;
	enum shared_kind kind;
	_Atomic uint32_t tried_by; /* serial of the process that tried to read from it last */
	struct shared_notes {
		_Atomic uint64_t since;  /* the process.forked_ns for which all is said */
		_Atomic uint64_t record; /* serial of the process above a session_reference */
	} notes[SHARED_WAYS];
};

extern struct shared_descriptor shared_descriptors[SHARED_DESCRIPTORS] HIDDEN;

/* Before a call: may it be one to note? Two loads where nobody forked. Async-signal-safe. */
static inline bool shared_is_watched(int descriptor, enum shared_way way)
{
	uint64_t since = atomic_load_explicit(&process.forked_ns, memory_order_relaxed);
	const struct shared_descriptor *known;

	if (likely(!since) || (unsigned)descriptor >= SHARED_DESCRIPTORS)
		return false;
	known = &shared_descriptors[descriptor];
	return atomic_load_explicit(&known->identity, memory_order_relaxed) &&
	       (atomic_load_explicit(&known->notes[way].since, memory_order_relaxed) != since ||
		atomic_load_explicit(&known->notes[way].record, memory_order_relaxed));
}

/*
 * After a call that moved bytes or drew events. `since` is process.forked_ns from before it: a
 * call that a fork came into belongs to neither side. Leaves errno alone.
 */
void shared_used(int descriptor, enum shared_way way, bool is_epoll, uint64_t since);

/* After one that found nothing, or failed: an answer was asked for. */
void shared_tried(int descriptor, enum shared_way way);

/* A connection, by connect() or accept(); a set, a timer, a ring. Leave errno alone. */
void shared_connected(int descriptor);
void shared_accepted(int descriptor);
void shared_made(int descriptor, enum shared_kind kind);
/* `to` is what `from` is, from now on. */
void shared_copied(int from, int to);
void shared_forget(int descriptor);

/* After a fork, in parent and child. */
void shared_in_parent(void);
void shared_in_child(void);

#endif
