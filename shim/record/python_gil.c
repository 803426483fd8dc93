/*
 * The lock of the interpreter is found by its condition variable, which lies in _PyRuntime, and
 * looked at by the thread that has its mutex.
 */
#include "record/python_gil.h"
#include "base/process.h"
#include "record/loaded_interpreter.h"
#include "state/lock_marks.h"
#include "state/thread.h"
#include "state/watched_locks.h"

/* _PyRuntime is some 600 KiB (3.12, 3.13), and 3 KiB before. */
#define RUNTIME_BYTES (1024 * 1024)

/* struct _gil_runtime_state, Include/internal/pycore_gil.h (3.8 to 3.14), from the condition
 * variable on downwards; above it comes the mutex. */
struct gil {
	void *last_holder;
	int locked;
	unsigned long switch_number;
	pthread_cond_t condition;
	pthread_mutex_t mutex;
};

bool python_gil_owns(const void *object)
{
	const struct interpreter *interpreter = interpreter_loaded();

	return interpreter && interpreter->symbols.runtime &&
	       (uintptr_t)object - (uintptr_t)interpreter->symbols.runtime < RUNTIME_BYTES;
}

/* Beside it is another pair, by which one thread is made to wait until another has had it. */
void python_gil_meet(const void *condition)
{
	const struct gil *gil =
		(const void *)((const char *)condition - offsetof(struct gil, condition));

	if (gil->last_holder && (gil->locked == 0 || gil->locked == 1) &&
	    !(watch_of(&gil->mutex) & WATCH_PYTHON))
		watch_add(&gil->mutex, WATCH_PYTHON);
}

void python_gil_settle(struct thread *thread, const void *mutex)
{
	const struct gil *gil = (const void *)((const char *)mutex - offsetof(struct gil, mutex));
	uint32_t gates = thread->clock.gates & ~GATE_PYTHON;

	moment_set_gates(thread, gil->locked ? gates | GATE_PYTHON : gates);
}

/* None before 3.8, and from 3.13 on its locks are no semaphores. */
static const struct interpreter_switch *find_usable(void)
{
	const struct interpreter *interpreter = interpreter_loaded();
	const struct interpreter_switch *switching = interpreter ? &interpreter->switching : NULL;

	return switching && switching->save_thread && switching->restore_thread &&
			       switching->get_thread && switching->is_finalizing
		       ? switching
		       : NULL;
}

/*
 * Code in C that waits for a lock with the interpreter's held must never find it taken by a thread
 * that wants that one. Locks that code of Python may keep while others run are tried first, and
 * waited for without it: so all are taken here that were got by a try.
 */
static bool may_switch(const struct thread *thread, const void *lock, enum lock_kind kind,
		       bool is_tried)
{
	return kind == LOCK_SEMAPHORE && is_tried && thread->clock.gates & GATE_PYTHON &&
	       lock_marked(lock, kind) && !semaphore_is_own(lock);
}

void *python_gil_let_go(const struct thread *thread, const void *lock, enum lock_kind kind,
			bool is_tried)
{
	const struct interpreter_switch *switching;

	if (!may_switch(thread, lock, kind, is_tried))
		return NULL;
	switching = find_usable();
	/* In one that ends, a thread never gets the lock back. */
	if (!switching || ((int (*)(void))switching->is_finalizing)() ||
	    !((void *(*)(void))switching->get_thread)())
		return NULL;
	return ((void *(*)(void))switching->save_thread)();
}

void python_gil_take_back(void *state)
{
	/* Its code is on this thread's stack: it has not gone. */
	const struct interpreter_switch *switching = find_usable();

	if (switching)
		((void (*)(void *))switching->restore_thread)(state);
}
