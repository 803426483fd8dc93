/*
 * This table knows each family of locks: its name, its functions, and what the bytes of a lock
 * say. Copies are read, never a lock.
 */
#include "lock_kinds.h"
#include "shim/common/glibc/mutex.h"
#include "shim/common/glibc/rwlock.h"
#include <string.h>

static const char *mutex_attributes(struct arena *arena, const uint8_t *state, size_t length)
{
	static const char *const types[] = {"normal", "recursive", "errorcheck", "adaptive"};
	pthread_mutex_t mutex;
	int kind;

	if (length < sizeof(mutex))
		return NULL;
	memcpy(&mutex, state, sizeof(mutex));
	kind = mutex.__data.__kind;
	/* glibc marks every robust mutex as shared; the shim records private ones only. */
	if (kind & MUTEX_ROBUST)
		kind &= ~MUTEX_SHARED;
	return arena_printf(arena, "%s%s%s%s, %s", types[kind & MUTEX_TYPE],
			    kind & MUTEX_ROBUST ? ", robust" : "",
			    kind & MUTEX_PI ? ", priority-inheriting" : "",
			    kind & MUTEX_PROTECT ? ", priority-protected" : "",
			    kind & MUTEX_SHARED ? "process-shared" : "private");
}

static bool mutex_crosses_fork(const uint8_t *state, size_t length)
{
	pthread_mutex_t mutex;

	if (length < sizeof(mutex))
		return false;
	memcpy(&mutex, state, sizeof(mutex));
	return glibc_mutex_crosses_fork(&mutex);
}

static const char *no_attributes(struct arena *arena, const uint8_t *state, size_t length)
{
	(void)arena;
	(void)state;
	(void)length;
	return NULL;
}

static const char *rwlock_attributes(struct arena *arena, const uint8_t *state, size_t length)
{
	pthread_rwlock_t rwlock;
	unsigned readers;

	if (length < sizeof(rwlock))
		return NULL;
	memcpy(&rwlock, state, sizeof(rwlock));
	readers = glibc_rwlock_readers(&rwlock);
	return arena_printf(arena, "%s, %s",
			    rwlock.__data.__cur_writer ? "held for writing"
			    : readers                  ? "held for reading"
						       : "free",
			    rwlock.__data.__shared ? "process-shared" : "private");
}

static bool rwlock_crosses_fork(const uint8_t *state, size_t length)
{
	pthread_rwlock_t rwlock;

	if (length < sizeof(rwlock))
		return false;
	memcpy(&rwlock, state, sizeof(rwlock));
	return glibc_rwlock_crosses_fork(&rwlock);
}

static const char *const mutex_functions[OPERATIONS] = {
	[OPERATION_LOCK] = "pthread_mutex_lock",
	[OPERATION_TRYLOCK] = "pthread_mutex_trylock",
	[OPERATION_TIMEDLOCK] = "pthread_mutex_timedlock",
	[OPERATION_CLOCKLOCK] = "pthread_mutex_clocklock",
	[OPERATION_UNLOCK] = "pthread_mutex_unlock",
	[OPERATION_INIT] = "pthread_mutex_init",
	[OPERATION_DESTROY] = "pthread_mutex_destroy",
};

static const char *const rwlock_functions[OPERATIONS] = {
	[OPERATION_LOCK] = "pthread_rwlock_wrlock",
	[OPERATION_TRYLOCK] = "pthread_rwlock_trywrlock",
	[OPERATION_TIMEDLOCK] = "pthread_rwlock_timedwrlock",
	[OPERATION_CLOCKLOCK] = "pthread_rwlock_clockwrlock",
	[OPERATION_READ_LOCK] = "pthread_rwlock_rdlock",
	[OPERATION_READ_TRYLOCK] = "pthread_rwlock_tryrdlock",
	[OPERATION_READ_TIMEDLOCK] = "pthread_rwlock_timedrdlock",
	[OPERATION_READ_CLOCKLOCK] = "pthread_rwlock_clockrdlock",
	[OPERATION_UNLOCK] = "pthread_rwlock_unlock",
	[OPERATION_INIT] = "pthread_rwlock_init",
	[OPERATION_DESTROY] = "pthread_rwlock_destroy",
};

static const char *const mtx_functions[OPERATIONS] = {
	[OPERATION_LOCK] = "mtx_lock",           [OPERATION_TRYLOCK] = "mtx_trylock",
	[OPERATION_TIMEDLOCK] = "mtx_timedlock", [OPERATION_UNLOCK] = "mtx_unlock",
	[OPERATION_INIT] = "mtx_init",           [OPERATION_DESTROY] = "mtx_destroy",
};

static const char *const spin_functions[OPERATIONS] = {
	[OPERATION_LOCK] = "pthread_spin_lock",       [OPERATION_TRYLOCK] = "pthread_spin_trylock",
	[OPERATION_UNLOCK] = "pthread_spin_unlock",   [OPERATION_INIT] = "pthread_spin_init",
	[OPERATION_DESTROY] = "pthread_spin_destroy",
};

static const char *const guard_functions[OPERATIONS] = {
	[OPERATION_LOCK] = "__cxa_guard_acquire",
	[OPERATION_UNLOCK] = "__cxa_guard_release",
};

/* Words that do not say who took them. */
static bool word_crosses_fork(const uint8_t *state, size_t length)
{
	(void)state;
	(void)length;
	return true;
}

static const char *const no_functions[OPERATIONS];

static const struct lock_kind_facts kinds[LOCK_KINDS] = {
	[0] = {"lock", no_attributes, NULL, no_functions, NULL, NULL, NULL},
	[LOCK_MUTEX] = {"mutex", mutex_attributes, mutex_crosses_fork, mutex_functions, NULL, NULL,
			NULL},
	[LOCK_RWLOCK] = {"rwlock", rwlock_attributes, rwlock_crosses_fork, rwlock_functions, NULL,
			 NULL, NULL},
	[LOCK_MTX] = {"mtx", mutex_attributes, mutex_crosses_fork, mtx_functions, NULL, NULL, NULL},
	[LOCK_SPIN] = {"spinlock", no_attributes, word_crosses_fork, spin_functions, NULL, NULL,
		       NULL},
	[LOCK_GUARD] = {"guard", no_attributes, word_crosses_fork, guard_functions, NULL, NULL,
			"call the function that it is in once, before threads are started"},
	[LOCK_SEMAPHORE] = {"semaphore", no_attributes, NULL, no_functions, "posted", "taken",
			    NULL},
	[LOCK_CONDITION] = {"condition variable", no_attributes, NULL, no_functions, "signalled",
			    "waited on", NULL},
	[LOCK_BARRIER] = {"barrier", no_attributes, NULL, no_functions, NULL, "reached", NULL},
	[LOCK_FUTEX] = {"futex", no_attributes, NULL, no_functions, "woken", "waited on", NULL},
	[LOCK_REGION] = {"libc lock", no_attributes, NULL, no_functions, NULL, NULL, NULL},
	[LOCK_STREAMS] = {"libc lock", no_attributes, NULL, no_functions, NULL, NULL, NULL},
	[LOCK_STREAM] = {"stream", no_attributes, NULL, no_functions, NULL, NULL, NULL},
	[LOCK_ALLOCATOR] = {"libc lock", no_attributes, NULL, no_functions, NULL, NULL, NULL},
	[LOCK_THREAD] = {"thread", no_attributes, NULL, no_functions, NULL, NULL, NULL},
	[LOCK_PYTHON_MUTEX] = {"PyMutex", no_attributes, NULL, no_functions, NULL, NULL, NULL},
	[LOCK_PYTHON_LOCK] = {"threading.Lock", no_attributes, NULL, no_functions, NULL, NULL,
			      NULL},
	[LOCK_PYTHON_RLOCK] = {"threading.RLock", no_attributes, NULL, no_functions, NULL, NULL,
			       NULL},
};

const struct lock_kind_facts *lock_kind_facts(uint32_t kind)
{
	return kind < LOCK_KINDS ? &kinds[kind] : &kinds[0];
}

const char *lock_who_waits(uint32_t kind, const uint8_t *state, size_t length)
{
	pthread_rwlock_t rwlock;

	if (kind != LOCK_RWLOCK || length < sizeof(rwlock))
		return "asks for it";
	memcpy(&rwlock, state, sizeof(rwlock));
	return rwlock.__data.__cur_writer ? "asks for it" : "wants to write under it";
}

bool lock_crosses_fork(uint32_t kind, const uint8_t *state, size_t length)
{
	const struct lock_kind_facts *facts = lock_kind_facts(kind);

	return facts->crosses_fork && facts->crosses_fork(state, length);
}

const char *lock_function(uint32_t kind, uint32_t operation)
{
	return operation < OPERATIONS ? lock_kind_facts(kind)->functions[operation] : NULL;
}
