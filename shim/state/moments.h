/*
 * The order that a program enforces between its threads. A moment is a number from one counter
 * of the process. A thread takes a new one when it hands something over: posts a semaphore,
 * signals, writes to a pipe, creates a thread. Who takes what was handed over knows from then on
 * the moments that the giver knew (a vector clock: Mattern, "Virtual Time and Global States of
 * Distributed Systems", 1989). That a mutex is given back and taken again is no such order: it
 * only says which of the two came first this time.
 *
 * Threads share lanes of a clock by their serial. As moments are the whole process', that only
 * adds order, as does a channel that several things share when there are many.
 */
#ifndef FORKCHECK_STATE_MOMENTS_H
#define FORKCHECK_STATE_MOMENTS_H

#include "common/log_format.h"
#include "common/thread_layout.h"
#include "shim.h"

struct thread;

#define CLOCK_LANES 32

struct thread_clock {
	/* Of each lane the newest moment that this thread comes after; its own lane: its own. */
	uint64_t known[CLOCK_LANES];
	uint64_t born;    /* the moment of its creation */
	uint64_t awaited; /* what it went to wait for: taken when it is seen next; 0: nothing */
	uint32_t gates;   /* SLOT_GATES of what it has */
	/* Lanes that it learned of by futexes of the program's own. A futex is waited for only
	 * where the program's own code, which nobody sees, has found nothing. */
	uint32_t inline_lanes;
	/* The channel that it gave to last, and the lanes that it has learned of since. */
	const void *gave_to;
	uint32_t gave_in, fresh_lanes;
};

/* A new moment of the process. */
uint64_t moment_next(void);

/* The calling thread begins a new moment: what it closed before is told from what comes. */
uint64_t moment_begin(struct thread *thread);
/* The calling thread has these gates from now on (SLOT_GATES). */
void moment_set_gates(struct thread *thread, uint32_t gates);

/*
 * What is handed over by which key: the address of an object and above it a number of at most 16
 * bits, as object_key() has them. `gives` goes before the real call, `takes` after it. A wait
 * that is jumped to is announced by `awaits`; it counts once the thread does anything else.
 */
void handover_gives(struct thread *thread, uint64_t key);
void handover_takes(struct thread *thread, uint64_t key);
void handover_awaits(struct thread *thread, uint64_t key);
/* The calling thread is back from what it awaited. */
void handover_settle(struct thread *thread);
/* What was known by the key is about another thing: its memory was given back. */
void handover_forget(uint64_t key);

/* A thread is about to be created. */
void handover_to_newcomer(struct thread *creator, struct thread *newcomer);
/* First thing in a thread, and in a process for its first one. */
void moments_attach(struct thread *thread);

/* Does what is known to `thread` include what `other` did until the moment of a closed slot? */
bool moments_know_end(const struct thread *thread, const struct thread *other, uint64_t closing);
/* Is the lane of the thread with that serial among these? */
bool moments_has_lane(uint32_t lanes, uint32_t serial);
/* Does it include moment `moment` of the thread with that serial? */
bool moments_know(const struct thread *thread, uint32_t serial, uint64_t moment);

/* The end of a thread, which is waited for by its handle. */
static inline uint64_t handle_key(uintptr_t handle)
{
	return (uint64_t)LOCK_THREAD << 48 | (handle & ((UINT64_C(1) << 47) - 1));
}

static inline uint64_t closing_moment(uint64_t closing)
{
	return (closing & ~SLOT_GIVEN_BACK) >> SLOT_MOMENT_SHIFT;
}

static inline uint64_t closing_at(uint64_t moment)
{
	return SLOT_GIVEN_BACK | moment << SLOT_MOMENT_SHIFT;
}

#endif
