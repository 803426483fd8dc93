/*
 * The list of threads that wait for CPython's locks is read here, from memory that may be
 * anything. An entry of the list (Python/parking_lot.c, struct wait_entry; seen in 3.14.10)
 * proves itself: its neighbours point back to it. So a version with another one gets no lock.
 */
#include "parked_threads.h"
#include <semaphore.h>
#include <string.h>

#define OLDEST 0x030d0000u

/* Bits of the byte (Include/internal/pycore_lock.h). */
#define LOCKED     1
#define HAS_PARKED 2
/* PyObject: count of references, type; then what the object has. PyTypeObject: its name. */
#define OBJECT_SIZE 16
#define OBJECT_TYPE 8
#define TYPE_NAME   24
/* _PyRecursiveMutex: the mutex, then the thread. */
#define RECURSIVE_THREAD 8

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

/* What the mutex is a part of. Most are parts of no object, or stand elsewhere in it. */
static uint32_t parked_threads_kind_of(const struct python_memory *memory, uint64_t mutex)
{
	char name[NAME_BYTES] = "";
	uint64_t type, name_address;

	if (!parked_threads_read_word(memory, mutex - OBJECT_SIZE + OBJECT_TYPE, &type) ||
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
	    byte != (LOCKED | HAS_PARKED))
		return false;
	parked->lock = entry.address;
	parked->kind = parked_threads_kind_of(memory, entry.address);
	if (parked->kind == LOCK_PYTHON_RLOCK &&
	    !parked_threads_read_word(memory, entry.address + RECURSIVE_THREAD, &parked->owner))
		parked->owner = 0;
	return true;
}
