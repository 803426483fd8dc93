/*
 * FC004: nothing happened in this run, but a child takes a lock that a thread which it does not
 * have uses, and nothing keeps that thread from having it at the fork. An error where the thread
 * was seen to come to the lock on both sides, or again after it. One finding for each line of
 * forks and package: the reader needs one cure, and not twenty.
 */
#include "base/same_text.h"
#include "fc005_lock_held_at_fork.h"
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/libc_regions.h"
#include "findings/evidence/lock_kinds.h"
#include "findings/evidence/object_place.h"
#include "findings/evidence/predicted_locks.h"
#include "findings/evidence/python_evidence.h"
#include "findings/evidence/told_locks.h"
#include <stdlib.h>
#include <string.h>

/* Measured times within such a factor of each other choose nothing. */
#define NOISE 4

/* One lock that a finding is about. */
struct prediction {
	const struct section_lock *lock;
	enum severity severity;
	struct lock_part part;
	struct child_part child;
	const char *package; /* whose code takes it; NULL: the user's own, or unknown */
	session_reference initialised;
};

struct predictions {
	struct prediction *list;
	size_t count;
};

/* --- what to tell of ------------------------------------------------------------------- */

/*
 * A handler of exit() is registered once, as a C++ static is made, and who is in exit() does not
 * come back: what was seen on one side of the fork is another call than that on the other.
 */
static enum severity severity_at_exit(const struct section_lock *lock)
{
	return lock->is_after ? SEVERITY_WARNING : SEVERITY_NOTE;
}

/* A glibc that nobody has tried may make its lock anew in the child. */
static enum severity severity_in_libc(struct judgement *judgement, const struct section_lock *lock)
{
	const char *version =
		libc_version_of(judgement->model, judgement->arena, lock->taken->record.process);

	if (!libc_region(lock->lock))
		return SEVERITY_NOTE;
	if (lock->lock == REGION_EXIT)
		return severity_at_exit(lock);
	switch (libc_effect_on((enum region)lock->lock, version)) {
	case EFFECT_HANGS:
		return lock->severity;
	case EFFECT_SAFE:
		return SEVERITY_NOTE;
	case EFFECT_UNTRIED:
		break;
	}
	return SEVERITY_WARNING;
}

/* SEVERITY_NOTE: nothing, or another rule does. */
static enum severity severity_told(struct judgement *judgement, const struct section_lock *lock)
{
	enum severity severity = lock->severity;

	if (told_locks_have(judgement->model, lock->lock, lock->kind, lock->fork))
		return SEVERITY_NOTE;
	if (lock->kind == LOCK_REGION)
		severity = severity_in_libc(judgement, lock);
	/* That it was held at a fork is more than that it may be. */
	if (severity == SEVERITY_WARNING && lock_held_at_fork_tells(judgement->model, lock))
		return SEVERITY_NOTE;
	return severity;
}

static bool is_same_lock(const struct model *model, const struct section_lock *lock,
			 uint32_t process, uint64_t address, uint32_t kind)
{
	const struct process_facts *facts = model_facts(model, process);

	return address == lock->lock && kind == lock->kind && facts && facts->image == lock->image;
}

/* What HELD and WAIT records know of a lock that was held at a fork, or waited for. */
static void ask_held_and_waits(const struct model *model, const struct section_lock *lock,
			       session_reference *initialised, bool *is_shared)
{
	const struct model_list *helds = model_list(model, RECORD_HELD);
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (size_t i = 0; i < helds->count; i++) {
		const struct record_held *held = model_held(model, helds->references[i]);

		if (!is_same_lock(model, lock, held->record.process, held->lock, held->kind))
			continue;
		*is_shared |= held->flags & HELD_IN_SHARED_MEMORY;
		if (!*initialised)
			*initialised = held->initialised;
	}
	for (size_t i = 0; i < waits->count; i++) {
		const struct record_wait *wait = model_wait(model, waits->references[i]);

		if (!is_same_lock(model, lock, wait->record.process, wait->lock, wait->kind))
			continue;
		*is_shared |= wait->is_in_shared_memory;
		if (!*initialised)
			*initialised = wait->initialised;
	}
}

/* --- the parts ------------------------------------------------------------------------- */

/* Walking a stack is expensive, and many locks are taken by few lines: `last` is the prediction
 * before, by the stack of its child. */
static void reachable_deadlock_fill_child(struct judgement *judgement, struct child_part *part,
					  const struct record_taken *taken,
					  const struct prediction *last)
{
	const struct record_taken *before = last ? last->lock->taken : NULL;
	uint32_t process = taken->record.process;
	const struct process_facts *facts = model_facts(judgement->model, process);
	const struct record_thread *thread = model_thread(judgement->model, taken->thread);

	part->present = true;
	part->pid = facts ? facts->pid : -1;
	part->tid = thread ? thread->tid : part->pid;
	/* How soon says nothing, and differs from run to run. */
	part->after_ms = -1;
	if (before && before->stack == taken->stack && before->python == taken->python) {
		part->stack = last->child.stack;
		return;
	}
	part->stack = evidence_stack(judgement, process, taken->stack);
	part->stack.python = python_evidence_at(judgement, process, taken->python, taken->stack);
	origins_mark(&judgement->origins, judgement->arena, &part->stack);
}

static void reachable_deadlock_fill_lock(struct judgement *judgement, struct prediction *prediction)
{
	const struct section_lock *lock = prediction->lock;
	struct finding finding = {.child = prediction->child};

	if (lock->kind == LOCK_REGION) {
		prediction->part = (struct lock_part){.present = true,
						      .kind = lock_kind_facts(LOCK_REGION)->name,
						      .name = libc_region(lock->lock)->name};
		return;
	}
	evidence_lock(judgement, &finding.lock, lock->taken->record.process, lock->lock, lock->kind,
		      NULL, 0, prediction->initialised);
	object_place_on_stack(judgement, &finding);
	prediction->part = finding.lock;
}

static void add_prediction(struct judgement *judgement, struct predictions *predictions,
			   const struct section_lock *lock)
{
	struct prediction *prediction = &predictions->list[predictions->count];
	const struct origin *origin;
	bool is_shared = false;

	*prediction = (struct prediction){.lock = lock, .severity = severity_told(judgement, lock)};
	if (prediction->severity == SEVERITY_NOTE)
		return;
	ask_held_and_waits(judgement->model, lock, &prediction->initialised, &is_shared);
	/* The fork has made no copy of it: who has it gives it back to the child, too. */
	if (is_shared)
		return;
	reachable_deadlock_fill_child(judgement, &prediction->child, lock->taken,
				      predictions->count ? prediction - 1 : NULL);
	reachable_deadlock_fill_lock(judgement, prediction);
	origin = origin_behind(&prediction->child.stack);
	prediction->package = origin ? origin->package : NULL;
	prediction->child.deed = arena_printf(judgement->arena, "took %s%s",
					      lock->kind == LOCK_REGION ? "libc's lock " : "",
					      evidence_lock_words(judgement, &prediction->part));
	predictions->count++;
}

/* --- which of them stands for all ------------------------------------------------------- */

static int by_fork_and_package(const void *left, const void *right)
{
	const struct prediction *one = left, *other = right;

	int order;

	if (one->lock->line != other->lock->line)
		return one->lock->line < other->lock->line ? -1 : 1;
	order = compare_texts(one->package, other->package);
	return order ? order : (one->lock > other->lock) - (one->lock < other->lock);
}

static int by_stack(const void *left, const void *right)
{
	const struct section_lock *one = *(const struct section_lock *const *)left;
	const struct section_lock *other = *(const struct section_lock *const *)right;

	if (one->taken->stack != other->taken->stack)
		return one->taken->stack < other->taken->stack ? -1 : 1;
	if (one->taken->python != other->taken->python)
		return one->taken->python < other->taken->python ? -1 : 1;
	return (one > other) - (one < other);
}

static bool reachable_deadlock_is_same(const struct prediction *one, const struct prediction *other)
{
	return one->lock->line == other->lock->line && same_text(one->package, other->package);
}

static int compare_names(const struct prediction *one, const struct prediction *other)
{
	int order = compare_texts(one->part.name, other->part.name);

	if (!order)
		order = compare_texts(one->part.user, other->part.user);
	return order ? order : compare_texts(one->part.kind, other->part.kind);
}

/* The likeliest of the most severe ones; measured times that are much alike do not decide. */
static const struct prediction *leader_of(const struct prediction *list, size_t count)
{
	const struct prediction *leader = NULL;
	enum severity severity = SEVERITY_NOTE;
	double share = 0;

	for (size_t i = 0; i < count; i++)
		if (list[i].severity > severity)
			severity = list[i].severity;
	for (size_t i = 0; i < count; i++)
		if (list[i].severity == severity && list[i].lock->risk.share > share)
			share = list[i].lock->risk.share;
	for (size_t i = 0; i < count; i++)
		if (list[i].severity == severity && list[i].lock->risk.share * NOISE >= share &&
		    (!leader || compare_names(&list[i], leader) < 0))
			leader = &list[i];
	return leader;
}

/* Parts of one object are one row, and so are those without a name that are taken at one place. */
static void reachable_deadlock_add_row(struct judgement *judgement, struct finding *finding,
				       const struct prediction *prediction)
{
	struct predicted_lock *row = arena_zalloc(judgement->arena, sizeof(*row));
	const struct predicted_lock *known;
	struct risk_part *risk = &finding->risk;

	row->severity = prediction->severity;
	row->kind = prediction->part.kind;
	row->name = prediction->part.name;
	row->user = prediction->part.user;
	row->address = prediction->part.address;
	row->order = prediction->lock->is_perhaps ? "perhaps" : "free";
	row->risk = prediction->lock->risk;
	known = predicted_locks_find(finding->locks, row);
	row->alike = known ? known->alike + 1 : 0;
	finding->locks = predicted_locks_add(finding->locks, row);
	risk->forks = row->risk.forks;
	if (row->risk.share > risk->share)
		risk->is_counted = row->risk.is_counted;
	risk->share = 1 - (1 - risk->share) * (1 - row->risk.share);
}

/* --- words ----------------------------------------------------------------------------- */

static bool reachable_deadlock_is_written(const struct frame *frame)
{
	return frame->function && !(frame->origin && frame->origin->kind == ORIGIN_RUNTIME);
}

static const struct frame *reachable_deadlock_innermost(const struct frame *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (reachable_deadlock_is_written(&list[i]))
			return &list[i];
	return NULL;
}

/* "log_write (log.c:28)"; NULL: no frame has a name. */
static const char *reachable_deadlock_place(struct judgement *judgement, struct frames *stack)
{
	const struct python_frames *python = stack->python;
	const struct frame *frame;

	origins_mark(&judgement->origins, judgement->arena, stack);
	frame = reachable_deadlock_innermost(stack->list, stack->count);
	if (!frame && python)
		frame = reachable_deadlock_innermost(python->list, python->count);
	for (size_t i = 0; i < stack->count && !frame; i++)
		if (stack->list[i].function)
			frame = &stack->list[i];
	if (!frame)
		return NULL;
	if (!frame->file || frame->line <= 0)
		return frame->function;
	return arena_printf(judgement->arena, "%s (%s:%d)", frame->function,
			    evidence_file_name(frame->file), frame->line);
}

/* A thread that was never named has its creator's name: what it runs tells it apart. */
static const char *reachable_deadlock_thread(struct judgement *judgement,
					     const struct finding *finding)
{
	const struct holder_part *holder = &finding->holder;
	const char *name = holder->python_name ? holder->python_name : holder->name;
	bool is_own = holder->python_name || !same_text(name, finding->fork.thread_name);

	if (holder->start_routine && !(name && is_own))
		return arena_printf(judgement->arena, "the thread of %s()", holder->start_routine);
	return name ? arena_printf(judgement->arena, "thread \"%s\"", name) : "a lost thread";
}

static const char *reachable_deadlock_fork(struct judgement *judgement,
					   const struct fork_part *fork)
{
	if (!fork->function)
		return "the fork";
	return strchr(fork->function, '(') ? fork->function
					   : arena_printf(judgement->arena, "%s()", fork->function);
}

/* What keeps the thread away from the fork, as far as is known. */
static const char *mechanism(const struct prediction *prediction)
{
	if (prediction->severity == SEVERITY_ERROR)
		return ", and nothing keeps it away from the fork: another schedule, and the child "
		       "inherits the lock taken, without the thread that would give it back.";
	if (prediction->lock->is_perhaps && prediction->lock->is_early)
		return "; not certain: a mutex by which threads tell each other what they did "
		       "was not known as one until after the fork.";
	if (prediction->lock->is_perhaps)
		return "; not certain: one of the two threads polls for something that forkcheck "
		       "cannot see (a flag, an atomic, a file, the time), which may keep them "
		       "apart.";
	if (prediction->lock->kind == LOCK_REGION && prediction->lock->lock == REGION_EXIT)
		return "; not certain: each handler is registered once, in less than a "
		       "microsecond.";
	if (!prediction->lock->is_after)
		return "; not certain: it was not seen to come back to the lock after the fork.";
	return "; not certain: with this version of glibc it was not tried whether the child can "
	       "take the lock.";
}

static void reachable_deadlock_explain(struct judgement *judgement, struct finding *finding,
				       const struct prediction *prediction)
{
	struct arena *arena = judgement->arena;
	const char *lock = evidence_lock_words(judgement, &finding->lock);
	const char *thread = reachable_deadlock_thread(judgement, finding);
	const char *place = reachable_deadlock_place(judgement, &finding->holder.acquired_at);
	const char *inside = finding->holder.inside;

	finding->message = arena_printf(
		arena, "a child would wait for ever for %s%s if %s came while %s is %s%s.",
		inside ? "libc's lock " : "", lock,
		reachable_deadlock_fork(judgement, &finding->fork), thread,
		inside  ? arena_printf(arena, "inside %s", inside)
		: place ? arena_printf(arena, "in %s", place)
			: "in its section",
		inside && place ? arena_printf(arena, ", called by %s", place) : "");
	finding->why = arena_printf(arena, "%s %s %s%s", thread, inside ? "was there" : "had it",
				    finding->holder.used, mechanism(prediction));
}

/* A lock of nobody's is a semaphore that the thread takes and gives. */
static void reachable_deadlock_cure(struct judgement *judgement, struct finding *finding,
				    const struct section_lock *lock)
{
	struct cure_question question = {.situation = CURE_ORPHANED, .kind = lock->kind};

	if (lock->kind == LOCK_REGION)
		question = (struct cure_question){.situation = CURE_REGION,
						  .detail = (uint32_t)lock->lock};
	else if (!lock_kind_facts(lock->kind)->family && lock->kind == LOCK_SEMAPHORE)
		question = (struct cure_question){
			.situation = CURE_LOST, .kind = lock->kind, .detail = EVIDENCE_TAKEN};
	cure_finding(judgement, finding, &question);
}

/* --- findings -------------------------------------------------------------------------- */

static void reachable_deadlock_report(struct judgement *judgement, const struct rule *rule,
				      const struct prediction *list, size_t count)
{
	const struct prediction *leader = leader_of(list, count);
	const struct section_lock *lock = leader->lock;
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = leader->severity;
	finding->certainty = CERTAINTY_PREDICTED;
	evidence_forks(judgement, finding, lock->fork,
		       model_facts(judgement->model, lock->taken->record.process));
	finding->lock = leader->part;
	finding->child = leader->child;
	finding->package = leader->package;
	cut_sections_holder(judgement, &finding->holder, lock);
	/* Of the parts of an object the row has the one that the finding tells of. */
	reachable_deadlock_add_row(judgement, finding, leader);
	for (size_t i = 0; i < count; i++)
		if (&list[i] != leader)
			reachable_deadlock_add_row(judgement, finding, &list[i]);
	reachable_deadlock_explain(judgement, finding, leader);
	reachable_deadlock_cure(judgement, finding, lock);
	evidence_identify_by_fork(judgement, finding);
}

static struct predictions predict(struct judgement *judgement, const struct section_locks *locks)
{
	struct predictions predictions = {.count = 0};
	const struct section_lock **sorted =
		arena_array(judgement->arena, locks->count, sizeof(struct section_lock *));

	predictions.list = arena_array(judgement->arena, locks->count, sizeof(*predictions.list));
	for (size_t i = 0; i < locks->count; i++)
		sorted[i] = &locks->list[i];
	qsort(sorted, locks->count, sizeof(*sorted), by_stack);
	for (size_t i = 0; i < locks->count; i++)
		add_prediction(judgement, &predictions, sorted[i]);
	qsort(predictions.list, predictions.count, sizeof(*predictions.list), by_fork_and_package);
	return predictions;
}

void judge_reachable_deadlock(struct judgement *judgement, const struct rule *rule)
{
	const struct section_locks *locks = cut_sections_locks(judgement);
	struct predictions predictions = {.count = 0};

	if (locks->count)
		predictions = predict(judgement, locks);
	for (size_t first = 0, next; first < predictions.count; first = next) {
		const struct prediction *begin = &predictions.list[first];

		for (next = first + 1; next < predictions.count &&
				       reachable_deadlock_is_same(begin, &predictions.list[next]);)
			next++;
		reachable_deadlock_report(judgement, rule, begin, next - first);
	}
}
