/*
 * The lock of CPython's own that a thread waits for. Since 3.14 the interpreter's
 * locks are of one kind (PyMutex, in 3.13): one byte, and who waits for one
 * waits on a semaphore on its own stack, in a list (the "parking lot"). Before it a lock
 * is a semaphore that names nobody, and an RLock is an object beside one, which does.
 */
#ifndef FORKCHECK_WATCH_PARKED_H
#define FORKCHECK_WATCH_PARKED_H

#include "shim/common/python/cpython.h"

struct parked {
	uint32_t kind;  /* enum lock_kind; 0: it waits for something else */
	uint64_t lock;  /* address of the mutex */
	uint64_t owner; /* pthread_t of who has it, where the lock says so; else 0 */
};

/* Of the byte that a PyMutex is (Include/internal/pycore_lock.h). */
#define PYTHON_MUTEX_LOCKED 1

/*
 * What the thread that waits on this futex word is parked for. False where the
 * word is not in an entry of the list, or the entry is not that of a mutex.
 */
bool parked_read(const struct python_memory *memory, const struct python_interpreter *interpreter,
		 uint64_t waited, struct parked *parked);

/*
 * The RLock of up to 3.13 whose semaphore a thread waits on, and which has an owner. Its method is
 * on the stack, which goes on from `sp`. False where none is found there.
 */
bool parked_read_recursive(const struct python_memory *memory,
			   const struct python_interpreter *interpreter, uint64_t waited,
			   uint64_t sp, struct parked *parked);

/*
 * What else a semaphore of CPython's up to 3.13 is the lock of: an object on the stack in which
 * the pthread_self() of its owner stands behind it (io.BufferedWriter has that). False where none
 * is found there.
 */
bool parked_read_owned(const struct python_memory *memory,
		       const struct python_interpreter *interpreter, uint64_t waited, uint64_t sp,
		       struct parked *parked);

/* The threading.Lock of up to 3.13 whose semaphore a thread waits on; `owner` stays 0. */
bool parked_read_plain(const struct python_memory *memory,
		       const struct python_interpreter *interpreter, uint64_t waited, uint64_t sp,
		       struct parked *parked);

#endif
