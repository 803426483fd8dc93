/*
 * Records are appended to the session log here: shared memory, atomic operations, one futex
 * wake for news that cannot wait. They come from everywhere, fork children included.
 */
#include "log/log.h"
#include "base/process.h"
#include "common/log_header.h"
#include "common/raw.h"
#include "log/kept_facts.h"
#include <fcntl.h>
#include <string.h>

AT_START static struct session_header *header;
AT_START static unsigned char *cells;
AT_START static struct session_birth *births;
AT_START static struct session_intern *interns;

IN_CHILD struct session_header *log_header(void)
{
	return header;
}

IN_START static void *map_session(int descriptor, size_t *size)
{
	struct stat status;

	/* A file of somebody else's could be cut while it is mapped: SIGBUS in the program. */
	if (raw_fstat(descriptor, &status) || !S_ISREG(status.st_mode) ||
	    status.st_uid != (uid_t)raw_syscall(SYS_geteuid) ||
	    (size_t)status.st_size < sizeof(*header))
		return MAP_FAILED;
	*size = (size_t)status.st_size;
	return raw_mmap(*size, MAP_SHARED, descriptor);
}

IN_START bool log_open(const char *path)
{
	int descriptor = raw_open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	size_t size = 0;
	void *map;

	if (descriptor < 0)
		return false;
	map = map_session(descriptor, &size);
	raw_close(descriptor);
	if (map == MAP_FAILED)
		return false;
	if (log_header_problem(map, size)) {
		raw_munmap(map, size);
		return false;
	}
	/* Somebody's core dump is no place for our log. */
	raw_madvise(map, size, MADV_DONTDUMP);
	header = map;
	births = (void *)((char *)map + header->births_offset);
	interns = (void *)((char *)map + header->intern_offset);
	cells = (unsigned char *)map + header->cells_offset;
	return true;
}

IN_CHILD session_reference log_find(uint64_t hash, struct intern_place *place)
{
	uint32_t mask = header->intern_count - 1;

	hash |= 1; /* 0 is an empty entry */
	place->entry = NULL;
	for (uint32_t probe = 0; probe < LOG_PROBES; probe++) {
		struct session_intern *entry = &interns[((uint32_t)(hash >> 16) + probe) & mask];
		uint64_t found = 0;

		if (atomic_compare_exchange_strong(&entry->hash, &found, hash) || found == hash) {
			session_reference known = atomic_load(&entry->reference);

			place->entry = entry;
			if (known)
				atomic_fetch_add(&((struct record *)log_record(known))->count, 1);
			return known;
		}
	}
	return 0;
}

IN_CHILD void log_publish(const struct intern_place *place, session_reference reference)
{
	if (place->entry && reference)
		atomic_store(&place->entry->reference, reference);
}

static void write_process_record(void)
{
	struct record_process *record;
	session_reference reference;
	size_t libc_length;

	process_name();
	libc_length = strlen(process.libc_version);
	record = log_claim_alone(sizeof(*record) + process.path_length + libc_length, &reference);
	if (!record)
		return;
	record->serial = process.serial;
	record->parent = process.parent;
	record->image = process.image;
	record->pid = process.pid;
	record->parent_pid = process.parent_pid;
	record->fork = process.fork;
	record->kind = process.kind;
	record->birth_ns = process.birth_ns;
	record->private_facts = process.private_facts;
	record->lost = process.lost;
	record->path_length = (uint16_t)process.path_length;
	record->libc_length = (uint16_t)libc_length;
	memcpy(record->text, process.path, process.path_length);
	memcpy(record->text + process.path_length, process.libc_version, libc_length);
	log_commit(record, RECORD_PROCESS);
}

IN_CHILD void *log_claim_alone(size_t size, session_reference *reference)
{
	uint64_t needed = (size + SESSION_CELL - 1) / SESSION_CELL;
	struct record *record;
	uint64_t first;

	*reference = 0;
	first = atomic_fetch_add(&header->next_cell, needed);
	if (first + needed > header->cells_count) {
		atomic_fetch_add(&header->counters.dropped, 1);
		return NULL;
	}
	record = (void *)(cells + first * SESSION_CELL);
	atomic_store_explicit(&record->size, (uint32_t)size, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	record->process = process.serial;
	record->time_ns = time_now();
	atomic_store_explicit(&record->count, 1, memory_order_relaxed);
	*reference = (session_reference)first;
	return record;
}

static void write_process(void)
{
	/* The fork that it was born by may not have mattered until now. */
	if (!process.fork && process.born_by) {
		process.fork = kept_reference(process.born_by);
		kept_flush();
	}
	write_process_record();
}

IN_CHILD void *log_claim(size_t size, session_reference *reference)
{
	if (!atomic_exchange(&process.recorded, true))
		write_process();
	return log_claim_alone(size, reference);
}

IN_CHILD void log_commit(void *record, enum record_type type)
{
	atomic_store_explicit(&((struct record *)record)->commit, RECORD_COMMITTED | type,
			      memory_order_release);
}

IN_CHILD void *log_record(session_reference reference)
{
	/* The program may have written over the table: stay inside the log. */
	if (reference >= header->cells_count - sizeof(struct record_wait) / SESSION_CELL - 1)
		reference = 0;
	return cells + (uint64_t)reference * SESSION_CELL;
}

void log_announce(void)
{
	atomic_fetch_add(&header->news, 1);
	/* The CLI looks by itself a few times a second. */
	if (!process.is_filtered)
		raw_futex_wake(&header->news, 1);
}

IN_CHILD static struct session_birth *log_birth_at(uint64_t index)
{
	return &births[index & (header->births_count - 1)];
}

IN_CHILD uint64_t log_birth_reserve(void)
{
	uint64_t index = atomic_fetch_add(&header->next_birth, 1);
	struct session_birth *entry = log_birth_at(index);

	atomic_store(&entry->sequence, 0);
	atomic_store(&entry->state, 0);
	atomic_store(&entry->forking, 0);
	atomic_store(&entry->own_pid, 0);
	return index;
}

IN_CHILD void log_birth_fill(uint64_t index, const struct session_birth *birth)
{
	struct session_birth *entry = log_birth_at(index);

	entry->time_ns = birth->time_ns;
	entry->process = birth->process;
	entry->parent = birth->parent;
	entry->image = birth->image;
	entry->pid = birth->pid;
	entry->fork = birth->fork;
	entry->kind = birth->kind;
	entry->lost = birth->lost;
	entry->private_facts = birth->private_facts;
	atomic_store_explicit(&entry->sequence, index + 1, memory_order_release);
	if (birth->kind)
		atomic_fetch_add(&header->counters.processes, 1);
}

/* The parent may not have filled the entry in yet. */
IN_CHILD static struct session_birth *own_birth(uint64_t index)
{
	struct session_birth *entry = log_birth_at(index);
	uint64_t sequence = atomic_load(&entry->sequence);

	return sequence == index + 1 || sequence == 0 ? entry : NULL;
}

IN_CHILD void log_birth_mark(uint64_t index, enum birth_state bit)
{
	struct session_birth *entry = own_birth(index);

	if (entry)
		atomic_fetch_or(&entry->state, bit);
}

void log_birth_execed(uint64_t index, pid_t pid)
{
	struct session_birth *entry = own_birth(index);

	if (!entry)
		return;
	atomic_store(&entry->own_pid, pid);
	atomic_fetch_or(&entry->state, BIRTH_EXECED);
}

void log_birth_unmark(uint64_t index, enum birth_state bit)
{
	struct session_birth *entry = own_birth(index);

	if (entry)
		atomic_fetch_and(&entry->state, ~(uint32_t)bit);
}

void log_birth_forking(uint64_t index, int32_t tid)
{
	struct session_birth *entry = own_birth(index);

	int32_t none = 0;

	/* Of two threads that fork at once the first one stands there. */
	if (entry)
		atomic_compare_exchange_strong(&entry->forking, &none, tid);
}

void log_birth_forked(uint64_t index, int32_t tid)
{
	struct session_birth *entry = own_birth(index);

	if (entry)
		atomic_compare_exchange_strong(&entry->forking, &tid, 0);
}

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3u;
	return hash_mix(hash, length);
}
