/*
 * FC016: a process waits for a lock, a semaphore, a barrier or a condition variable that is made
 * for one process and lies in memory that it shares by a fork. Both sides see its words, and a
 * wake-up goes to threads of one's own process only.
 */
#include "findings/cures/cures.h"
#include "findings/evidence/lock_kinds.h"
#include "findings/evidence/wait_evidence.h"
#include "rule.h"

/* What was suspected may have come to an end since. NULL: nothing is suspected. */
static const struct record_hang *hang_of(const struct model *model, session_reference wait)
{
	const struct model_list *hangs = model_list(model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(model, i);

		if (hang && hang->wait == wait)
			return hang;
	}
	return NULL;
}

/* The parent waits, too, for what a child has or gives. A waiting child's own fork is known; one
 * that lost no thread and made a process which has ended is not. */
static bool is_of_parent(const struct model *model, const struct record_wait *wait)
{
	const struct record_fork *fork = model_fork(model, wait->fork);

	return !fork || fork->parent == wait->record.process;
}

static const char *noun_of(const struct record_wait *wait)
{
	const struct lock_kind_facts *facts = lock_kind_facts(wait->kind);

	return facts->family ? "lock" : facts->name;
}

/* A semaphore does not say who has it. */
static bool has_owner(const struct record_wait *wait)
{
	return wait->owner && wait->kind != LOCK_SEMAPHORE;
}

static const char *mechanism_of(struct judgement *judgement, const struct record_wait *wait,
				bool is_parents)
{
	if (wait->owner && !has_owner(wait))
		return arena_printf(judgement->arena,
				    "process %d uses it, too, and it is taken. "
				    "A private semaphore wakes threads of its own process only: "
				    "whoever posts it there wakes nobody here.",
				    wait->owner);
	if (!wait->owner)
		return arena_printf(judgement->arena,
				    "what it sleeps on has been changed since, by another process. "
				    "A private %s wakes threads of its own process only: whoever "
				    "did that woke nobody here.",
				    noun_of(wait));
	if (is_parents)
		return "a thread of another process has it. A private lock wakes threads of its "
		       "own process only: when that gives it back, nobody wakes this one.";
	return "a thread of the parent has it. A private lock wakes threads of its own process "
	       "only: when the parent gives it back, nobody wakes the child.";
}

static const char *doubt_of(struct judgement *judgement, const struct record_wait *wait,
			    const struct record_hang *hang)
{
	if (hang)
		return arena_printf(judgement->arena, " Not proven: %.*s.",
				    (int)hang->reason_length, hang->reason);
	return wait->flags ? " Not proven: the child catches signals, and looks at the lock again "
			     "when one has interrupted it."
			   : "";
}

static void private_across_fork_say(struct judgement *judgement, struct finding *finding,
				    const struct record_wait *wait, const struct record_hang *hang)
{
	bool is_parents = is_of_parent(judgement->model, wait);

	finding->message =
		arena_printf(judgement->arena,
			     "%s %d waits for %s, a private %s in memory that it shares with %s.",
			     is_parents ? "process" : "child", finding->child.pid,
			     evidence_lock_words(judgement, &finding->lock), noun_of(wait),
			     is_parents ? "its child" : "its parent");
	finding->why =
		arena_printf(judgement->arena, "%s%s", mechanism_of(judgement, wait, is_parents),
			     doubt_of(judgement, wait, hang));
}

static void private_across_fork_report(struct judgement *judgement, const struct rule *rule,
				       const struct record_wait *wait,
				       const struct record_hang *hang)
{
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_ERROR;
	finding->certainty = wait->flags ? CERTAINTY_SUSPECTED : CERTAINTY_PROVEN;
	wait_evidence(judgement, finding, wait);
	finding->fork.present = finding->fork.present && model_fork(judgement->model, wait->fork);
	/* Nobody has it: it was given, and nobody was woken. */
	if (!has_owner(wait))
		finding->holder = (struct holder_part){.present = false};
	private_across_fork_say(judgement, finding, wait, hang);
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_PRIVATE, .kind = wait->kind});
	evidence_identify(judgement, finding);
}

static void private_across_fork_judge(struct judgement *judgement, const struct rule *rule,
				      session_reference reference)
{
	const struct record_wait *wait = model_wait(judgement->model, reference);
	const struct record_hang *hang =
		wait->flags & WAIT_SEEN ? hang_of(judgement->model, reference) : NULL;

	if (!wait->is_in_shared_memory ||
	    wait->flags & ~(uint32_t)(WAIT_UNTIL_SIGNAL | WAIT_SEEN) ||
	    reader_wait_ended(judgement->model->reader, reference))
		return;
	if (!(wait->flags & WAIT_SEEN) || hang)
		private_across_fork_report(judgement, rule, wait, hang);
}

void judge_private_across_fork(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *list = model_list(judgement->model, RECORD_WAIT);

	for (size_t i = 0; i < list->count; i++)
		private_across_fork_judge(judgement, rule, list->references[i]);
}
