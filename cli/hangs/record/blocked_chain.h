/*
 * Why a fork() does not return, or a thread of a child does not go on: what it waits for, which
 * thread has it, what that one waits for, and so on.
 */
#ifndef FORKCHECK_WATCH_BLOCKED_H
#define FORKCHECK_WATCH_BLOCKED_H

#include "hangs/identify/thread_tables.h"
#include "process/procfs.h"
#include "process/stop.h"
#include "session/model.h"
#include "session/writer.h"

#define BLOCKED_MAX 8

/* One thread. */
struct blocked {
	const struct task_look *task; /* the look's */
	pid_t tid;                    /* as the process itself has it */
	struct stack_registers registers;
	bool is_held;      /* it was, for its registers: they are all true */
	uint64_t self;     /* pthread_self(); 0: not known */
	uint32_t kind;     /* enum lock_kind; 0: what it waits for is not known */
	uint64_t lock;     /* its address */
	int descriptor;    /* of a stream; -1: none */
	uint32_t flags;    /* enum blocked_flag */
	pid_t holder;      /* who has it; 0: not known */
	uint32_t tries;    /* how often it asked in vain, with BLOCKED_TRIES */
	bool has_claim;    /* where the holder took it is known */
	bool has_snapshot; /* and what its stack was then */
	struct table_claim claim;
	struct snapshot snapshot;
};

struct blocked_chain {
	struct blocked list[BLOCKED_MAX]; /* the forking thread first */
	size_t count;
	bool is_closed; /* the last one waits for one of the list */
};

/*
 * Finds the chain that begins with the forking thread. Whoever of the process is not held is
 * read from the outside; `stopped` may be that of a moment ago. What the process has mapped must
 * be in the model. False when not even that thread is found.
 */
bool blocked_find(struct blocked_chain *chain, struct model *model,
		  const struct process_facts *process, pid_t pid, const struct process_look *look,
		  pid_t forking, const struct stopped *stopped);

/* It waits without a time limit for the very thread that the lock names. */
bool blocked_is_certain(const struct blocked *blocked);

/*
 * Does nobody of the chain ever go on? Each waits for the next one without a time limit, the
 * locks themselves name who has them, and the last one waits for one of them.
 */
bool blocked_is_for_ever(const struct blocked_chain *chain);

/* Appends BLOCKED records and what they refer to. Returns that of the forking thread; 0: there is
 * no room. */
session_reference blocked_record(const struct blocked_chain *chain, struct writer *writer,
				 const struct process_facts *process, pid_t pid);

#endif
