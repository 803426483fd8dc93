/*
 * FC016: a child waits for a lock that is made for one process and lies in
 * memory that parent and child share. Both see the lock's word, and a wake-up
 * goes to threads of one's own process only.
 */
#include "findings/cures/cures.h"
#include "findings/evidence/wait_evidence.h"
#include "rule.h"

static void private_across_fork_report(struct judgement *judgement, const struct rule *rule,
				       const struct record_wait *wait)
{
	struct finding *finding = judgement_add(judgement, rule);
	const char *lock;

	finding->severity = SEVERITY_ERROR;
	finding->certainty = wait->flags ? CERTAINTY_SUSPECTED : CERTAINTY_PROVEN;
	wait_evidence(judgement, finding, wait);
	lock = evidence_lock_words(judgement, &finding->lock);
	finding->message = arena_printf(judgement->arena,
					"child %d waits for %s, a private lock in memory that it "
					"shares with its parent.",
					finding->child.pid, lock);
	finding->why = arena_printf(
		judgement->arena,
		"a thread of the parent has it. A private lock wakes threads of its own process "
		"only: when the parent gives it back, nobody wakes the child.%s",
		wait->flags ? " Not proven: the child catches signals, and looks at the lock again "
			      "when one has interrupted it."
			    : "");
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_PRIVATE, .kind = wait->kind});
	evidence_identify(judgement, finding);
}

void judge_private_across_fork(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *list = model_list(judgement->model, RECORD_WAIT);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_wait *wait = model_wait(judgement->model, list->references[i]);

		if (wait->is_in_shared_memory && !(wait->flags & ~(uint32_t)WAIT_UNTIL_SIGNAL) &&
		    !reader_wait_ended(judgement->model->reader, list->references[i]))
			private_across_fork_report(judgement, rule, wait);
	}
}
