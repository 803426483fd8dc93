/*
 * A wait for a lock, a semaphore, a barrier or a condition variable that is made for one process
 * and lies in memory that processes of a fork share: no wake-up of another process reaches it.
 */
#ifndef FORKCHECK_PRIVATE_WAIT_H
#define FORKCHECK_PRIVATE_WAIT_H

#include "unseen_wait.h"

struct private_wait {
	enum lock_kind kind;
	enum lock_operation operation;
	uint64_t lock; /* its address */
	uint32_t born; /* the serial of the process by whose birth two came to have it */
	/* A thread of another process that has it, or of a semaphore that has posted or taken it;
	 * 0: what it went to sleep on has been changed since, and the wake-up went to that process'
	 * own threads. */
	pid_t owner;
};

/* Could it be such a wait? By its system call and the list of mappings, without holding it. */
bool private_wait_may_be(pid_t pid, const struct task_look *task);

/* Has what it went to sleep on been changed since? */
bool private_wait_is_changed(pid_t pid, const struct task_look *task);

/* False where it is none, where only tasks of its own use the lock, or where nobody is seen that
 * shares the memory by a fork. `question->function` must be known. */
bool private_wait_find(const struct unseen_question *question, struct private_wait *found);

/* Appends STACK and WAIT records, with WAIT_SEEN where it is not proven, or returns the WAIT record
 * that is there already. 0: the task has moved, or there is no room. */
session_reference private_wait_record(const struct unseen_question *question,
				      const struct private_wait *found, bool is_proven);

#endif
