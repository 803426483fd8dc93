/*
 * A fork is a cut through all threads at one moment. The last cuts of the process are kept, one
 * for each line that forks: when it was, who forked, and which locks that thread had at the
 * clone. A section of another thread cannot be in the midst of a cut that its own lock, or a lock
 * around it, keeps it away from.
 */
#ifndef FORKCHECK_RECORD_CUTS_H
#define FORKCHECK_RECORD_CUTS_H

#include "log/kept_facts.h"
#include "shim.h"
#include "state/thread.h"

#define CUT_BITS 4096

struct cut {
	uint64_t moment; /* 0: no cut */
	uint64_t ns;
	uint64_t line;   /* identity of the stack that forked */
	kept_fact fork;  /* the FORK */
	uint32_t serial; /* of the thread that forked */
	uint32_t gates;  /* SLOT_GATES of it */
	bool polls;      /* it waits, at times, for something that cannot be seen */
	/* How the forks from this line came after pauses so far. */
	uint32_t forks;
	uint64_t last_pauses;   /* the line of the last ones, and how many: 0: none */
	uint32_t pauses_in_all; /* from the second fork on */
	uint32_t inline_lanes;  /* as in its struct thread_clock */
	/* Of sections that ended before it is not known which of the gates were around them. */
	uint64_t gates_known;
	uint64_t held[CUT_BITS / 64]; /* bits of the locks that it had */
};

/* In the parent, after the last prepare handler. */
void cuts_before_fork(struct thread *thread);
/* In the child. */
void cuts_in_child(const struct thread *survivor);

/* A copy of a cut of this process by number, below CUTS; false: there is none. */
#define CUTS 8
bool cut_at(uint32_t number, struct cut *cut);
/* Has this process lost threads by a fork? */
bool cuts_are_there(void);
/* The one that lost a thread; NULL: it was not seen, or is too long ago. */
const struct cut *cut_that_lost(const struct thread *thread);

/* Had the forking thread this lock, so that nobody who takes it for reading or not is in it? */
bool cut_holds(const struct cut *cut, const void *lock, bool reads);

#endif
