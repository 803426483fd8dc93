/* The table of watched locks is kept here. It is asked in the slow path of every lock. */
#include "state/watched_locks.h"
#include "base/process.h"
#include "log/log.h"
#include "state/held_table.h"
#include "state/moments.h"

#define WATCHED 1024
#define PROBES  8

/* The address, and above 48 bits the bits of enum watch. */
static _Atomic uint64_t watched[WATCHED];
static _Atomic bool is_used;
static _Atomic uint64_t newest_gate;

#define ADDRESS ((UINT64_C(1) << 48) - 1)

static _Atomic uint64_t *watch_find(const void *lock, bool add)
{
	uint32_t index = (uint32_t)(hash_mix(HASH_SEED, (uintptr_t)lock) >> 32);

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		_Atomic uint64_t *entry = &watched[(index + probe) % WATCHED];
		uint64_t found = atomic_load_explicit(entry, memory_order_relaxed);

		if (!found && add &&
		    atomic_compare_exchange_strong(entry, &found, (uintptr_t)lock & ADDRESS))
			return entry;
		if ((found & ADDRESS) == ((uintptr_t)lock & ADDRESS))
			return entry;
		if (!found)
			return NULL;
	}
	return NULL;
}

static void begin_watch(enum watch what)
{
	uint64_t moment = moment_next();

	if (what == WATCH_GATE)
		atomic_store(&newest_gate, moment);
	held_slow_down(moment);
}

/* What threads did with it so far stands in slots of the uncontended path. */
bool watch_add(const void *lock, enum watch what)
{
	uint64_t bit = (uint64_t)what << 48;
	_Atomic uint64_t *entry = watch_find(lock, true);

	if (!entry)
		return false;
	atomic_store_explicit(&is_used, true, memory_order_relaxed);
	if (!(atomic_load_explicit(entry, memory_order_relaxed) & bit) &&
	    !(atomic_fetch_or(entry, bit) & bit))
		begin_watch(what);
	return true;
}

uint64_t watch_newest_gate(void)
{
	return atomic_load(&newest_gate);
}

uint32_t watch_of(const void *lock)
{
	const _Atomic uint64_t *entry;

	if (likely(!atomic_load_explicit(&is_used, memory_order_relaxed)))
		return 0;
	entry = watch_find(lock, false);
	return entry ? (uint32_t)(atomic_load_explicit(entry, memory_order_relaxed) >> 48) : 0;
}

uint32_t gate_bit(const void *lock, bool reads)
{
	uint32_t bit = (uint32_t)(hash_mix(HASH_SEED, (uintptr_t)lock) >> 40) % GATES_READ;

	return 1u << (reads ? bit + GATES_READ : bit);
}

bool gates_exclude(uint32_t gates, uint32_t others)
{
	uint32_t held = gates & GATES_HELD, read = gates >> GATES_READ & GATES_HELD;
	uint32_t others_held = others & GATES_HELD, others_read = others >> GATES_READ & GATES_HELD;

	return (held & (others_held | others_read)) || (read & others_held) ||
	       (gates & others & GATE_PYTHON);
}
