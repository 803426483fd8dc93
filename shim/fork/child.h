/*
 * A fork child's inheritance: what its parent's other threads held at the
 * clone, and what the child does with it.
 */
#ifndef FORKCHECK_CHILD_H
#define FORKCHECK_CHILD_H

#include "common/log_format.h"
#include "shim.h"

struct thread;
struct lock_family;

/* First thing in the child. Everything that other threads left is still as it
 * was at the clone. */
void child_start(struct thread *survivor);

/*
 * Before the child asks for a lock: if a lost thread has it, writes a WAIT
 * record and tells the CLI. Returns the record, 0 if there
 * is nothing to say; child_wait_ended() closes it should the call return.
 */
session_reference child_wait(struct thread *thread, const void *lock, enum lock_kind kind,
			     enum lock_operation operation, uint32_t flags);
void child_wait_ended(session_reference wait, int result);

/* The child did something to a lock that it may have inherited as held. */
void child_touch(struct thread *thread, const void *lock, enum lock_operation operation,
		 int result);

/* The child ends: looks once more at the locks it inherited and never touched. */
void child_end(void);

#endif
