/*
 * FC012: a process-shared lock is waited for, and the thread that holds it does
 * not exist any more.
 */
#include "findings/cures/cures.h"
#include "findings/evidence/ending_evidence.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/object_place.h"
#include "findings/evidence/python_evidence.h"

static const struct record_thread *dead_owner_find_thread(const struct model *model, int tid)
{
	const struct model_list *threads = model_list(model, RECORD_THREAD);

	for (size_t i = threads->count; i-- > 0;) {
		const struct record_thread *thread = model_thread(model, threads->references[i]);

		if (thread->tid == tid)
			return thread;
	}
	return NULL;
}

static void fill_lock(struct judgement *judgement, struct lock_part *lock,
		      const struct record_hang *hang)
{
	struct address_space *space = model_space(judgement->model, hang->serial);

	lock->present = true;
	lock->kind = hang->kind == HANG_DEAD_TAKER ? "semaphore" : "mutex";
	lock->attributes = "process-shared";
	lock->address = hang->address;
	if (space) {
		struct data_symbol symbol = symbolize_data(space, judgement->arena, hang->address);

		lock->name = symbol.name;
		lock->module = symbol.module;
		lock->offset = symbol.offset;
	}
}

static void dead_owner_fill(struct judgement *judgement, struct finding *finding,
			    const struct record_hang *hang)
{
	finding->severity = hang->is_proven ? SEVERITY_ERROR : SEVERITY_WARNING;
	finding->certainty = hang->is_proven ? CERTAINTY_PROVEN : CERTAINTY_SUSPECTED;
	if (hang->fork)
		evidence_fork(judgement, &finding->fork, hang->fork,
			      model_facts(judgement->model, hang->serial));
	fill_lock(judgement, &finding->lock, hang);
	evidence_hang(judgement, &finding->child, hang);
	object_place(judgement, finding, hang);
}

/* A thread ends with its process, or by itself. */
static const char *owner_words(struct judgement *judgement, struct finding *finding,
			       const struct record_thread *thread, const struct record_hang *hang)
{
	const struct process_facts *process =
		thread ? model_facts(judgement->model, thread->born_in) : NULL;
	int pid = process ? process->pid : (int)hang->about;

	ending_evidence(judgement, finding, pid, hang->record.time_ns);
	/* The process may live on, and the signal have ended nothing. */
	if (pid != (int)hang->about && !finding->ending.is_seen)
		finding->ending = (struct ending_part){.present = false};
	return ending_words(judgement, &finding->ending);
}

static void report_owner(struct judgement *judgement, const struct rule *rule,
			 const struct record_hang *hang)
{
	struct finding *finding = judgement_add(judgement, rule);
	int owner = (int)hang->about;
	const struct record_thread *thread = dead_owner_find_thread(judgement->model, owner);

	dead_owner_fill(judgement, finding, hang);
	evidence_thread(judgement, &finding->holder, hang->serial, thread, owner);
	finding->message = arena_printf(
		judgement->arena,
		"process %d waits for a process-shared mutex; thread %d, which held it, %s.",
		hang->pid, owner, owner_words(judgement, finding, thread, hang));
	finding->why =
		hang->is_proven
			? "the mutex names a thread that does not exist any more: it ended, or was "
			  "killed, between lock and unlock, and nobody else may unlock it."
			: arena_printf(judgement->arena,
				       "the mutex names a thread that does not exist any more. Not "
				       "proven: %.*s.",
				       (int)hang->reason_length, hang->reason);
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_DEAD_OWNER, .kind = LOCK_MUTEX});
	evidence_identify(judgement, finding);
}

/* False: it is another process' by now. */
static bool find_share(const struct model *model, const struct record_hang *hang,
		       struct record_share *share)
{
	return reader_share(model->reader, hang->about, share) &&
	       share->since_ns <= hang->record.time_ns;
}

/* Where the process took it that did not give it back. */
static void fill_taker(struct judgement *judgement, struct holder_part *holder,
		       const struct record_share *share)
{
	evidence_thread(judgement, holder, share->owner,
			dead_owner_find_thread(judgement->model, share->tid), share->tid);
	holder->acquired_at = evidence_stack(judgement, share->owner, share->stack);
	holder->acquired_at.python = python_evidence(judgement, share->owner, share->python, 0);
	holder->python_took = true;
	holder->acquired_at.first_seen |=
		share->python && share->python_take != (uint32_t)share->taken;
}

static void report_taker(struct judgement *judgement, const struct rule *rule,
			 const struct record_hang *hang)
{
	struct finding *finding = judgement_add(judgement, rule);
	struct record_share share = {.pid = 0};

	dead_owner_fill(judgement, finding, hang);
	if (find_share(judgement->model, hang, &share))
		fill_taker(judgement, &finding->holder, &share);
	ending_evidence(judgement, finding, share.pid, hang->record.time_ns);
	finding->message = arena_printf(
		judgement->arena,
		"process %d waits for a process-shared semaphore; process %d, which took it, "
		"%s.",
		hang->pid, share.pid, ending_words(judgement, &finding->ending));
	finding->why =
		hang->is_proven
			? "its value is 0, a process that has ended took it once more than it gave "
			  "it back, and all that could post it wait themselves."
			: arena_printf(judgement->arena,
				       "its value is 0, and a process that has ended took it once "
				       "more than it gave it back. Not proven: %.*s.",
				       (int)hang->reason_length, hang->reason);
	cure_finding(judgement, finding,
		     &(struct cure_question){.situation = CURE_DEAD_OWNER, .kind = LOCK_SEMAPHORE});
	evidence_identify_by_holder(judgement, finding);
}

void judge_dead_owner(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);

		if (hang && hang->kind == HANG_DEAD_OWNER)
			report_owner(judgement, rule, hang);
		else if (hang && hang->kind == HANG_DEAD_TAKER)
			report_taker(judgement, rule, hang);
	}
}
