/*
 * FC014: two processes use one connection, epoll set, timer or io_uring that was there at the fork
 * between them: both took from it, or both wrote to it. There is one finding for each line of
 * forks, kind of thing, and package that made it.
 */
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/peer_words.h"
#include "findings/evidence/python_evidence.h"
#include "findings/evidence/shared_use.h"
#include "origins/origin.h"

static const struct {
	const char *what, *took, *gave, *why;
} kinds[SHARED_KINDS] = {
	[SHARED_SOCKET] = {"connection", "read from it", "wrote to it",
			   "a fork copies the number, not the connection: what the other end sends "
			   "goes to whoever reads first, so that one gets answers to what the "
			   "other has asked."},
	[SHARED_EPOLL] = {"epoll set", "drew events from it", "",
			  "both have one set, not two: an event that one draws may be the "
			  "other's, and what one adds or takes away is so for both."},
	[SHARED_TIMER] = {"timer", "read its expirations", "",
			  "both have one timer, not two: what one reads the other never sees, and "
			  "who sets it sets it for both."},
	[SHARED_RING] = {"io_uring", "entered it", "",
			 "both have one ring, in memory that they share: each takes what the other "
			 "has handed in, and its results."},
};

static const char *shared_descriptor_deed(const struct record_shared_use *use)
{
	return use->way == SHARED_WRITES ? kinds[use->kind].gave : kinds[use->kind].took;
}

static struct frames shared_descriptor_stack(struct judgement *judgement, uint32_t process,
					     session_reference stack, session_reference python)
{
	struct frames frames = evidence_stack(judgement, process, stack);

	frames.python = python_evidence_at(judgement, process, python, stack);
	origins_mark(&judgement->origins, judgement->arena, &frames);
	return frames;
}

static struct frames stack_of_use(struct judgement *judgement, const struct record_shared_use *use)
{
	return shared_descriptor_stack(judgement, use->record.process, use->stack, use->python);
}

/* Of an ancestor's birth nothing is known where that had nothing to say. */
static const struct process_facts *birth_to_tell(const struct judgement *judgement,
						 const struct shared_pair *pair)
{
	const struct process_facts *child =
		model_facts(judgement->model, pair->child->record.process);

	return pair->born->fork || !child ? pair->born : child;
}

static int pid_of(const struct judgement *judgement, const struct record_shared_use *use)
{
	const struct process_facts *process = model_facts(judgement->model, use->record.process);

	return process ? process->pid : -1;
}

static void fill_processes(struct judgement *judgement, struct finding *finding,
			   const struct shared_pair *pair)
{
	const struct record_shared_use *child = pair->child, *other = pair->other;
	const struct process_facts *birth = birth_to_tell(judgement, pair);
	uint64_t born = birth->birth_ns, used = child->record.time_ns;

	evidence_fork(judgement, &finding->fork, birth->fork, birth);
	finding->parent = (struct parent_part){.present = true,
					       .is_sibling = pair->are_siblings,
					       .pid = pid_of(judgement, other),
					       .tid = other->tid,
					       .deed = shared_descriptor_deed(other),
					       .stack = stack_of_use(judgement, other)};
	finding->child = (struct child_part){.present = true,
					     .pid = pid_of(judgement, child),
					     .tid = child->tid,
					     .deed = shared_descriptor_deed(child),
					     .stack = stack_of_use(judgement, child)};
	finding->child.after_ms = used >= born ? (double)(used - born) / 1e6 : -1;
}

static void fill_thing(struct judgement *judgement, struct shared_part *part,
		       const struct record_shared_use *use)
{
	part->present = true;
	part->what = kinds[use->kind].what;
	part->descriptor = use->descriptor;
	part->peer = peer_words(judgement->arena, use->peer, use->peer_length);
	part->made_by = use->kind == SHARED_SOCKET ? "connected" : "made";
	part->made_at = shared_descriptor_stack(judgement, use->record.process, use->made,
						use->made_python);
}

/* Whose connection it is: who made it says it best. */
static const char *package_of(const struct finding *finding)
{
	const struct origin *origin = origin_behind(&finding->shared.made_at);

	if (!finding->shared.made_at.count)
		origin = origin_behind(&finding->child.stack);
	return origin ? origin->package : NULL;
}

static const char *thing_words(struct judgement *judgement, const struct shared_part *part)
{
	const char *article = *part->what == 'e' || *part->what == 'i' ? "an" : "a";

	if (part->peer)
		return arena_printf(judgement->arena, "a connection to %s", part->peer);
	return arena_printf(judgement->arena, "%s %s", article, part->what);
}

static const char *shared_descriptor_explain(const struct record_shared_use *use)
{
	if (use->way == SHARED_WRITES)
		return "a fork copies the number, not the connection: what both write goes one "
		       "into the other, and who says farewell at its end, as a library may, ends "
		       "the connection for both.";
	return kinds[use->kind].why;
}

static void shared_descriptor_report(struct judgement *judgement, const struct rule *rule,
				     const struct shared_pair *pair)
{
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_WARNING;
	finding->certainty = CERTAINTY_OBSERVED;
	fill_processes(judgement, finding, pair);
	fill_thing(judgement, &finding->shared, pair->child);
	finding->package = package_of(finding);
	finding->message = arena_printf(
		judgement->arena, "%s %d and child %d both used %s that was made before the fork.",
		pair->are_siblings ? "child" : "parent", finding->parent.pid, finding->child.pid,
		thing_words(judgement, &finding->shared));
	finding->why = shared_descriptor_explain(pair->child);
	cure_finding(
		judgement, finding,
		&(struct cure_question){.situation = CURE_SHARED, .detail = pair->child->kind});
	evidence_identify_by_fork(judgement, finding);
}

void judge_shared_descriptor(struct judgement *judgement, const struct rule *rule)
{
	struct shared_pair *pairs;
	size_t count = shared_pairs(judgement, &pairs);

	for (size_t i = 0; i < count; i++)
		shared_descriptor_report(judgement, rule, &pairs[i]);
}
