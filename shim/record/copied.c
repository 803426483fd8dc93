/*
 * COPIED records say who used the same copy of a state as another process. They are appended
 * in hooks, at exits, and where a fork finds that output is gone.
 */
#include "record/copied.h"
#include "base/process.h"
#include "log/log.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/thread.h"

/* A server may fork and draw a million times: the first ones say it all. */
#define SAMPLES 64

uint64_t copied_identity(void)
{
	return (uint64_t)process.serial << 32 | (atomic_fetch_add(&process.identities, 1) + 1);
}

/* The same kind of state, in children of the same fork, counts as one thing. */
static bool is_enough(enum copied_kind kind, int descriptor, struct intern_place *place,
		      session_reference *known)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_COPIED), process.image);

	hash = hash_mix(hash_mix(hash, kept_identity(process.born_by)), kind);
	*known = log_find(hash_mix(hash, (uint64_t)(int64_t)descriptor), place);
	return *known && atomic_load(&((struct record *)log_record(*known))->count) > SAMPLES;
}

static void record_copied(struct thread *thread, const struct record_copied *facts)
{
	struct intern_place place;
	session_reference known, reference, who, stack = 0, python = 0;
	struct record_copied *record;

	if (is_enough(facts->kind, facts->descriptor, &place, &known))
		return;
	who = thread_record(thread);
	/* Output that was found written was written somewhere else. */
	if (facts->kind != COPIED_OUTPUT || facts->flags) {
		stack = capture_stack(thread);
		python = kept_reference(python_capture(thread, thread->capture_sp));
	}
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return;
	record->identity = facts->identity;
	record->kind = facts->kind;
	record->flags = facts->flags;
	record->thread = who;
	record->stack = stack;
	record->python = python;
	record->tid = thread_kernel_tid(thread);
	record->descriptor = facts->descriptor;
	record->length = facts->length;
	log_commit(record, RECORD_COPIED);
	if (!known)
		log_publish(&place, reference);
}

void copied_record(struct thread *thread, enum copied_kind kind, uint64_t identity, uint32_t flags)
{
	record_copied(thread, &(struct record_copied){.identity = identity,
						      .kind = kind,
						      .flags = flags,
						      .descriptor = -1});
}

void copied_record_output(struct thread *thread, uint64_t identity, uint32_t flags, int descriptor,
			  uint64_t length)
{
	record_copied(thread, &(struct record_copied){.identity = identity,
						      .kind = COPIED_OUTPUT,
						      .flags = flags,
						      .descriptor = descriptor,
						      .length = length});
}
