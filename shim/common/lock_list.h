/*
 * The list of all kinds of locks and of what else can be waited for: a kind is one row. The
 * numbers in the log, the shim's table of families (shim/state/lock_families.c) and the CLI's
 * table of words (cli/findings/evidence/lock_kinds.c) are made of the rows, and each uses the
 * columns that it needs.
 *
 *   held(KIND, word, BYTES, attributes, functions...)
 *
 * A lock that somebody has. The macro BYTES_FAMILY fills a struct lock_family
 * (glibc/lock_bytes.h), and `attributes` says for people what kind of lock the bytes are; NULL:
 * there is only one. The functions are what libc calls each operation.
 *
 *   object(KIND, word, type, gave, took, is_taken_to_be_given)
 *
 * A synchronisation object without an owner. The word that is waited on lies within its type.
 * What was done to it last is called `gave` ("posted") and `took` ("taken"); NULL: that is not
 * known of it. Who takes it lets others go on later, or does not: who waits on a condition
 * variable owes nobody anything.
 *
 *   other(KIND, word)
 *
 * Not seen by a wrapper of its own, but found in a function, or by the CLI from outside.
 *
 * Kinds are numbers in saved sessions: new rows go to the end.
 */
#ifndef FORKCHECK_COMMON_LOCK_LIST_H
#define FORKCHECK_COMMON_LOCK_LIST_H

#include "glibc/guard.h"
#include "glibc/mutex.h"
#include "glibc/rwlock.h"
#include "glibc/spin.h"
#include <pthread.h>
#include <semaphore.h>

/* clang-format off */
#define LOCK_LIST(held, object, other) \
	held(MUTEX, "mutex", GLIBC_MUTEX, glibc_mutex_attributes, \
	     [OPERATION_LOCK] = "pthread_mutex_lock", \
	     [OPERATION_TRYLOCK] = "pthread_mutex_trylock", \
	     [OPERATION_TIMEDLOCK] = "pthread_mutex_timedlock", \
	     [OPERATION_CLOCKLOCK] = "pthread_mutex_clocklock", \
	     [OPERATION_UNLOCK] = "pthread_mutex_unlock", \
	     [OPERATION_INIT] = "pthread_mutex_init", \
	     [OPERATION_DESTROY] = "pthread_mutex_destroy") \
	held(RWLOCK, "rwlock", GLIBC_RWLOCK, glibc_rwlock_attributes, \
	     [OPERATION_LOCK] = "pthread_rwlock_wrlock", \
	     [OPERATION_TRYLOCK] = "pthread_rwlock_trywrlock", \
	     [OPERATION_TIMEDLOCK] = "pthread_rwlock_timedwrlock", \
	     [OPERATION_CLOCKLOCK] = "pthread_rwlock_clockwrlock", \
	     [OPERATION_READ_LOCK] = "pthread_rwlock_rdlock", \
	     [OPERATION_READ_TRYLOCK] = "pthread_rwlock_tryrdlock", \
	     [OPERATION_READ_TIMEDLOCK] = "pthread_rwlock_timedrdlock", \
	     [OPERATION_READ_CLOCKLOCK] = "pthread_rwlock_clockrdlock", \
	     [OPERATION_UNLOCK] = "pthread_rwlock_unlock", \
	     [OPERATION_INIT] = "pthread_rwlock_init", \
	     [OPERATION_DESTROY] = "pthread_rwlock_destroy") \
	object(SEMAPHORE, "semaphore", sem_t, "posted", "taken", true) \
	object(CONDITION, "condition variable", pthread_cond_t, "signalled", "waited on", false) \
	object(BARRIER, "barrier", pthread_barrier_t, NULL, "reached", true) \
	object(FUTEX, "futex", uint32_t, "woken", "waited on", false) \
	/* C11's mtx_t is a mutex. */ \
	held(MTX, "mtx", GLIBC_MUTEX, glibc_mutex_attributes, \
	     [OPERATION_LOCK] = "mtx_lock", \
	     [OPERATION_TRYLOCK] = "mtx_trylock", \
	     [OPERATION_TIMEDLOCK] = "mtx_timedlock", \
	     [OPERATION_UNLOCK] = "mtx_unlock", \
	     [OPERATION_INIT] = "mtx_init", \
	     [OPERATION_DESTROY] = "mtx_destroy") \
	held(SPIN, "spinlock", GLIBC_SPIN, NULL, \
	     [OPERATION_LOCK] = "pthread_spin_lock", \
	     [OPERATION_TRYLOCK] = "pthread_spin_trylock", \
	     [OPERATION_UNLOCK] = "pthread_spin_unlock", \
	     [OPERATION_INIT] = "pthread_spin_init", \
	     [OPERATION_DESTROY] = "pthread_spin_destroy") \
	other(REGION, "libc lock") \
	/* Of CPython, read from outside: a mutex of its own, and objects around one. */ \
	other(PYTHON_MUTEX, "PyMutex") \
	other(PYTHON_LOCK, "threading.Lock") \
	other(PYTHON_RLOCK, "threading.RLock") \
	/* Of a C++ function-local static. */ \
	held(GUARD, "guard", CXA_GUARD, NULL, \
	     [OPERATION_LOCK] = "__cxa_guard_acquire", \
	     [OPERATION_UNLOCK] = "__cxa_guard_release") \
	/* Waited for by who forks; read from outside: libc's list of streams, a FILE, an arena of \
	 * libc's malloc(), the end of a thread, whose id stands where the address would. */ \
	other(STREAMS, "libc lock") \
	other(STREAM, "stream") \
	other(ALLOCATOR, "libc lock") \
	other(THREAD, "thread") \
	/* A descriptor, by its number: nobody has it, and some write to it. */ \
	object(EVENTFD, "eventfd", int, "written to", NULL, false) \
	object(PIPE, "pipe", int, "written to", NULL, false) \
	object(SOCKET, "socket", int, "written to", NULL, false)
/* clang-format on */

#define LOCK_KIND(kind, ...) LOCK_##kind,
enum lock_kind { LOCK_NONE, LOCK_LIST(LOCK_KIND, LOCK_KIND, LOCK_KIND) LOCK_KINDS };
_Static_assert(LOCK_SPIN == 8 && LOCK_THREAD == 17, "rows are numbers in saved sessions");

/* For a table that has nothing of some rows. */
#define LOCK_NOTHING(...)

/* struct lock_family of the rows that have one, by name. */
#define LOCK_FAMILY(of, word, bytes, ...)                                                          \
	static const struct lock_family family_##of = {.kind = LOCK_##of, bytes##_FAMILY};

#endif
