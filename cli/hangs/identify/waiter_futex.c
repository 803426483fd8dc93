/*
 * A futex of the waiter's own stands in a record, of which two shapes are told apart from
 * everything else that waits:
 *
 * - The lock names the record: the lock's word is the record's address with bits
 *   set that the address leaves free (abseil). That the record is the thread's
 *   own, its thread-local memory says, which has the address without such bits.
 * - The record names the lock: the futex word is in a thread-local variable, and
 *   before it, in the same record, is the address that the thread is parked on
 *   (parking_lot).
 *
 * In both the inner end of the stack, or a register, has the lock's address as
 * well: who waits does so for a lock that it was called with. In the second it has
 * the record's, too: other variables lie beside it. Where two addresses fit, neither
 * is taken.
 */
#include "waiter_futex.h"
#include "process/memory_map.h"
#include "process/stop.h"
#include "process/thread_memory.h"

/* The frames from the system call to who asked for the lock, our wrapper's among them. Without
 * that 456 bytes were seen in programs that were not optimised, and 88 in others. */
#define STACK_WORDS 128
#define PLACES      (STACK_WORDS + 1 + ARCH_SAVED_REGISTERS)
/* How far from the futex word a record begins, in bytes: 64 were seen. */
#define RECORD_BYTES 512
#define RECORDS_MAX  16
/* What the address of a record leaves free, at the most and at the least, and that of a word. A
 * record that leaves less is as likely one that something has a pointer into. */
#define FREE_BITS    0xffu
#define FREE_LEAST   0x3fu
#define POINTER_BITS 7u
/* The same of a record that names the lock: 32 were seen. */
#define NEAR_BYTES 64

struct search {
	struct thread_memory memory;
	uint64_t waited;
	uint64_t places[PLACES]; /* what the thread has at hand */
	size_t place_count;
	uint64_t records[RECORDS_MAX]; /* of the thread's own, that the futex word may be in */
	size_t record_count;
	uint64_t found;
	bool is_ambiguous;
};

static void add_found(struct search *search, uint64_t lock)
{
	search->is_ambiguous |= search->found && search->found != lock;
	search->found = lock;
}

static void gather_places(struct search *search, const struct stack_registers *registers)
{
	search->place_count = stop_read(search->memory.pid, registers->sp, search->places,
					STACK_WORDS * sizeof(*search->places)) /
			      sizeof(*search->places);
	search->places[search->place_count++] = registers->fp;
	for (size_t i = 0; i < ARCH_SAVED_REGISTERS; i++)
		search->places[search->place_count++] = registers->saved[i];
}

static bool is_at_hand(const struct search *search, uint64_t address)
{
	for (size_t i = 0; i < search->place_count; i++)
		if (search->places[i] == address)
			return true;
	return false;
}

static void note_record(uint64_t value, void *data)
{
	struct search *search = data;

	if (value && !(value & FREE_LEAST) && search->waited - value < RECORD_BYTES &&
	    search->record_count < RECORDS_MAX)
		search->records[search->record_count++] = value;
}

/* The record that such a word is about; 0: none. */
static uint64_t waiter_futex_record_of(const struct search *search, uint64_t word)
{
	if (!(word & POINTER_BITS) || word == search->waited)
		return 0;
	for (size_t i = 0; i < search->record_count; i++) {
		uint64_t record = search->records[i];
		uint64_t free_bits = ((record & -record) - 1) & FREE_BITS;

		if ((word & ~free_bits) == record)
			return record;
	}
	return 0;
}

static void find_lock_that_names_record(struct search *search)
{
	thread_memory_each(&search->memory, note_record, search);
	for (size_t i = 0; search->record_count && i < search->place_count; i++) {
		uint64_t place = search->places[i], word, record;

		if (place % sizeof(word) || !thread_memory_read(search->memory.pid, place, &word))
			continue;
		record = waiter_futex_record_of(search, word);
		if (record && place - record >= RECORD_BYTES &&
		    !thread_memory_has(&search->memory, place))
			add_found(search, place);
	}
}

static bool is_writable(pid_t pid, uint64_t address)
{
	struct mapping mapping;

	return maps_find(pid, address, &mapping) && mapping.writable;
}

/*
 * A lock that is waited for is not 0. Where one has several queues, the second is
 * that of the next byte: a number as small as a lock's is 0 there. 0: no lock.
 */
static uint64_t lock_at(const struct search *search, uint64_t address)
{
	uint64_t start = address & ~(uint64_t)POINTER_BITS, word = 0;
	uint8_t byte;

	if (stop_read(search->memory.pid, address, &byte, sizeof(byte)) != sizeof(byte))
		return 0;
	if (byte)
		return address;
	return thread_memory_read(search->memory.pid, start, &word) && word ? start : 0;
}

/* Where the variable begins that the futex word is in; the word, where that is not at hand. */
static uint64_t start_of_record(const struct search *search)
{
	uint64_t start = search->waited;

	for (size_t i = 0; i < search->place_count; i++) {
		uint64_t place = search->places[i];

		if (place % sizeof(place) == 0 && place < start &&
		    search->waited - place <= NEAR_BYTES &&
		    thread_memory_has(&search->memory, place))
			start = place;
	}
	return start;
}

static void find_lock_that_record_names(struct search *search)
{
	if (!thread_memory_has(&search->memory, search->waited))
		return;
	for (uint64_t at = start_of_record(search); at < search->waited; at += sizeof(at)) {
		uint64_t address, lock;

		if (!thread_memory_read(search->memory.pid, at, &address) ||
		    !is_at_hand(search, address) || thread_memory_has(&search->memory, address) ||
		    !is_writable(search->memory.pid, address))
			continue;
		lock = lock_at(search, address);
		if (lock)
			add_found(search, lock);
	}
}

uint64_t waiter_futex_lock(pid_t pid, uint64_t self, const struct stack_registers *registers,
			   uint64_t waited)
{
	struct search search = {.waited = waited};

	if (!waited || !thread_memory_find(&search.memory, pid, self))
		return 0;
	gather_places(&search, registers);
	find_lock_that_names_record(&search);
	find_lock_that_record_names(&search);
	return search.is_ambiguous ? 0 : search.found;
}
