/*
 * Kept facts have their memory here. It is claimed by one atomic add, in any thread and in
 * signal handlers, and never given back. It is there from the start: behind a seccomp filter
 * of the program's nothing could be mapped.
 */
#include "log/kept_facts.h"
#include <string.h>

/* A start of Python keeps 50 to 120 KB, and few pages of the rest are ever touched. All the
 * memory of the shim that is zero at the start stays below 2 MiB: where the kernel makes
 * huge pages of everything, the first store would clear and keep one. */
#define KEPT_BYTES (1u << 19)
#define UNIT       KEPT_UNIT
/* References into the index are probed so often. */
#define INDEX  4096
#define PROBES 8

static _Alignas(64) unsigned char facts[KEPT_BYTES] __attribute__((section(".bss.kept")));
static _Atomic kept_fact index_of_facts[INDEX];
/* In units; 0 is no fact. */
static _Atomic uint32_t next_unit = 1;
/* The last of those to be written at a fork. */
static _Atomic kept_fact pending;

_Static_assert(KEPT_BYTES / UNIT < KEPT_LOGGED, "a place is told from a record of the log");
_Static_assert(sizeof(struct session_kept) == sizeof(struct record), "laid out like a record");

uint64_t kept_address(void)
{
	return (uint64_t)(uintptr_t)facts;
}

static struct session_kept *fact_at(kept_fact fact)
{
	return (void *)(facts + (size_t)fact * UNIT);
}

static bool is_kept(kept_fact fact)
{
	return fact && !(fact & KEPT_LOGGED) && fact < KEPT_BYTES / UNIT;
}

session_reference kept_written(kept_fact fact)
{
	return is_kept(fact) ? atomic_load(&fact_at(fact)->reference) : fact & ~KEPT_LOGGED;
}

void kept_count(kept_fact fact)
{
	session_reference reference = kept_written(fact);

	if (reference)
		atomic_fetch_add(&((struct record *)log_record(reference))->count, 1);
	else if (fact)
		atomic_fetch_add(&fact_at(fact)->count, 1);
}

/* What found no room here is in the log, if it was seen before. */
static kept_fact find_logged(uint64_t hash, struct kept_place *place)
{
	session_reference reference = log_find(hash, &place->intern);

	return reference ? reference | KEPT_LOGGED : 0;
}

static bool is_full(void)
{
	return atomic_load(&next_unit) >= KEPT_BYTES / UNIT;
}

kept_fact kept_find(uint64_t hash, struct kept_place *place)
{
	*place = (struct kept_place){.hash = hash};
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		_Atomic kept_fact *entry =
			&index_of_facts[((uint32_t)(hash >> 16) + probe) % INDEX];
		kept_fact fact = atomic_load(entry);

		if (!fact) {
			place->entry = entry;
			break;
		}
		if (fact_at(fact)->hash == hash)
			return fact;
	}
	return is_full() ? find_logged(hash, place) : 0;
}

static struct session_kept *claim_units(size_t size, kept_fact *fact)
{
	uint32_t units = (uint32_t)((size + UNIT - 1) / UNIT), first;

	/* The counter stays at the end, once it has come there. */
	do {
		first = atomic_load(&next_unit);
		if (units > KEPT_BYTES / UNIT - first)
			return NULL;
	} while (!atomic_compare_exchange_weak(&next_unit, &first, first + units));
	*fact = first;
	return fact_at(first);
}

void *kept_claim(const struct kept_place *place, size_t size, kept_fact *fact)
{
	struct session_kept *kept = claim_units(size, fact);
	session_reference reference;
	void *record;

	if (kept) {
		kept->hash = place->hash;
		kept->size = (uint32_t)size;
		atomic_store_explicit(&kept->count, 1, memory_order_relaxed);
		return kept;
	}
	atomic_store(&next_unit, KEPT_BYTES / UNIT);
	record = log_claim(size, &reference);
	*fact = record ? reference | KEPT_LOGGED : 0;
	return record;
}

/* Where a fact names others, a record names their records. */
static void refer_to_records(void *record, enum record_type type)
{
	struct record_python *python = record;
	struct record_thread *thread = record;
	struct record_fork *fork = record;
	struct record_use *use = record;

	if (type == RECORD_USE) {
		use->stack = kept_reference(use->stack);
	} else if (type == RECORD_THREAD) {
		thread->created_at = kept_reference(thread->created_at);
		thread->created_python = kept_reference(thread->created_python);
	} else if (type == RECORD_FORK) {
		fork->thread = kept_reference(fork->thread);
		fork->stack = kept_reference(fork->stack);
		fork->python = kept_reference(fork->python);
	}
	for (uint32_t i = 0; type == RECORD_PYTHON && i < python->count; i++)
		python->frames[i].code = kept_reference(python->frames[i].code);
}

void kept_commit(const struct kept_place *place, void *record, enum record_type type,
		 kept_fact fact)
{
	kept_fact nobody = 0;

	if (!is_kept(fact)) {
		refer_to_records(record, type);
		log_commit(record, type);
		log_publish(&place->intern, fact & ~KEPT_LOGGED);
		return;
	}
	((struct session_kept *)record)->type = (uint16_t)type;
	if (place->entry)
		atomic_compare_exchange_strong(place->entry, &nobody, fact);
}

void kept_commit_pending(const struct kept_place *place, void *record, enum record_type type,
			 kept_fact fact)
{
	struct session_kept *kept = record;

	kept_commit(place, record, type, fact);
	if (!is_kept(fact))
		return;
	kept->next = atomic_load(&pending);
	while (!atomic_compare_exchange_weak(&pending, &kept->next, fact))
		;
}

/* Another process of the image may have written the same. */
static session_reference write_record(const struct session_kept *kept)
{
	struct intern_place place;
	session_reference reference = log_find(kept->hash, &place);
	struct record *record;

	if (reference)
		return reference;
	record = log_claim(kept->size, &reference);
	if (!record)
		return 0;
	memcpy(record + 1, kept + 1, kept->size - sizeof(*kept));
	atomic_store(&record->count, atomic_load(&kept->count));
	refer_to_records(record, kept->type);
	log_commit(record, kept->type);
	log_publish(&place, reference);
	return reference;
}

session_reference kept_reference(kept_fact fact)
{
	struct session_kept *kept = fact_at(fact);
	session_reference reference;

	if (!is_kept(fact))
		return fact & ~KEPT_LOGGED;
	reference = atomic_load(&kept->reference);
	if (!reference) {
		reference = write_record(kept);
		atomic_store(&kept->reference, reference);
	}
	return reference;
}

uint64_t kept_identity(kept_fact fact)
{
	return is_kept(fact) ? fact_at(fact)->hash : fact;
}

void kept_flush(void)
{
	kept_fact fact = atomic_load(&pending);

	if (!fact)
		return;
	for (fact = atomic_exchange(&pending, 0); is_kept(fact); fact = fact_at(fact)->next)
		kept_reference(fact);
}
