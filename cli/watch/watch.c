/*
 * The watch visits processes a few times a second, and samples only those that inherited
 * trouble: a healthy program costs one read of shared memory per process.
 */
#include "watch.h"
#include "base/clock.h"
#include "hangs/child/fork_hook.h"
#include "hangs/child/proof.h"
#include "hangs/identify/wakeup_sources.h"
#include "process/core_file.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUND_NS 400000000u
/* Where many are watched, rounds are further apart: a hundredth of a processor, if that does
 * not make them slower than this. */
#define ROUND_SHARE  100
#define ROUND_MAX_NS 1000000000u
/* An announced wait is looked at this often: two looks, and it is reported. */
#define ANNOUNCED_MS 50
#define ROUND_MS     200
#define LINEAGE_MAX  1024

void watch_init(struct watch *watch, struct writer *writer, uint64_t hang_after_ns)
{
	*watch = (struct watch){
		.writer = writer, .hang_after_ns = hang_after_ns, .moving_after_ns = hang_after_ns};
}

void watch_init_attached(struct watch *watch, struct writer *writer, uint64_t hang_after_ns,
			 uint64_t moving_after_ns)
{
	watch_init(watch, writer, hang_after_ns);
	watch->moving_after_ns = moving_after_ns;
	watch->set.is_attached = true;
}

void watch_release(struct watch *watch)
{
	while (watch->set.count)
		watched_drop(watch->set.list[--watch->set.count]);
	free(watch->set.list);
	namespaces_release(&watch->set.namespaces);
	outside_release(&watch->outside);
	*watch = (struct watch){0};
}

static bool lacks_threads(const struct model *model, const struct process_facts *facts)
{
	const struct record_lost *lost =
		model_lost(model, reader_fork_lost(model->reader, facts->fork));

	return lost && lost->count;
}

/* The threads of an ancestor are missing in every descendant until one execs. */
static bool is_missing_threads(const struct model *model, const struct process_facts *facts)
{
	for (int i = 0; i < LINEAGE_MAX && facts && facts->kind == BIRTH_CHILD; i++) {
		if (facts->lost || (facts->is_outside && lacks_threads(model, facts)))
			return true;
		facts = model_facts(model, facts->parent);
	}
	return false;
}

static void take_births(struct watch *watch, const struct model *model)
{
	const struct arrivals *arrivals = &model->arrivals;

	for (; watch->next_arrival < arrivals->count; watch->next_arrival++) {
		const struct process_facts *facts =
			model_facts(model, arrivals->serials[watch->next_arrival]);

		if (facts && facts->pid > 0 && !watched_find(&watch->set, facts->serial))
			watched_add(&watch->set, facts);
	}
}

static void take_waits(struct watch *watch, const struct model *model)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (; watch->next_wait < waits->count; watch->next_wait++) {
		session_reference reference = waits->references[watch->next_wait];
		const struct record_wait *wait = model_wait(model, reference);
		const struct process_facts *facts = model_facts(model, wait->record.process);
		struct watched *watched = watched_find(&watch->set, wait->record.process);

		if (wait->flags & (WAIT_PERHAPS | WAIT_SEEN) || !facts || facts->pid <= 0)
			continue;
		if (!watched)
			watched = watched_add(&watch->set, facts);
		if (watched && wait->flags)
			watched->tried = reference;
		else if (watched)
			watched->wait = reference;
	}
}

static bool watch_is_alive(const struct watched *watched)
{
	return core_is(watched->pid) || kill(watched->pid, 0) == 0 || errno == EPERM;
}

static int32_t forking_thread(const struct model *model, const struct process_facts *facts)
{
	struct session_birth birth;

	if (!facts->birth_number || !reader_birth(model->reader, facts->birth_number - 1, &birth) ||
	    birth.process != facts->serial)
		return 0;
	return birth.forking;
}

/* All is said of it. */
static bool is_settled(const struct watched *watched)
{
	return watched->told.is_proven && watched->told.may_be_killed;
}

/* False when there is nothing left to watch. */
static bool visit(struct watch *watch, const struct turn *turn, struct watched *watched,
		  bool full_round)
{
	const struct process_facts *facts = model_facts(turn->model, watched->serial);
	int32_t forking;

	if (!facts || model_state(turn->model, facts) & BIRTH_EXECED)
		return false;
	if (full_round && (watched->process >= 0 || watched->told.kind) && !watch_is_alive(watched))
		return false;
	if (is_settled(watched) || (!full_round && !watched->wait))
		return true;
	/* Its record may be there long before the births that make it one: a parent
	 * fills them when it comes out of its fork. */
	watched->is_missing_threads =
		watched->is_missing_threads || is_missing_threads(turn->model, facts);
	forking = watch->set.is_attached ? watched->unseen_forking
					 : forking_thread(turn->model, facts);
	/* Of a child missing threads, what it lacks says more. */
	if (watched->is_missing_threads || watched->wait)
		watched->hooked = 0;
	else if (!forking && full_round)
		watched->hooked = fork_hook_find(turn, watched);
	proof_note_forking(turn, watched, forking ? forking : watched->hooked);
	watched->lacks_nobody = !watched->is_missing_threads &&
				((watch->set.is_attached && facts->kind == BIRTH_CHILD) ||
				 (!watched->wait && proof_may_wait_for_own(watched, facts)));
	if (!watched->is_missing_threads && !watched->wait && !watched->forking &&
	    !watched->lacks_nobody)
		return watch_is_alive(watched);
	/* Between rounds, what is known of other namespaces may be older than the process. */
	if (!watched_open(&watch->set, watched, facts))
		return !full_round;
	if (facts->is_outside && !watch->set.is_attached &&
	    !outside_is_unchanged(&watch->outside, watched->pid))
		return false;
	/* Its start is known to two seconds only. Asked anew: it signs some time after its birth.
	 */
	if (wakeup_are_of_another(facts, watched->pid))
		return false;
	proof_judge(turn, watched);
	return true;
}

static void visit_all(struct watch *watch, const struct turn *turn, bool full_round)
{
	size_t kept = 0;

	for (size_t i = 0; i < watch->set.count; i++) {
		if (visit(watch, turn, watch->set.list[i], full_round))
			watch->set.list[kept++] = watch->set.list[i];
		else
			watched_drop(watch->set.list[i]);
	}
	watch->set.count = kept;
}

static bool any_announced(const struct watch *watch)
{
	for (size_t i = 0; i < watch->set.count; i++)
		if (watch->set.list[i]->wait && !watch->set.list[i]->told.kind)
			return true;
	return false;
}

uint64_t watch_pause(uint64_t spent_ns)
{
	uint64_t pause = spent_ns * ROUND_SHARE;

	return pause < ROUND_NS ? ROUND_NS : pause > ROUND_MAX_NS ? ROUND_MAX_NS : pause;
}

int watch_turn(struct watch *watch, struct model *model,
	       bool (*found)(const struct hang *hang, void *data), void *data)
{
	struct turn turn = {.writer = watch->writer,
			    .hang_after_ns = watch->hang_after_ns,
			    .moving_after_ns = watch->moving_after_ns,
			    .model = model,
			    .found = found,
			    .data = data,
			    .now = clock_ns(CLOCK_MONOTONIC)};
	bool full_round = turn.now >= watch->next_round_ns;
	uint64_t spent = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	if (!watch->set.is_attached)
		outside_turn(&watch->outside, model, watch->writer, turn.now);
	take_births(watch, model);
	take_waits(watch, model);
	if (full_round)
		watch->set.knows_namespaces = false;
	visit_all(watch, &turn, full_round);
	if (full_round) {
		ring_turn(&turn, &watch->set);
		spent = clock_ns(CLOCK_THREAD_CPUTIME_ID) - spent;
		watch->next_round_ns = turn.now + watch_pause(spent);
	}
	return any_announced(watch) ? ANNOUNCED_MS : ROUND_MS;
}

bool watch_awaits_judgement(const struct watch *watch)
{
	for (size_t i = 0; i < watch->set.count; i++)
		if (watch->set.list[i]->is_missing_threads && proof_is_open(watch->set.list[i]) &&
		    watch_is_alive(watch->set.list[i]))
			return true;
	return false;
}

void watch_signal_all(const struct watch *watch, int signal)
{
	for (size_t i = 0; i < watch->set.count; i++) {
		struct watched *watched = watch->set.list[i];

		if (watched->process >= 0)
			syscall(SYS_pidfd_send_signal, watched->process, signal, NULL, 0);
	}
}
