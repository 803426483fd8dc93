/*
 * FC011, wait-cycle: processes wait for each other in a cycle. That nobody else can let them
 * go on was proven from the outside.
 */
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/object_place.h"
#include "findings/evidence/python_evidence.h"
#include <string.h>

static const char *object(struct judgement *judgement, const char *what,
			  const struct record_ring *edge, const char *kind)
{
	return arena_printf(judgement->arena, "%s (descriptor %d, %s:[%llu])", what,
			    edge->descriptor, kind, (unsigned long long)edge->object);
}

static const char *via(struct judgement *judgement, const struct record_ring *edge)
{
	const char *place;

	switch (edge->kind) {
	case RING_CHILD:
		return "the end of a child";
	case RING_DATA:
		return object(judgement, "an empty pipe", edge, "pipe");
	case RING_ROOM:
		return object(judgement, "a full pipe", edge, "pipe");
	case RING_MESSAGE:
		return object(judgement, "an empty socket", edge, "socket");
	case RING_RECEIVER:
		return object(judgement, "a full socket", edge, "socket");
	case RING_MEMORY:
		place = object_place_in_ring(judgement, edge);
		return place ? arena_printf(judgement->arena, "a futex %s", place)
			     : "memory that both have";
	case RING_LOCK:
		return arena_printf(judgement->arena, "a lock on a file (descriptor %d)",
				    edge->descriptor);
	default:
		return NULL;
	}
}

static void add_edge(struct judgement *judgement, struct finding *finding,
		     const struct record_ring *record)
{
	struct cycle_edge *edge = &finding->cycle[finding->cycle_count++];

	edge->pid = record->pid;
	edge->tid = record->tid;
	edge->waits_for = record->waits_for;
	edge->via = via(judgement, record);
	edge->stack = evidence_stack(judgement, record->serial, record->stack);
	edge->stack.python =
		python_evidence_at(judgement, record->serial, record->python, record->stack);
	edge->waiting_in = evidence_waiting_in(judgement, record->serial, &edge->stack);
}

static const struct record_ring *edge_at(const struct model *model, size_t index)
{
	return model_ring(model, model_list(model, RECORD_RING)->references[index]);
}

static bool is_taken(const struct finding *finding, const struct record_ring *record)
{
	for (size_t i = 0; i < finding->cycle_count; i++)
		if (finding->cycle[i].pid == record->pid && finding->cycle[i].tid == record->tid)
			return true;
	return false;
}

/* The next edge that a reader expects: of the process that the last one waits for. */
static const struct record_ring *next_edge(const struct model *model, const struct finding *finding,
					   uint32_t ring, int pid)
{
	size_t count = model_list(model, RECORD_RING)->count;
	const struct record_ring *any = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct record_ring *record = edge_at(model, i);

		if (record->ring != ring || is_taken(finding, record))
			continue;
		if (record->pid == pid)
			return record;
		if (!any)
			any = record;
	}
	return any;
}

static void fill_cycle(struct judgement *judgement, struct finding *finding,
		       const struct record_hang *hang)
{
	const struct model *model = judgement->model;
	const struct record_ring *record;
	int pid = hang->pid;

	finding->cycle = arena_array(judgement->arena, model_list(model, RECORD_RING)->count,
				     sizeof(*finding->cycle));
	while ((record = next_edge(model, finding, hang->about, pid))) {
		add_edge(judgement, finding, record);
		pid = record->waits_for;
	}
}

static bool has_kind(const struct model *model, uint32_t ring, uint32_t least, uint32_t most)
{
	for (size_t i = 0; i < model_list(model, RECORD_RING)->count; i++) {
		const struct record_ring *record = edge_at(model, i);

		if (record->ring == ring && record->kind >= least && record->kind <= most)
			return true;
	}
	return false;
}

/* What is said of the whole ring: of the kinds of waits in it, the one that tells most. */
static enum ring_wait telling_kind(const struct model *model, uint32_t ring)
{
	if (has_kind(model, ring, RING_LOCK, RING_LOCK))
		return RING_LOCK;
	if (has_kind(model, ring, RING_ROOM, RING_ROOM) ||
	    has_kind(model, ring, RING_RECEIVER, RING_RECEIVER))
		return RING_ROOM;
	return has_kind(model, ring, RING_DATA, RING_MESSAGE) ? RING_DATA : RING_MEMORY;
}

static size_t count_processes(const struct finding *finding)
{
	size_t count = 0;

	for (size_t i = 0; i < finding->cycle_count; i++) {
		size_t first = 0;

		while (finding->cycle[first].pid != finding->cycle[i].pid)
			first++;
		count += first == i;
	}
	return count;
}

static const char *wait_cycle_explain(struct judgement *judgement, const struct record_hang *hang)
{
	if (hang->is_proven)
		return "each of them stands still until another of them goes on; no other process "
		       "has what they wait for, and no timer or signal can wake them.";
	return arena_printf(judgement->arena,
			    "each of them stands still until another of them goes on. Not proven: "
			    "%.*s.",
			    (int)hang->reason_length, hang->reason);
}

static void wait_cycle_report(struct judgement *judgement, const struct rule *rule,
			      const struct record_hang *hang)
{
	struct model *model = judgement->model;
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = hang->is_proven ? SEVERITY_ERROR : SEVERITY_WARNING;
	finding->certainty = hang->is_proven ? CERTAINTY_PROVEN : CERTAINTY_SUSPECTED;
	if (hang->fork)
		evidence_fork(judgement, &finding->fork, hang->fork,
			      model_facts(model, hang->serial));
	evidence_hang(judgement, &finding->child, hang);
	fill_cycle(judgement, finding, hang);
	finding->message = arena_printf(
		judgement->arena, "%zu processes %s each other: none of them can go on.",
		count_processes(finding), hang->is_proven ? "wait for" : "seem to wait for");
	finding->why = wait_cycle_explain(judgement, hang);
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_RING,
					     .detail = telling_kind(model, hang->about)});
	evidence_identify(judgement, finding);
}

void judge_wait_cycle(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);

		if (hang && hang->kind == HANG_RING)
			wait_cycle_report(judgement, rule, hang);
	}
}
