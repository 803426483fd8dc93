/*
 * What to do instead: the cure of each finding, from one table. Rules say in which situation a
 * finding is, and with what kind of object; the table has the words.
 */
#ifndef FORKCHECK_CURES_H
#define FORKCHECK_CURES_H

#include "cure_language.h"
#include "findings/evidence/judgement.h"

enum cure_situation {
	CURE_ORPHANED = 1, /* a thread that was lost has the lock */
	CURE_OWN,          /* the thread that forked has the lock */
	CURE_REGION,       /* a thread that was lost was inside of libc; detail: enum region */
	CURE_LOST,         /* threads that were lost are waited for */
	CURE_JOINED,       /* a thread that was lost is joined, or the like */
	CURE_LOST_WORK,    /* work was given to threads that were lost */
	CURE_LEFT,         /* threads were lost, and nothing came of it */
	CURE_IN_FORK,      /* fork() does not return; detail: enum blocked_cause + 1 */
	CURE_FOREIGN,      /* a handler unlocks what another thread has */
	CURE_TYPE,         /* a handler cannot unlock a lock of that type in the child */
	CURE_KEPT,         /* a handler does not give back what it took */
	CURE_OUTPUT,       /* output was copied; detail: the descriptor, 0: any but 1 and 2 */
	CURE_RANDOM,       /* a generator's state was copied; detail: enum copied_kind */
	CURE_RING,         /* processes wait for each other; detail: enum ring_wait */
	CURE_DEAD_OWNER,   /* who had a process-shared lock has ended */
	CURE_SHARED,       /* two processes use one connection or the like; detail: shared_kind */
	CURE_PRIVATE,      /* a private lock in memory that processes share */
	CURE_OWN_DEADLOCK, /* a child's own threads have it; detail: 1 where several are in it */
};

/* What of the finding the choice depends on. What is not asked for is 0. */
struct cure_question {
	enum cure_situation situation;
	uint32_t kind;               /* enum lock_kind */
	uint32_t detail;             /* see enum cure_situation */
	enum cure_language language; /* where it is known better than from the stacks */
	bool is_typed;    /* the lock asks for the thread id of its owner: no child can unlock it */
	const char *what; /* {what} in the table: words for what is waited for */
	const char *other;  /* {other}: for what the holder waits for */
	const char *holder; /* {holder}: for who has it */
};

/*
 * Fills `advice` and `remedy`, and for Python `start_method`. Called once the stacks, the lock,
 * the holder and the missing threads are filled in. There is a cure for every situation.
 */
void cure_finding(struct judgement *judgement, struct finding *finding,
		  const struct cure_question *question);

#endif
