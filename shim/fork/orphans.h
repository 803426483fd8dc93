/*
 * Locks that threads which a fork child does not have held at the clone, and what the child
 * does with them: waits, tries, gives back, makes anew.
 */
#ifndef FORKCHECK_FORK_ORPHANS_H
#define FORKCHECK_FORK_ORPHANS_H

#include "common/log_format.h"
#include "shim.h"

struct thread;

/* First thing in the child: none yet. */
void orphans_in_child(void);
/* A lost thread has the lock, of which there is a HELD record (0: none). Where there is no
 * room it is looked for when the child asks for the lock. */
void orphan_add(const void *lock, enum lock_kind kind, pid_t owner, session_reference held);

/*
 * Before the child asks for a lock: if a lost thread has it, writes a WAIT
 * record and tells the CLI. Returns the record, 0 if there
 * is nothing to say; orphan_wait_ended() closes it should the call return.
 */
session_reference orphan_wait(struct thread *thread, const void *lock, enum lock_kind kind,
			      enum lock_operation operation, uint32_t flags);
void orphan_wait_ended(session_reference wait, int result);

/* The child did something to a lock that it may have inherited as held. */
void orphan_touch(struct thread *thread, const void *lock, enum lock_operation operation,
		  int result);

/* The child ends: looks once more at the locks it inherited and never touched. */
void orphans_at_end(void);

#endif
