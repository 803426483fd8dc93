/*
 * A wait for a lock that no shim has announced, of a process that the shim is not in: whose lock it
 * is stands in the lock, or follows from who is there.
 */
#ifndef FORKCHECK_UNSEEN_WAIT_H
#define FORKCHECK_UNSEEN_WAIT_H

#include "process/procfs.h"
#include "session/model.h"
#include "session/writer.h"
#include <stdbool.h>

struct unseen_question {
	struct model *model;
	struct writer *writer;
	const struct process_facts *process;
	pid_t pid;
	const struct process_look *look;
	const struct task_look *task; /* it waits in a futex */
	const char *function;         /* that it called; NULL: not known */
	uint64_t self;                /* its pthread_self(); 0: not known */
};

/*
 * Appends STACK, THREAD, HELD and WAIT records, where the lock's holder is a thread that the
 * process does not have. Returns the WAIT record, of a part of libc with WAIT_PERHAPS; 0: it is no
 * such lock, or the task has moved. `is_own`: a task of the process has it.
 */
session_reference unseen_wait_record(const struct unseen_question *question, bool *is_own);

/*
 * Appends STACK and LOST_USE records, where the task waits in a function that joins a thread for
 * the end of one that the process does not have. False where it is none, or it has moved.
 */
bool unseen_join_record(const struct unseen_question *question);

/* Where a task waits, in the log. */
struct unseen_stack {
	session_reference stack, python; /* 0: not known */
};
/* Appends STACK and PYTHON records of the task, held for a millisecond where it may be. False when
 * it has moved. */
bool unseen_wait_copy(const struct unseen_question *question, struct unseen_stack *copy);

#endif
