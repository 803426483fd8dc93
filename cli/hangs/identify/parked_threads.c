/*
 * The list of threads that wait for CPython's locks is read here, and before there was one the
 * stack of a thread that waits, from memory that may be anything. An entry of the list
 * (Python/parking_lot.c, struct wait_entry; seen in 3.14.10) proves itself: its neighbours point
 * back to it. So a version with another one gets no lock.
 */
#include "parked_threads.h"
#include "shim/common/arch/arch.h"
#include <semaphore.h>
#include <string.h>

#define OLDEST 0x030d0000u

/* Of the byte, beside PYTHON_MUTEX_LOCKED (Include/internal/pycore_lock.h). */
#define HAS_PARKED 2
/* PyObject: count of references, type; then what the object has. PyTypeObject: its name. */
#define OBJECT_SIZE 16
#define OBJECT_TYPE 8
#define TYPE_NAME   24
/* _PyRecursiveMutex: the mutex, then the thread. */
#define RECURSIVE_THREAD 8

/* Before 3.14: rlockobject (Modules/_threadmodule.c), the same since 3.2. */
#define FIRST_WITHOUT   0x030e0000u
#define RLOCK_SEMAPHORE 16
#define RLOCK_OWNER     24
#define RLOCK_COUNT     32
/* From the system call to where the method of the object has it. */
#define STACK_WORDS 512
/* Of an object around a semaphore with an owner (Modules/_io/bufferedio.c: some 20 words in). */
#define OWNED_WORDS 32
#define ALIGNMENT   8

struct entry {
	uint64_t argument; /* of PyMutex_LockTimed: never NULL; of other waits: NULL */
	uint64_t address;
	sem_t semaphore;
	uint64_t next, previous;
};

static const struct {
	const char *name;
	uint32_t kind;
} types[] = {
	{"_thread.lock", LOCK_PYTHON_LOCK},
	{"_thread.RLock", LOCK_PYTHON_RLOCK},
};

/* The longest name, its end included, fits. */
#define NAME_BYTES 16

static bool parked_threads_read_word(const struct python_memory *memory, uint64_t address,
				     uint64_t *value)
{
	return memory->read(memory, value, address, sizeof(*value));
}

/* Lists have a head, so both neighbours are there, and may be the same. */
static bool is_in_list(const struct python_memory *memory, const struct entry *entry, uint64_t node)
{
	uint64_t back, forth;

	return parked_threads_read_word(memory, entry->next + sizeof(uint64_t), &back) &&
	       back == node && parked_threads_read_word(memory, entry->previous, &forth) &&
	       forth == node;
}

static bool parked_threads_read_entry(const struct python_memory *memory, uint64_t waited,
				      struct entry *entry)
{
	uint64_t start = waited - offsetof(struct entry, semaphore);

	return memory->read(memory, entry, start, sizeof(*entry)) &&
	       is_in_list(memory, entry, start + offsetof(struct entry, next));
}

/* The type of all types is its own type: what has none such is no object. */
static bool is_type(const struct python_memory *memory, uint64_t type)
{
	uint64_t of_types, its_own;

	return parked_threads_read_word(memory, type + OBJECT_TYPE, &of_types) &&
	       parked_threads_read_word(memory, of_types + OBJECT_TYPE, &its_own) &&
	       its_own == of_types;
}

/* Of what is no object, or one of another type: LOCK_PYTHON_MUTEX. */
static uint32_t parked_threads_kind_of(const struct python_memory *memory, uint64_t object)
{
	char name[NAME_BYTES] = "";
	uint64_t type, name_address;

	if (!parked_threads_read_word(memory, object + OBJECT_TYPE, &type) ||
	    !is_type(memory, type) ||
	    !parked_threads_read_word(memory, type + TYPE_NAME, &name_address) ||
	    !memory->read(memory, name, name_address, sizeof(name)))
		return LOCK_PYTHON_MUTEX;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strncmp(name, types[i].name, sizeof(name)) == 0)
			return types[i].kind;
	return LOCK_PYTHON_MUTEX;
}

static bool parked_threads_is_known(const struct python_memory *memory,
				    const struct python_interpreter *interpreter)
{
	struct python_walk walk = {.memory = memory, .interpreter = interpreter};

	return interpreter->runtime && interpreter->version >= OLDEST &&
	       python_find_layout(&walk) == PYTHON_READ;
}

bool parked_read(const struct python_memory *memory, const struct python_interpreter *interpreter,
		 uint64_t waited, struct parked *parked)
{
	struct entry entry;
	uint8_t byte;

	memset(parked, 0, sizeof(*parked));
	if (!parked_threads_is_known(memory, interpreter) ||
	    !parked_threads_read_entry(memory, waited, &entry) || !entry.argument ||
	    !memory->read(memory, &byte, entry.address, sizeof(byte)) ||
	    byte != (PYTHON_MUTEX_LOCKED | HAS_PARKED))
		return false;
	parked->lock = entry.address;
	/* What the mutex is a part of. Most are parts of no object, or stand elsewhere in it. */
	parked->kind = parked_threads_kind_of(memory, entry.address - OBJECT_SIZE);
	if (parked->kind == LOCK_PYTHON_RLOCK &&
	    !parked_threads_read_word(memory, entry.address + RECURSIVE_THREAD, &parked->owner))
		parked->owner = 0;
	return true;
}

/* --- up to 3.13 -------------------------------------------------------------------- */

static bool has_recursive_semaphores(const struct python_memory *memory,
				     const struct python_interpreter *interpreter)
{
	struct python_walk walk = {.memory = memory, .interpreter = interpreter};

	return interpreter->runtime && interpreter->version < FIRST_WITHOUT &&
	       python_find_layout(&walk) == PYTHON_READ;
}

/* Owner and count are there while somebody has it. */
static bool read_owner(const struct python_memory *memory, uint64_t object, uint64_t waited,
		       uint64_t *owner)
{
	uint64_t words[RLOCK_COUNT / sizeof(uint64_t) + 1];

	if (!memory->read(memory, words, object, sizeof(words)) ||
	    words[RLOCK_SEMAPHORE / sizeof(*words)] != waited ||
	    !words[RLOCK_COUNT / sizeof(*words)] ||
	    parked_threads_kind_of(memory, object) != LOCK_PYTHON_RLOCK)
		return false;
	*owner = words[RLOCK_OWNER / sizeof(*words)];
	return *owner != 0;
}

/* Calls `visit` for each word of the stack that may be the address of an object, until it returns
 * true. */
static bool each_object(const struct python_memory *memory, uint64_t waited, uint64_t sp,
			bool (*visit)(const struct python_memory *memory, uint64_t object,
				      uint64_t waited, struct parked *parked),
			struct parked *parked)
{
	for (size_t i = 0; i < STACK_WORDS; i++) {
		uint64_t object;

		if (!parked_threads_read_word(memory, sp + i * sizeof(object), &object))
			return false;
		if (object && object % ALIGNMENT == 0 && visit(memory, object, waited, parked))
			return true;
	}
	return false;
}

static bool is_recursive(const struct python_memory *memory, uint64_t object, uint64_t waited,
			 struct parked *parked)
{
	if (!read_owner(memory, object, waited, &parked->owner))
		return false;
	parked->kind = LOCK_PYTHON_RLOCK;
	parked->lock = object;
	return true;
}

bool parked_read_recursive(const struct python_memory *memory,
			   const struct python_interpreter *interpreter, uint64_t waited,
			   uint64_t sp, struct parked *parked)
{
	memset(parked, 0, sizeof(*parked));
	return waited && has_recursive_semaphores(memory, interpreter) &&
	       each_object(memory, waited, sp, is_recursive, parked);
}

/* What libc keeps of a thread stays where it was, also in a fork child that lacks the thread. */
static bool is_thread(const struct python_memory *memory, uint64_t self)
{
	uint64_t words[ARCH_DESCRIPTOR_WORDS];

	return self && self % ALIGNMENT == 0 && memory->read(memory, words, self, sizeof(words)) &&
	       arch_is_descriptor(words, self);
}

static bool is_owned(const struct python_memory *memory, uint64_t object, uint64_t waited,
		     struct parked *parked)
{
	uint64_t words[OWNED_WORDS];

	if (!memory->read(memory, words, object, sizeof(words)))
		return false;
	for (size_t i = 0; i + 1 < OWNED_WORDS; i++)
		if (words[i] == waited && is_thread(memory, words[i + 1])) {
			parked->kind = LOCK_SEMAPHORE;
			parked->lock = waited;
			parked->owner = words[i + 1];
			return true;
		}
	return false;
}

bool parked_read_owned(const struct python_memory *memory,
		       const struct python_interpreter *interpreter, uint64_t waited, uint64_t sp,
		       struct parked *parked)
{
	memset(parked, 0, sizeof(*parked));
	return waited && has_recursive_semaphores(memory, interpreter) &&
	       each_object(memory, waited, sp, is_owned, parked);
}

static bool is_plain(const struct python_memory *memory, uint64_t object, uint64_t waited,
		     struct parked *parked)
{
	uint64_t semaphore;

	if (!parked_threads_read_word(memory, object + RLOCK_SEMAPHORE, &semaphore) ||
	    semaphore != waited || parked_threads_kind_of(memory, object) != LOCK_PYTHON_LOCK)
		return false;
	parked->kind = LOCK_PYTHON_LOCK;
	parked->lock = object;
	return true;
}

bool parked_read_plain(const struct python_memory *memory,
		       const struct python_interpreter *interpreter, uint64_t waited, uint64_t sp,
		       struct parked *parked)
{
	memset(parked, 0, sizeof(*parked));
	return waited && has_recursive_semaphores(memory, interpreter) &&
	       each_object(memory, waited, sp, is_plain, parked);
}
