/*
 * The global interpreter lock of CPython is a flag with a mutex and a condition variable. It is
 * no hand-over: which thread comes next is as much chance as with any lock. But whoever forks in
 * Python code has it, so that it is a gate: no section of another thread that keeps it all along
 * can be in the midst of such a fork.
 */
#ifndef FORKCHECK_RECORD_PYTHON_GIL_H
#define FORKCHECK_RECORD_PYTHON_GIL_H

#include "shim.h"

struct thread;

/* Is it one of the interpreter's own objects? */
bool python_gil_owns(const void *object);
/* Its condition variable is signalled or waited for: from now on its mutex is watched. */
void python_gil_meet(const void *condition);
/* The calling thread is about to give a mutex back that is watched for this: has it the lock? */
void python_gil_settle(struct thread *thread, const void *mutex);

#endif
