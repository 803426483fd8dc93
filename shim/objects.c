/* The table of objects. Runs in any thread and in signal handlers; an old entry gives way. */
#include "objects.h"
#include "capture.h"
#include "log.h"
#include "thread.h"

#define PROBES 4

static struct session_object objects[OBJECTS];

uint64_t objects_address(void)
{
	return (uint64_t)(uintptr_t)objects;
}

static uint64_t key_of(const void *object, enum lock_kind kind)
{
	return (uint64_t)kind << OBJECT_THREAD | ((uintptr_t)object & OBJECT_ADDRESS);
}

static struct session_object *place(uint64_t key, uint32_t probe)
{
	uint64_t first = key * 0x9e3779b97f4a7c15u >> 32;

	return &objects[(first + probe) % OBJECTS];
}

static struct session_object *find(uint64_t key)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		struct session_object *entry = place(key, probe);

		if (atomic_load_explicit(&entry->key, memory_order_relaxed) == key)
			return entry;
	}
	return NULL;
}

static void clear(struct session_object *entry)
{
	atomic_store(&entry->gave, 0);
	atomic_store(&entry->took, 0);
	atomic_store(&entry->made, 0);
}

static COLD struct session_object *add(uint64_t key)
{
	struct session_object *entry;

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		uint64_t nobody = 0;

		entry = place(key, probe);
		if (atomic_compare_exchange_strong(&entry->key, &nobody, key) || nobody == key)
			return entry;
	}
	entry = place(key, 0);
	atomic_store(&entry->key, 0);
	clear(entry);
	atomic_store(&entry->key, key);
	return entry;
}

static struct session_object *find_or_add(uint64_t key)
{
	struct session_object *entry = find(key);

	return likely(entry != NULL) ? entry : add(key);
}

/* A thread that was never met is called 0: it is not made known here, for this may
 * be a signal handler. */
static uint64_t use_by_caller(const void *site)
{
	const struct thread *thread = thread_known();
	uint64_t serial = thread ? thread->serial : 0;

	return serial << OBJECT_THREAD | ((uintptr_t)site & OBJECT_ADDRESS);
}

/* The entry may have gone to another object meanwhile, which knows nothing of this use. */
static void note(uint64_t key, struct session_object *entry, _Atomic uint64_t *word,
		 const void *site)
{
	atomic_store_explicit(word, use_by_caller(site), memory_order_relaxed);
	if (unlikely(atomic_load_explicit(&entry->key, memory_order_relaxed) != key))
		atomic_store_explicit(word, 0, memory_order_relaxed);
}

void object_gave(const void *object, enum lock_kind kind, const void *site)
{
	uint64_t key = key_of(object, kind);
	struct session_object *entry;

	if (!process.active)
		return;
	entry = find_or_add(key);
	note(key, entry, &entry->gave, site);
}

void object_took(const void *object, enum lock_kind kind, const void *site)
{
	uint64_t key = key_of(object, kind);
	struct session_object *entry;

	if (!process.active)
		return;
	entry = find_or_add(key);
	note(key, entry, &entry->took, site);
}

void object_made(const void *object, enum lock_kind kind, struct call_site site)
{
	struct thread *thread = thread_current();
	struct session_object *entry;
	int saved = errno;

	if (thread) {
		session_reference stack = capture_stack_once(thread, site, CAPTURE_INNERMOST);

		entry = find_or_add(key_of(object, kind));
		clear(entry);
		atomic_store(&entry->made, stack);
	}
	errno = saved;
}

void object_forgotten(const void *object, enum lock_kind kind)
{
	struct session_object *entry = find(key_of(object, kind));

	if (!entry)
		return;
	clear(entry);
	atomic_store(&entry->key, 0);
}
