/*
 * A semaphore that somebody took and ended is known by what each process took and gave. Its
 * value must be 0, and all who ever posted must have taken before, or it is no lock. What is
 * missing is what those took that have ended: where one who lives has taken more than it gave,
 * that one may give it back.
 */
#include "ended_taker.h"
#include "closed_set.h"
#include "hangs/record/ended_signal.h"
#include "hangs/watched_set.h"
#include "process/memory_map.h"
#include "process/stop.h"
#include "shim/common/glibc/semaphore.h"
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define UNANSWERED_REASON "who else has the semaphore is not known"
#define OPEN_REASON       "a process that goes on could post it, though none has it in hand"

struct inquest {
	const struct turn *turn;
	struct watched_set *watch;
	struct survey *survey;
	struct wait_set set; /* all that the waiting process waits for */
	struct arena arena;
};

/* --- who has ended ------------------------------------------------------------ */

static bool ended_taker_has_ended(const struct watched *watched)
{
	struct pollfd process = {.fd = watched->process, .events = POLLIN};

	return poll(&process, 1, 0) == 1;
}

/* Its number must be free too: in a PID namespace a process that lives has another
 * one here, and what is not found need not be gone. */
static bool is_dead(const struct inquest *inquest, const struct record_share *share)
{
	const struct process_facts *facts = model_facts(inquest->turn->model, share->owner);
	struct watched *watched = watched_find(inquest->watch, share->owner);

	if (!facts || model_state(inquest->turn->model, facts) & BIRTH_EXECED ||
	    !maps_is_without_memory(share->pid))
		return false;
	return !watched || !watched_open(inquest->watch, watched, facts) ||
	       ended_taker_has_ended(watched);
}

/* --- whose semaphore ------------------------------------------------------------ */

static bool is_of(const struct record_share *share, const struct process_wait *wait)
{
	return share->inode == wait->inode && share->offset == wait->offset &&
	       share->device == SHARE_DEVICE(wait->major, wait->minor);
}

/* A bucket of tokens is taken from by one and filled by another. A lock is had by one at a time,
 * and was given back by somebody some time, or was in the hand of one that was killed. */
struct usage {
	uint64_t in_hand;
	bool any_posted;
	bool any_killed;
};

static bool is_lock(const struct usage *usage)
{
	return usage->in_hand == 1 && (usage->any_posted || usage->any_killed);
}

/*
 * The SHARE record of who took it last of those that have ended with it in hand.
 * 0: there is none, or it is no lock, or one who lives has it.
 */
static session_reference find_ended_taker(const struct inquest *inquest,
					  const struct process_wait *wait)
{
	const struct model *model = inquest->turn->model;
	const struct model_list *list = model_list(model, RECORD_SHARE);
	session_reference found = 0;
	uint64_t found_since = 0;
	struct usage usage = {0};

	for (size_t i = 0; i < list->count; i++) {
		struct record_share share;

		if (!reader_share(model->reader, list->references[i], &share) ||
		    !is_of(&share, wait))
			continue;
		usage.any_posted |= share.posted != 0;
		if (share.taken == share.posted)
			continue;
		if (share.taken < share.posted || !is_dead(inquest, &share))
			return 0;
		usage.in_hand += share.taken - share.posted;
		usage.any_killed |= !(share.flags & SHARE_ENDED);
		if (!found || share.since_ns >= found_since) {
			found = list->references[i];
			found_since = share.since_ns;
		}
	}
	return is_lock(&usage) ? found : 0;
}

static bool is_taken_semaphore(pid_t pid, const struct process_wait *wait)
{
	struct glibc_semaphore state;

	return stop_read(pid, wait->address, &state, sizeof(state)) == sizeof(state) &&
	       !state.value && state.waiters && state.is_shared;
}

/* --- what follows ------------------------------------------------------------- */

static void ended_taker_report(const struct inquest *inquest, struct survey_node *node,
			       const struct process_wait *wait, session_reference taker,
			       const char *reason)
{
	struct process_look *look = survey_report_look();
	const struct turn *turn = inquest->turn;
	struct record_share share;
	struct hang hang = {
		.kind = HANG_DEAD_TAKER,
		.is_proven = !reason,
		.may_be_killed = !reason,
		.reason = reason,
		.serial = node->watched->serial,
		.pid = node->watched->pid,
		.tid = wait->tid,
		.process = node->watched->process,
		.since_ns = node->watched->ring.since,
		.look = look,
		.about = taker,
	};

	if (reason && turn->now - hang.since_ns < turn->hang_after_ns)
		return;
	if (reader_share(turn->model->reader, taker, &share))
		ended_signal_record(share.pid, turn->writer);
	if (procfs_look(hang.pid, look) && procfs_fingerprint(look) == node->fingerprint &&
	    turn->found(&hang, turn->data))
		survey_note_reported(node, look);
}

/* False when one has moved, or is to be looked at again. Else why it is not proven. */
static bool ended_taker_find_reason(struct inquest *inquest, size_t node, const char **reason)
{
	struct survey *survey = inquest->survey;

	*reason = survey_ask_outside(survey) ? NULL : UNANSWERED_REASON;
	if (survey->failed)
		return false;
	if (!graph_closed_set(&survey->graph, node, &inquest->set)) {
		*reason = OPEN_REASON;
		return true;
	}
	if (!closed_set_is_same(survey, &inquest->set)) {
		inquest->watch->rings.is_pending = true;
		return false;
	}
	if (closed_set_ask_wakers(inquest->turn, &inquest->arena, survey, &inquest->set, reason))
		return true;
	/* One of them was held a moment ago for what was found in it. */
	inquest->watch->rings.is_pending = true;
	return false;
}

static void ended_taker_judge_wait(struct inquest *inquest, const struct process_wait *wait)
{
	struct survey_node *node = &inquest->survey->nodes[wait->node];
	session_reference taker;
	const char *reason;

	if (node->watched->ring.reported == node->fingerprint ||
	    !is_taken_semaphore(node->watched->pid, wait))
		return;
	taker = find_ended_taker(inquest, wait);
	if (!taker)
		return;
	if (!node->is_same)
		inquest->watch->rings.is_pending = true;
	else if (ended_taker_find_reason(inquest, wait->node, &reason))
		ended_taker_report(inquest, node, wait, taker, reason);
}

/* To ask everybody settles some waits, and takes them off the survey's list. */
static struct process_wait *copy_waits(const struct survey *survey)
{
	struct process_wait *waits = calloc(survey->wait_count + 1, sizeof(*waits));

	if (waits && survey->wait_count)
		memcpy(waits, survey->waits, survey->wait_count * sizeof(*waits));
	return waits;
}

void ended_taker_judge(const struct turn *turn, struct watched_set *watch, struct survey *survey)
{
	struct inquest inquest = {.turn = turn, .watch = watch, .survey = survey};
	size_t count = survey->wait_count;
	struct process_wait *waits;

	if (!model_list(turn->model, RECORD_SHARE)->count)
		return;
	waits = copy_waits(survey);
	arena_init(&inquest.arena);
	for (size_t i = 0; waits && i < count; i++)
		if (waits[i].kind == AWAITED_MEMORY)
			ended_taker_judge_wait(&inquest, &waits[i]);
	arena_release(&inquest.arena);
	free(waits);
}
