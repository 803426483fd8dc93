/*
 * What this process takes from shared semaphores is counted here, in a record of the log, by
 * the object of the kernel's that a semaphore lies in. Takes come in any thread; posts also in
 * signal handlers. The records are a fixed number: who ends with nothing in hand gives its own
 * back.
 */
#include "record/shares.h"
#include "base/mappings.h"
#include "base/process.h"
#include "common/raw.h"
#include "log/log.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/modules.h"
#include "state/thread.h"
#include <string.h>

/* Reading the list of mappings takes some 20 to 100 us: a program that makes a new
 * semaphore for everything it does is not to pay for each. */
#define LOOKUPS_MAX 2048

/* A semaphore by its address, and what is there. A fork child has its parent's. */
#define SHARES 512
#define PROBES 4
#define BUSY   1
struct share {
	_Atomic uint64_t semaphore; /* its address; 0: free; BUSY: being filled in */
	_Atomic uint64_t record;    /* serial of the process above a session_reference */
	uint64_t inode, offset;     /* inode 0: it is in memory of this process alone */
	uint32_t device;
	_Atomic uint32_t seen; /* the clock when Python was last asked, in steps of 10 ms */
};
static struct share shares[SHARES];
AT_START static _Atomic uint32_t lookups;
AT_START static _Atomic bool any_record;

/* Records of the log that all processes use in turn. */
#define RECORDS_MAX   4096
#define RECORD_PROBES 64
#define CELLS_EACH    64 /* of the log, for each of them */
#define FILLING       UINT32_MAX

/* --- where a semaphore is ---------------------------------------------------- */

static void skip(const char **at)
{
	if (**at)
		(*at)++;
}

struct lookup {
	uint64_t address;
	struct share *share;
};

/* True when the address is in the mapping of this line. */
static bool shares_read_line(const char *line, void *data)
{
	const struct lookup *lookup = data;
	struct share *share = lookup->share;
	uint64_t start = maps_number(&line, 16), end, major;
	bool is_shared;

	skip(&line);
	end = maps_number(&line, 16);
	if (lookup->address < start || lookup->address >= end || strlen(line) < sizeof(" rw-s "))
		return false;
	is_shared = line[4] == 's';
	line += strlen(" rw-s ");
	share->offset = maps_number(&line, 16) + (lookup->address - start);
	skip(&line);
	major = maps_number(&line, 16);
	skip(&line);
	share->device = SHARE_DEVICE(major, maps_number(&line, 16));
	skip(&line);
	share->inode = is_shared ? maps_number(&line, 10) : 0;
	return true;
}

static void shares_find_place(uint64_t address, struct share *share)
{
	struct lookup lookup = {address, share};
	int saved = errno;

	share->inode = 0;
	if (process.is_filtered)
		return;
	if (atomic_fetch_add(&lookups, 1) >= LOOKUPS_MAX) {
		atomic_fetch_add(&log_header()->counters.dropped, 1);
		return;
	}
	maps_walk(shares_read_line, &lookup);
	errno = saved;
}

static struct share *shares_place(uint64_t address, uint32_t probe)
{
	uint64_t first = address * 0x9e3779b97f4a7c15u >> 32;

	return &shares[(first + probe) % SHARES];
}

static struct share *shares_find(uint64_t address)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		struct share *share = shares_place(address, probe);

		if (atomic_load_explicit(&share->semaphore, memory_order_acquire) == address)
			return share;
	}
	return NULL;
}

static void shares_fill(struct share *share, uint64_t address)
{
	atomic_store(&share->record, 0);
	atomic_store(&share->seen, 0);
	shares_find_place(address, share);
	atomic_store_explicit(&share->semaphore, address, memory_order_release);
}

/* NULL: another thread is at the same place. */
static COLD struct share *shares_add(uint64_t address)
{
	uint64_t known;

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		struct share *share = shares_place(address, probe);

		known = 0;
		if (!atomic_compare_exchange_strong(&share->semaphore, &known, BUSY))
			continue;
		shares_fill(share, address);
		return share;
	}
	known = atomic_load(&shares_place(address, 0)->semaphore);
	if (known == BUSY ||
	    !atomic_compare_exchange_strong(&shares_place(address, 0)->semaphore, &known, BUSY))
		return NULL;
	shares_fill(shares_place(address, 0), address);
	return shares_place(address, 0);
}

/* --- the record -------------------------------------------------------------- */

static bool shares_is_gone(const struct record_share *record)
{
	return !process.is_filtered && raw_syscall(SYS_kill, record->pid, 0) == -ESRCH;
}

/* Has nothing in hand that anybody would ask for. */
static bool is_given_up(const struct record_share *record)
{
	bool is_even = atomic_load(&record->taken) == atomic_load(&record->posted);

	return atomic_load(&record->flags) & SHARE_ENDED || (is_even && shares_is_gone(record));
}

static void fill_record(struct record_share *record, const struct share *share, uint64_t address)
{
	record->inode = share->inode;
	record->offset = share->offset;
	record->device = share->device;
	record->semaphore = address;
	record->pid = process.pid;
	atomic_store(&record->tid, 0);
	atomic_store(&record->flags, 0);
	atomic_store(&record->taken, 0);
	atomic_store(&record->posted, 0);
	atomic_store(&record->python_take, 0);
	atomic_store(&record->stack, 0);
	atomic_store(&record->python, 0);
	atomic_store_explicit(&record->owner, process.serial, memory_order_release);
}

/* 0: somebody else has it, or there is no room. */
static session_reference shares_take_record(uint32_t number, bool force, const struct share *share,
					    uint64_t address)
{
	struct intern_place intern;
	session_reference reference =
		log_find(hash_mix(hash_mix(HASH_SEED, RECORD_SHARE), number), &intern);
	struct record_share *record;
	uint32_t owner;

	if (reference) {
		record = log_record(reference);
		owner = atomic_load(&record->owner);
		if (owner == FILLING || (owner && !(force && is_given_up(record))) ||
		    !atomic_compare_exchange_strong(&record->owner, &owner, FILLING))
			return 0;
		fill_record(record, share, address);
		return reference;
	}
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return 0;
	fill_record(record, share, address);
	log_commit(record, RECORD_SHARE);
	log_publish(&intern, reference);
	return reference;
}

static session_reference find_free_record(const struct share *share, uint64_t address)
{
	uint64_t least = log_header()->cells_count / CELLS_EACH;
	uint32_t records = least < RECORDS_MAX ? (uint32_t)least + 1 : RECORDS_MAX;
	uint32_t first = (uint32_t)(hash_mix(process.serial, address) >> 32);
	session_reference reference = 0;

	for (uint32_t probe = 0; !reference && probe < 2 * RECORD_PROBES; probe++)
		reference = shares_take_record((first + probe % RECORD_PROBES) % records,
					       probe >= RECORD_PROBES, share, address);
	if (!reference)
		atomic_fetch_add(&log_header()->counters.dropped, 1);
	return reference;
}

static struct record_share *shares_record_of(uint64_t word)
{
	struct record_share *record = log_record((session_reference)word);

	if (word >> 32 != process.serial || !(session_reference)word ||
	    atomic_load_explicit(&record->owner, memory_order_relaxed) != process.serial)
		return NULL;
	return record;
}

static COLD struct record_share *shares_begin(struct share *share, uint64_t known, uint64_t address)
{
	session_reference reference;

	/* It was tried, and there is none; or it is nobody else's. */
	if (known >> 32 == process.serial || !share->inode)
		return NULL;
	/* The record will refer to stacks, and may outlive the process. */
	modules_record();
	reference = find_free_record(share, address);
	if (atomic_compare_exchange_strong(&share->record, &known,
					   (uint64_t)process.serial << 32 | reference)) {
		atomic_store(&any_record, true);
		return shares_record_of(atomic_load(&share->record));
	}
	/* Another thread was faster. */
	if (reference)
		atomic_store(&((struct record_share *)log_record(reference))->owner, 0);
	return shares_record_of(known);
}

static struct record_share *own_record(const sem_t *semaphore, struct share **share)
{
	uint64_t address = (uintptr_t)semaphore, known;
	struct record_share *record;

	/* A child that does not know yet that it is one would count as its parent. */
	if (!process.active || process_is_new())
		return NULL;
	*share = shares_find(address);
	if (unlikely(!*share))
		*share = shares_add(address);
	if (!*share)
		return NULL;
	known = atomic_load_explicit(&(*share)->record, memory_order_relaxed);
	record = shares_record_of(known);
	return likely(record != NULL) ? record : shares_begin(*share, known, address);
}

/* --- uses --------------------------------------------------------------------- */

/* An interpreter's frames take microseconds: they are read once in 10 ms. */
static void note_python(struct thread *thread, struct share *share, struct record_share *record,
			uint64_t take)
{
	uint32_t now = (uint32_t)(time_coarse() >> 1);

	if (likely(atomic_load_explicit(&share->seen, memory_order_relaxed) == now))
		return;
	atomic_store(&share->seen, now);
	atomic_store(&record->python, kept_reference(python_capture(thread, 0)));
	atomic_store(&record->python_take, (uint32_t)take);
}

void share_took(const sem_t *semaphore, struct call_site site)
{
	struct share *share;
	struct record_share *record = own_record(semaphore, &share);
	struct thread *thread = record ? thread_current() : NULL;
	int saved = errno;
	uint64_t take;

	if (!thread)
		return;
	atomic_store_explicit(&record->stack,
			      kept_reference(capture_stack_once(thread, site, SESSION_STACK_MAX)),
			      memory_order_relaxed);
	atomic_store_explicit(&record->tid, thread->tid, memory_order_relaxed);
	atomic_store_explicit(&record->since_ns, time_coarse(), memory_order_relaxed);
	take = atomic_fetch_add(&record->taken, 1) + 1;
	note_python(thread, share, record, take);
	errno = saved;
}

void share_gives(const sem_t *semaphore)
{
	struct share *share;
	struct record_share *record = own_record(semaphore, &share);

	if (record)
		atomic_fetch_add(&record->posted, 1);
}

static void shares_end(struct record_share *record)
{
	if (atomic_load(&record->taken) == atomic_load(&record->posted))
		atomic_store(&record->owner, 0);
	else
		atomic_fetch_or(&record->flags, SHARE_ENDED);
}

void share_forgotten(const sem_t *semaphore)
{
	struct share *share = process.active ? shares_find((uintptr_t)semaphore) : NULL;
	struct record_share *record;

	if (!share || process_is_new())
		return;
	record = shares_record_of(atomic_load(&share->record));
	if (record)
		shares_end(record);
	atomic_store(&share->semaphore, 0);
}

IN_CHILD void shares_at_end(void)
{
	/* A vfork child ends in its parent's memory. */
	if (!atomic_load(&any_record) || process_is_new() ||
	    (!process.is_filtered && raw_getpid() != process.pid))
		return;
	for (uint32_t i = 0; i < SHARES; i++) {
		struct record_share *record = shares_record_of(atomic_load(&shares[i].record));

		if (record)
			shares_end(record);
	}
}
