/*
 * FC017: a fork child stands still on a lock that one of its own threads has: taken twice, or by
 * two threads in the opposite order. What the fork left behind has no part in it.
 */
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/fork_blockers.h"
#include "findings/evidence/lock_kinds.h"
#include "rule.h"

static const char *own_deadlock_what(const struct fork_blockers *blockers)
{
	return blockers->what ? blockers->what : "a lock";
}

static const char *holder_label(struct judgement *judgement, const struct finding *finding)
{
	const struct blocked_part *holder = finding->blocked;
	const char *name = holder->python_name ? holder->python_name : holder->name;

	if (!name || !*name)
		return arena_printf(judgement->arena, "thread %d", holder->tid);
	return arena_printf(judgement->arena, "thread %d (\"%s\")", holder->tid, name);
}

/* A semaphore does not say who has it. */
static const char *verb_of(const struct fork_blockers *blockers)
{
	return blockers->kind == LOCK_SEMAPHORE ? "took last" : "holds";
}

static const char *own_deadlock_message(struct judgement *judgement, const struct finding *finding,
					const struct record_hang *hang,
					const struct fork_blockers *blockers)
{
	const char *what = own_deadlock_what(blockers);

	if (!finding->blocked_count)
		return arena_printf(judgement->arena,
				    "child %d waits for %s, which the waiting thread itself %s.",
				    hang->pid, what, verb_of(blockers));
	return arena_printf(judgement->arena,
			    "child %d waits for %s, which its own %s %s: its threads wait for each "
			    "other.",
			    hang->pid, what, holder_label(judgement, finding), verb_of(blockers));
}

static const char *own_deadlock_why(struct judgement *judgement, const struct finding *finding,
				    const struct record_hang *hang,
				    const struct fork_blockers *blockers)
{
	const char *how = finding->blocked_count
				  ? "each of them has what another waits for, and none gives back "
				    "before it goes on."
			  : blockers->kind == LOCK_SEMAPHORE
				  ? "it took it before and has not given it back, and no other "
				    "thread of the child is left to post it."
				  : "it took it before and has not given it back.";

	return arena_printf(
		judgement->arena,
		"%s The threads that the child lacks, if any, have no part in it.%s%.*s%s", how,
		hang->is_proven ? "" : " Not proven: ",
		hang->is_proven ? 0 : (int)hang->reason_length, hang->reason,
		hang->is_proven ? "" : ".");
}

static void own_deadlock_cure(struct judgement *judgement, struct finding *finding,
			      const struct fork_blockers *blockers)
{
	struct cure_question question = {
		.situation = CURE_OWN_DEADLOCK,
		.kind = blockers->kind,
		.detail = finding->blocked_count ? 1 : 0,
		.what = own_deadlock_what(blockers),
		.other = blockers->other,
	};

	cure_finding(judgement, finding, &question);
}

static void own_deadlock_report(struct judgement *judgement, const struct rule *rule,
				const struct record_hang *hang)
{
	struct finding *finding = judgement_add(judgement, rule);
	struct fork_stack split = {0};
	struct fork_blockers blockers;

	finding->severity = SEVERITY_WARNING;
	finding->certainty = hang->is_proven ? CERTAINTY_PROVEN : CERTAINTY_SUSPECTED;
	evidence_hang(judgement, &finding->child, hang);
	if (model_fork(judgement->model, hang->fork))
		evidence_fork(judgement, &finding->fork, hang->fork,
			      model_facts(judgement->model, hang->serial));
	split.caller = finding->child.stack;
	blockers = fork_blockers_fill(judgement, finding, hang, &split);
	finding->holder.is_forker = false;
	finding->message = own_deadlock_message(judgement, finding, hang, &blockers);
	finding->why = own_deadlock_why(judgement, finding, hang, &blockers);
	own_deadlock_cure(judgement, finding, &blockers);
	evidence_identify(judgement, finding);
}

void judge_own_deadlock(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);

		if (hang && hang->kind == HANG_OWN_LOCK)
			own_deadlock_report(judgement, rule, hang);
	}
}
