/*
 * The table of who has written to which descriptor is kept here. It is written by any thread and in
 * signal handlers. Each word stands for itself: that two threads come at once loses at most which
 * of them came last.
 */
#include "record/descriptor_writers.h"

struct session_descriptor session_descriptors[DESCRIPTORS];

uint64_t descriptor_writers_address(void)
{
	return (uint64_t)(uintptr_t)session_descriptors;
}

static bool is_by_same_thread(uint64_t use, uint64_t other)
{
	return !((use ^ other) >> OBJECT_THREAD & OBJECT_SERIAL);
}

static void note_last(struct session_descriptor *known, uint64_t use)
{
	uint64_t last = atomic_load_explicit(&known->last, memory_order_relaxed);

	if (last && !is_by_same_thread(last, use))
		atomic_store_explicit(&known->before, last, memory_order_relaxed);
	atomic_store_explicit(&known->last, use, memory_order_relaxed);
}

COLD void descriptor_note_written(int descriptor, uint64_t use)
{
	struct session_descriptor *known = &session_descriptors[descriptor];
	uint64_t serial = use >> OBJECT_THREAD & OBJECT_SERIAL;

	if (!process.active)
		return;
	if (!serial)
		atomic_fetch_or(&known->flags, DESCRIPTOR_BY_UNKNOWN);
	else if (use & OBJECT_IN_CHILD)
		atomic_fetch_or(&known->flags, DESCRIPTOR_IN_CHILD);
	else
		atomic_fetch_or(&known->writers, DESCRIPTOR_THREAD(serial));
	if (serial)
		note_last(known, use);
}

void descriptor_goes_unseen(int descriptor)
{
	if ((unsigned)descriptor < DESCRIPTORS && process.active)
		atomic_fetch_or(&session_descriptors[descriptor].flags, DESCRIPTOR_BY_UNKNOWN);
}

static bool is_used(const struct session_descriptor *known)
{
	return atomic_load_explicit(&known->last, memory_order_relaxed) ||
	       atomic_load_explicit(&known->readers, memory_order_relaxed) ||
	       atomic_load_explicit(&known->flags, memory_order_relaxed);
}

/* A fork that comes in between copies one of which less is known. */
static void descriptor_writers_clear(struct session_descriptor *known)
{
	atomic_store(&known->last, 0);
	atomic_store(&known->before, 0);
	atomic_store(&known->flags, 0);
	atomic_store(&known->readers, 0);
	atomic_store(&known->writers, 0);
}

void descriptor_writers_forget(int descriptor)
{
	/* What a vfork child closes, before its exec, is still its parent's. */
	if ((unsigned)descriptor < DESCRIPTORS && is_used(&session_descriptors[descriptor]) &&
	    process_is_own())
		descriptor_writers_clear(&session_descriptors[descriptor]);
}

void descriptor_writers_forget_all(void)
{
	if (!process_is_own())
		return;
	for (int i = 0; i < DESCRIPTORS; i++)
		if (is_used(&session_descriptors[i]))
			descriptor_writers_clear(&session_descriptors[i]);
}

void descriptor_writers_copied(int from, int to)
{
	const struct session_descriptor *known;
	struct session_descriptor *copy;

	if ((unsigned)from >= DESCRIPTORS || (unsigned)to >= DESCRIPTORS || from == to)
		return;
	known = &session_descriptors[from];
	copy = &session_descriptors[to];
	if (!is_used(known) || !process_is_own())
		return;
	atomic_store(&copy->writers, atomic_load(&known->writers));
	atomic_store(&copy->readers, atomic_load(&known->readers));
	atomic_store(&copy->flags, atomic_load(&known->flags));
	atomic_store(&copy->before, atomic_load(&known->before));
	atomic_store(&copy->last, atomic_load(&known->last));
}
