/*
 * The global interpreter lock of CPython is a flag with a mutex and a condition variable. It is
 * no hand-over: which thread comes next is as much chance as with any lock. But whoever forks in
 * Python code has it, so that it is a gate: no section of another thread that keeps it all along
 * can be in the midst of such a fork.
 */
#ifndef FORKCHECK_RECORD_PYTHON_GIL_H
#define FORKCHECK_RECORD_PYTHON_GIL_H

#include "common/lock_list.h"
#include "shim.h"

struct thread;

/* Is it one of the interpreter's own objects? */
bool python_gil_owns(const void *object);
/* Its condition variable is signalled or waited for: from now on its mutex is watched. */
void python_gil_meet(const void *condition);
/* The calling thread is about to give a mutex back that is watched for this: has it the lock? */
void python_gil_settle(struct thread *thread, const void *mutex);

/*
 * In a run of --confirm: the calling thread has taken a lock (`is_tried`: by a call that never
 * waits), and stays. Where its code of Python may be switched there, it gives the interpreter's
 * lock to others for so long: what it gets is for taking it back. NULL: it keeps it, or has none.
 */
void *python_gil_let_go(const struct thread *thread, const void *lock, enum lock_kind kind,
			bool is_tried);
void python_gil_take_back(void *state);

#endif
