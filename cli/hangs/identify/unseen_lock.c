/*
 * A lock that nobody saw being asked for is read from the memory of the process that waits. What
 * the program called says what lock it must be; a mutex that a condition wait takes back, or that
 * is libc's own, is known by its bytes.
 */
#include "unseen_lock.h"
#include "findings/evidence/lock_kinds.h"
#include "process/stop.h"
#include "shim/common/region_functions.h"
#include <string.h>

/* The kernel gives out no higher id (include/linux/threads.h). */
#define PID_MAX_LIMIT (4 << 20)
#define ALL_BITS                                                                                   \
	(MUTEX_TYPE | MUTEX_ROBUST | MUTEX_PI | MUTEX_PROTECT | MUTEX_SHARED | MUTEX_ELISION |     \
	 MUTEX_NO_ELISION)

struct region_function {
	const char *name;
	enum region region;
};

#define REGION_FUNCTION(region, result, name, ...) {#name, REGION_##region},
static const struct region_function region_functions[] = {
	REGION_FUNCTIONS(REGION_FUNCTION) NAME_LOOKUPS(REGION_FUNCTION)
		RANDOM_DRAWS(REGION_FUNCTION)
			RANDOM_SEEDS(REGION_FUNCTION){"syslog", REGION_SYSLOG},
	{"__syslog_chk", REGION_SYSLOG},
	{"exit", REGION_EXIT},
	/* Linked into each program; they jump on. */
	{"atexit", REGION_EXIT},
	{"at_quick_exit", REGION_EXIT},
};

/* From a lock to the words that glibc waits on in it. */
static const uint64_t rwlock_words[] = {
	offsetof(pthread_rwlock_t, __data.__wrphase_futex),
	offsetof(pthread_rwlock_t, __data.__writers_futex),
	offsetof(pthread_rwlock_t, __data.__readers),
};
static const uint64_t first_word[] = {0};

/* What stands there has another name on each architecture; glibc never writes it. */
#define RWLOCK_GAP                                                                                 \
	(offsetof(pthread_rwlock_t, __data.__shared) +                                             \
	 sizeof(((pthread_rwlock_t *)NULL)->__data.__shared))
#define RWLOCK_GAP_BYTES (offsetof(pthread_rwlock_t, __data.__flags) - RWLOCK_GAP)

/* The words that are waited on lie in several places of a rwlock: what is at the right one has
 * zeros where glibc never writes. */
static bool is_whole(enum lock_kind kind, const void *bytes)
{
	static const unsigned char zeros[RWLOCK_GAP_BYTES];
	const pthread_rwlock_t *lock = bytes;

	return kind != LOCK_RWLOCK ||
	       (!lock->__data.__pad3 && !lock->__data.__pad4 &&
		!memcmp((const char *)bytes + RWLOCK_GAP, zeros, sizeof(zeros)) &&
		(unsigned)lock->__data.__shared <= 1 &&
		lock->__data.__flags <= PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
}

static bool read_lock(pid_t pid, struct unseen_lock *lock, uint64_t address)
{
	const struct lock_family *family = lock_kind_facts(lock->kind)->family;
	_Alignas(max_align_t) uint8_t bytes[SESSION_LOCK_STATE_MAX];

	if (!family || stop_read(pid, address, bytes, family->size) != family->size)
		return false;
	lock->address = address;
	lock->owner = family->owner(bytes);
	lock->crosses_fork = family->crosses_fork(bytes);
	lock->state_length = (uint32_t)family->size;
	memcpy(lock->state, bytes, family->size);
	return family->sharing(bytes) != LOCK_SHARED && is_whole(lock->kind, bytes) &&
	       (lock->owner > 0 || (family->takers && family->takers(bytes)) ||
		(family->is_taken && family->is_taken(bytes)));
}

static bool find_by_kind(pid_t pid, uint64_t word, struct unseen_lock *lock)
{
	bool is_rwlock = lock->kind == LOCK_RWLOCK;
	const uint64_t *words = is_rwlock ? rwlock_words : first_word;
	size_t count = is_rwlock ? sizeof(rwlock_words) / sizeof(*rwlock_words) : 1;

	for (size_t i = 0; i < count; i++)
		if (read_lock(pid, lock, word - words[i]))
			return true;
	return false;
}

static bool unseen_lock_is_function(const struct unseen_lock *lock, const char *function)
{
	const char *own = lock_function(lock->kind, lock->operation);

	return own && strcmp(own, function) == 0;
}

static bool find_by_function(pid_t pid, uint64_t word, const char *function,
			     struct unseen_lock *lock)
{
	static const enum lock_operation operations[] = {OPERATION_LOCK, OPERATION_READ_LOCK};

	for (uint32_t kind = 0; kind < LOCK_KINDS; kind++)
		for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
			*lock = (struct unseen_lock){.kind = kind, .operation = operations[i]};
			if (unseen_lock_is_function(lock, function) &&
			    find_by_kind(pid, word, lock))
				return true;
		}
	return false;
}

/* A plain mutex that is had, and waited for, as no other word with its neighbours looks. */
static bool find_by_bytes(pid_t pid, uint64_t word, struct unseen_lock *lock)
{
	pthread_mutex_t mutex;

	*lock = (struct unseen_lock){.kind = LOCK_MUTEX, .operation = OPERATION_LOCK};
	return stop_read(pid, word, &mutex, sizeof(mutex)) == sizeof(mutex) &&
	       mutex.__data.__lock == MUTEX_CONTENDED && !(mutex.__data.__kind & ~ALL_BITS) &&
	       mutex.__data.__nusers > 0 && mutex.__data.__nusers < PID_MAX_LIMIT &&
	       read_lock(pid, lock, word) && lock->owner > 0 && lock->owner < PID_MAX_LIMIT;
}

static bool find_region(const char *function, struct unseen_lock *lock)
{
	for (size_t i = 0; i < sizeof(region_functions) / sizeof(*region_functions); i++)
		if (strcmp(region_functions[i].name, function) == 0) {
			*lock = (struct unseen_lock){.kind = LOCK_REGION,
						     .operation = OPERATION_LOCK,
						     .address = region_functions[i].region};
			return true;
		}
	return false;
}

/* Without an owner: who waits in them waits for somebody to give. */
static const struct waiting_function {
	const char *name;
	enum lock_kind kind;
} waiting_functions[] = {
	{"sem_wait", LOCK_SEMAPHORE},
	{"pthread_barrier_wait", LOCK_BARRIER},
	{"pthread_cond_wait", LOCK_CONDITION},
	{"cnd_wait", LOCK_CONDITION},
};

bool unseen_lock_called(const char *function, struct unseen_lock *lock)
{
	static const enum lock_operation operations[] = {OPERATION_LOCK, OPERATION_READ_LOCK};

	if (!function)
		return false;
	for (uint32_t kind = 0; kind < LOCK_KINDS; kind++)
		for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
			*lock = (struct unseen_lock){.kind = kind, .operation = operations[i]};
			if (unseen_lock_is_function(lock, function))
				return true;
		}
	for (size_t i = 0; i < sizeof(waiting_functions) / sizeof(*waiting_functions); i++)
		if (strcmp(function, waiting_functions[i].name) == 0) {
			*lock = (struct unseen_lock){.kind = waiting_functions[i].kind,
						     .operation = OPERATION_LOCK};
			return true;
		}
	return false;
}

/* Of a condition variable: one of two words beside each other, the first of which is aligned. */
static uint64_t start_of_condition(uint64_t word)
{
	return (word & ~UINT64_C(7)) - offsetof(pthread_cond_t, __data.__g_signals);
}

/* That of a barrier has the number of its round behind who has come. */
static uint64_t start_of_barrier(uint64_t word)
{
	return word - sizeof(uint32_t);
}

static uint64_t start_of_rwlock(pid_t pid, uint64_t word)
{
	pthread_rwlock_t lock;

	for (size_t i = 0; i < sizeof(rwlock_words) / sizeof(*rwlock_words); i++)
		if ((word - rwlock_words[i]) % _Alignof(pthread_rwlock_t) == 0 &&
		    stop_read(pid, word - rwlock_words[i], &lock, sizeof(lock)) == sizeof(lock) &&
		    is_whole(LOCK_RWLOCK, &lock))
			return word - rwlock_words[i];
	return word;
}

uint64_t unseen_lock_start(pid_t pid, enum lock_kind kind, uint64_t word)
{
	switch (kind) {
	case LOCK_CONDITION:
		return start_of_condition(word);
	case LOCK_BARRIER:
		return start_of_barrier(word);
	case LOCK_RWLOCK:
		return start_of_rwlock(pid, word);
	default:
		return word;
	}
}

bool unseen_lock_find(pid_t pid, const struct task_look *task, const char *function,
		      bool is_word_of_libc, struct unseen_lock *lock)
{
	uint64_t word = task->arguments[0];
	struct unseen_lock region;

	if (function && find_by_function(pid, word, function, lock))
		return true;
	/* Some of libc's own locks are mutexes, which name who has them. */
	if (function && is_word_of_libc && find_region(function, &region)) {
		if (find_by_bytes(pid, word, lock))
			region.owner = lock->owner;
		*lock = region;
		return true;
	}
	return find_by_bytes(pid, word, lock);
}
