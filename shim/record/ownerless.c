/*
 * The table of ownerless things, and of who used them last, is kept here. It is written in any
 * thread and in signal handlers; an old entry gives way.
 */
#include "record/ownerless.h"
#include "base/process.h"
#include "common/glibc/semaphore.h"
#include "log/log.h"
#include "record/lost_work.h"
#include "record/private_facts.h"
#include "state/capture.h"

#define PROBES 4

struct session_object objects[OBJECTS];

uint64_t objects_address(void)
{
	return (uint64_t)(uintptr_t)objects;
}

static struct session_object *ownerless_place(uint64_t key, uint32_t probe)
{
	return &objects[(object_index((const void *)(uintptr_t)key) + probe) % OBJECTS];
}

static struct session_object *ownerless_find(uint64_t key)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		struct session_object *entry = ownerless_place(key, probe);

		if (atomic_load_explicit(&entry->key, memory_order_relaxed) == key)
			return entry;
	}
	return NULL;
}

static void ownerless_clear(struct session_object *entry)
{
	atomic_store(&entry->gave, 0);
	atomic_store(&entry->took, 0);
	atomic_store(&entry->made, 0);
}

static COLD struct session_object *ownerless_add(uint64_t key)
{
	struct session_object *entry;

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		uint64_t nobody = 0;

		entry = ownerless_place(key, probe);
		if (atomic_compare_exchange_strong(&entry->key, &nobody, key) || nobody == key)
			return entry;
	}
	entry = ownerless_place(key, 0);
	atomic_store(&entry->key, 0);
	ownerless_clear(entry);
	atomic_store(&entry->key, key);
	return entry;
}

static struct session_object *find_or_add(uint64_t key)
{
	struct session_object *entry = ownerless_find(key);

	return likely(entry != NULL) ? entry : ownerless_add(key);
}

/* The entry may have gone to another object meanwhile, which knows nothing of this use. */
static void ownerless_note(uint64_t key, struct session_object *entry, _Atomic uint64_t *word,
			   uint64_t use)
{
	atomic_store_explicit(word, use, memory_order_relaxed);
	if (unlikely(atomic_load_explicit(&entry->key, memory_order_relaxed) != key))
		atomic_store_explicit(word, 0, memory_order_relaxed);
}

static bool is_of_same_thread(uint64_t use, uint64_t other)
{
	return !((use ^ other) >> OBJECT_THREAD & OBJECT_SERIAL);
}

/*
 * Does a child, which posts, hand work to threads that were lost? It counts who waits, and
 * the copy of a fork still does. Who did not wait just then is known by this: it took what others
 * posted. An interpreter gives back what its lost threads had taken themselves (CPython does,
 * for each), and hands nothing to anybody.
 */
static bool semaphore_awaits_lost(const void *semaphore, uint64_t gave, uint64_t took)
{
	struct glibc_semaphore state = glibc_semaphore_load(semaphore);

	if (state.waiters)
		return true;
	return !state.value && (!took || (gave && !is_of_same_thread(gave, took)));
}

/* Who waited for it before the fork, and is not the one who forked, does not exist in a child. */
static bool awaits_lost(const void *object, enum lock_kind kind, const struct session_object *entry,
			uint64_t use)
{
	uint64_t gave = atomic_load_explicit(&entry->gave, memory_order_relaxed);
	uint64_t took = atomic_load_explicit(&entry->took, memory_order_relaxed);

	if (!(use & OBJECT_IN_CHILD) || took & OBJECT_IN_CHILD)
		return false;
	if (kind == LOCK_SEMAPHORE)
		return semaphore_awaits_lost(object, gave, took);
	return took && !is_of_same_thread(use, took);
}

COLD void object_note_gave(const void *object, enum lock_kind kind, const void *site)
{
	uint64_t key = object_key(object, kind), use = object_use(site), took;
	struct session_object *entry;

	if (!process.active)
		return;
	entry = find_or_add(key);
	took = atomic_load_explicit(&entry->took, memory_order_relaxed);
	if (unlikely(process.inherits))
		lost_work_given_before(object,
				       atomic_load_explicit(&entry->gave, memory_order_relaxed));
	if (awaits_lost(object, kind, entry, use))
		facts_note_handed(key, use, took);
	if (took && is_of_same_thread(use, took))
		use |= OBJECT_GIVEN_BACK;
	else if (use & OBJECT_IN_CHILD && kind == LOCK_SEMAPHORE)
		lost_work_given(object, kind, false);
	ownerless_note(key, entry, &entry->gave, use);
}

COLD void object_note_took(const void *object, enum lock_kind kind, const void *site)
{
	uint64_t key = object_key(object, kind);
	struct session_object *entry;

	if (!process.active)
		return;
	if (unlikely(process.inherits))
		lost_work_taken(object);
	entry = find_or_add(key);
	ownerless_note(key, entry, &entry->took, object_use(site));
}

bool object_is_given_back(const void *object, enum lock_kind kind)
{
	const struct session_object *entry = ownerless_find(object_key(object, kind));

	return entry &&
	       atomic_load_explicit(&entry->gave, memory_order_relaxed) & OBJECT_GIVEN_BACK;
}

bool object_was_taken_by(const void *object, enum lock_kind kind)
{
	const struct session_object *entry = ownerless_find(object_key(object, kind));
	uint64_t took = entry ? atomic_load_explicit(&entry->took, memory_order_relaxed) : 0;

	return took && is_of_same_thread(took, thread_mark);
}

void object_made(const void *object, enum lock_kind kind, struct call_site site)
{
	struct thread *thread = thread_current();
	struct session_object *entry;
	int saved = errno;

	if (unlikely(process.inherits))
		lost_work_remade(object);
	if (thread) {
		kept_fact stack = capture_stack_once(thread, site, CAPTURE_INNERMOST);

		entry = find_or_add(object_key(object, kind));
		ownerless_clear(entry);
		atomic_store(&entry->made, stack | (thread_mark & OBJECT_IN_CHILD));
	}
	errno = saved;
}

void object_forgotten(const void *object, enum lock_kind kind)
{
	struct session_object *entry = ownerless_find(object_key(object, kind));

	if (unlikely(process.inherits))
		lost_work_remade(object);
	if (!entry)
		return;
	ownerless_clear(entry);
	atomic_store(&entry->key, 0);
}
