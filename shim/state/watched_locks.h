/*
 * Locks whose every use is to be seen, for they are part of the order between threads: gates,
 * which a forking thread had at a clone, so that no section within them can be in the midst of
 * it; and mutexes that go with a condition variable, by which one thread tells another something.
 */
#ifndef FORKCHECK_STATE_WATCHED_LOCKS_H
#define FORKCHECK_STATE_WATCHED_LOCKS_H

#include "shim.h"

enum watch {
	WATCH_GATE = 1,
	WATCH_HANDS_OVER = 2,
	WATCH_PYTHON = 4, /* the mutex of the interpreter's lock (record/python_gil.h) */
};

/* A thread's gates, in the bits of SLOT_GATES: which it has, and which it only reads. Several
 * locks may share a bit: then two gates count as one. */
#define GATES_HELD  0x7fu
#define GATES_READ  7 /* the place of the second seven */
#define GATE_PYTHON (1u << 14)

/* True: it is watched. False: there is no room for it. */
bool watch_add(const void *lock, enum watch what);
/* The moment when the newest gate became one. What a thread did before says nothing of it. */
uint64_t watch_newest_gate(void);
/* Bits of enum watch. */
uint32_t watch_of(const void *lock);

/* The bit of a lock that somebody has, or only reads. */
uint32_t gate_bit(const void *lock, bool reads);
/* Does one who has the first gates keep out who has the second? */
bool gates_exclude(uint32_t gates, uint32_t others);

#endif
