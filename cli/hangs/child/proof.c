/*
 * A process that is watched is sampled here: which of its tasks is quiescent since when, and
 * what follows for those that are. /proc is read, and single tasks in futex waits are held for
 * their stacks.
 *
 * Two things are needed before anything is done to a process: evidence that ties a wait to
 * lost threads, and that nobody else can end it.
 */
#include "proof.h"
#include "hangs/identify/interpreter_code.h"
#include "hangs/identify/region_wait.h"
#include "hangs/identify/wakeup_sources.h"
#include "hangs/record/blocked_chain.h"
#include "hangs/record/private_wait.h"
#include "process/descriptor_wait.h"
#include "process/memory_map.h"
#include "process/stop.h"
#include "verdict.h"
#include "waits.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Unchanged for so long: not a task that is merely between two steps. */
#define REST_NS 300000000u
/* Asked for an orphaned lock, and not out of the call for so long: it spins there. */
#define SPIN_NS 1000000000u
/* Equal registers at so many looks: no work is done. */
#define SPIN_LOOKS 4
#define SPIN_BYTES 64
/* Rounds in a row in which a healthy process is not looked at. */
#define PASSED_OVER_MAX 3
/* Of one that lacks nobody, and whose first task does not sleep: one round in so many. */
#define OTHERS_ROUNDS 4

/* --- looks --------------------------------------------------------------------- */

void proof_name_modules(const struct turn *turn, struct watched *watched)
{
	if (watched->has_modules)
		return;
	hang_record_modules(turn->model, turn->writer, watched->serial, watched->pid);
	model_update(turn->model);
	watched->has_modules = true;
}

static bool is_interpreter_word(const struct turn *turn, struct watched *watched, uint64_t address)
{
	proof_name_modules(turn, watched);
	if (watched->asked_word != address) {
		watched->asked_word = address;
		watched->is_interpreters = interpreter_owns(turn->model, watched->serial, address);
	}
	return watched->is_interpreters;
}

/* Only where it matters: all the others wait without a time limit. */
static void mark_interpreter_waits(const struct turn *turn, struct watched *watched,
				   struct process_look *look)
{
	size_t timed = 0;

	for (size_t i = 0; i < look->count; i++) {
		if (!procfs_is_futex_wait(&look->tasks[i]))
			return;
		timed += !procfs_is_untimed_futex_wait(&look->tasks[i]);
	}
	if (!timed || timed == look->count)
		return;
	for (size_t i = 0; i < look->count; i++)
		if (!procfs_is_untimed_futex_wait(&look->tasks[i]))
			look->tasks[i].asks_again =
				is_interpreter_word(turn, watched, look->tasks[i].arguments[0]);
}

static const struct task_look *proof_find_task(const struct process_look *look, pid_t tid)
{
	for (size_t i = 0; i < look->count; i++)
		if (look->tasks[i].tid == tid)
			return &look->tasks[i];
	return NULL;
}

/* Since when each task has not run; what was counted of its slices goes on in any case. */
static void carry_rests(const struct watched *watched, struct process_look *look, uint64_t now)
{
	for (size_t i = 0; i < look->count; i++) {
		struct task_look *task = &look->tasks[i];
		const struct task_look *last = proof_find_task(watched->look, task->tid);
		bool is_same = watched->has_look && last && procfs_same_task(last, task);

		task->since_ns = is_same ? last->since_ns : now;
		task->switches_before = last ? last->switches_before : task->switches;
	}
}

/* What says that it comes further: /proc counts reads and writes, the shim what is sent. */
static uint64_t count_work(const struct turn *turn, const struct watched *watched)
{
	const struct process_facts *process = model_facts(turn->model, watched->serial);
	struct private_facts facts;

	if (!process || !wakeup_read_facts(process, watched->pid, &facts))
		return procfs_io(watched->pid);
	return procfs_io(watched->pid) + facts.sent;
}

/* Takes a look and keeps book of how long nothing has changed. */
static bool take_look(const struct turn *turn, struct watched *watched)
{
	static struct process_look look;

	if (!watched->look)
		watched->look = calloc(1, sizeof(*watched->look));
	if (!watched->look || !procfs_look(watched->pid, &look))
		return false;
	mark_interpreter_waits(turn, watched, &look);
	carry_rests(watched, &look, turn->now);
	if (!watched->has_look || !procfs_similar(watched->look, &look)) {
		watched->similar_since = turn->now;
		watched->io = count_work(turn, watched);
	}
	*watched->look = look;
	watched->has_look = true;
	slices_note(turn, watched);
	return true;
}

/* --- what is said ---------------------------------------------------------------- */

static bool lasts(const struct turn *turn, uint64_t since)
{
	return turn->now - since >= turn->hang_after_ns;
}

static bool lasts_moving(const struct turn *turn, uint64_t since)
{
	return turn->now - since >= turn->moving_after_ns;
}

static struct hang make_hang(const struct watched *watched, enum hang_kind kind)
{
	return (struct hang){
		.kind = kind,
		.serial = watched->serial,
		.pid = watched->pid,
		.tid = kind == HANG_IN_FORK ? watched->forking : watched->pid,
		.process = watched->process,
		.since_ns = watched->similar_since,
		.look = watched->look,
	};
}

/* For a report every task that may be was held: that counts as having run. */
static void note_held(struct watched *watched)
{
	for (size_t i = 0; i < watched->look->count; i++)
		watched->look->tasks[i].was_held = true;
}

static void tell(const struct turn *turn, struct watched *watched, const struct hang *hang)
{
	if (!turn->found(hang, turn->data)) {
		/* It moved between two looks: what was known of its rest is void. */
		watched->has_look = false;
		watched->verdict.signature = 0;
		return;
	}
	note_held(watched);
	watched->told = (struct verdict_told){
		.kind = hang->kind,
		.is_proven = hang->is_proven,
		.may_be_killed = hang->may_be_killed,
		.evidence = hang->evidence,
		.tid = hang->tid,
		.since_ns = hang->since_ns,
	};
}

static void tell_suspected(const struct turn *turn, struct watched *watched, enum hang_kind kind,
			   const char *reason)
{
	struct hang hang = make_hang(watched, kind);

	if (watched->told.kind)
		return;
	hang.reason = reason;
	tell(turn, watched, &hang);
}

/* Is that which was suspected still as it was? */
static bool stands_still(const struct turn *turn, struct watched *watched)
{
	const struct verdict_told *told = &watched->told;
	const struct task_look *task = proof_find_task(watched->look, told->tid);

	switch (told->kind) {
	case HANG_CHILD:
	case HANG_OWN_LOCK:
		return task && task->since_ns == told->since_ns;
	case HANG_IN_FORK:
		return watched->forking == told->tid;
	case HANG_SPINNING:
		if (watched->tries_since)
			return count_work(turn, watched) == watched->tries_work;
		return watched->look->tasks[0].state == 'R' &&
		       count_work(turn, watched) == watched->io;
	default:
		return slices_stand_still(turn, watched);
	}
}

static void withdraw_what_moved(const struct turn *turn, struct watched *watched)
{
	struct hang hang = make_hang(watched, HANG_OVER);

	if (!watched->told.kind || watched->told.is_proven || stands_still(turn, watched))
		return;
	hang.is_withdrawn = true;
	hang.tid = watched->told.tid;
	hang_withdraw(turn->writer, &hang);
	turn->found(&hang, turn->data);
	watched->told.kind = 0;
}

/* --- at rest --------------------------------------------------------------------- */

/* The call with which it asked for an orphaned lock, if it is not out of it yet. */
static const struct record_wait *find_open_wait(const struct turn *turn,
						const struct watched *watched, pid_t tid)
{
	session_reference wait =
		watched->wait
			? ties_open_wait(turn->model, model_facts(turn->model, watched->serial),
					 watched->pid, tid)
			: 0;

	return wait ? model_wait(turn->model, wait) : NULL;
}

static bool proof_is_at_rest(const struct turn *turn, const struct watched *watched,
			     struct task_look *task)
{
	const struct record_wait *wait = find_open_wait(turn, watched, task->tid);
	bool sleeps =
		task->state == 'S' && (procfs_is_untimed_futex_wait(task) || task->asks_again);

	if (wait && !sleeps && turn->now - wait->record.time_ns >= SPIN_NS) {
		/* Where the holder was about to take or give it, glibc spins. */
		task->since_ns = wait->record.time_ns;
		return true;
	}
	/* Beside one that asked for an orphaned lock: when all are held for the last look, none
	 * of those that sleep can have been woken. */
	return sleeps &&
	       (watched->wait ? turn->now > task->since_ns : turn->now - task->since_ns >= REST_NS);
}

static uint64_t proof_mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9e3779b97f4a7c15u;
}

/* One that waits for descriptors matters where nothing else of its process moves. */
static void mark_descriptor_rests(const struct turn *turn, const struct watched *watched,
				  bool *at_rest)
{
	bool rests[TASKS_MAX];

	if (!watched->is_missing_threads || watched->forking)
		return;
	for (size_t i = 0; i < watched->look->count; i++) {
		const struct task_look *task = &watched->look->tasks[i];

		rests[i] = at_rest[i] || (task->state == 'S' && descriptor_wait_is_untimed(task) &&
					  turn->now - task->since_ns >= REST_NS);
		if (!rests[i])
			return;
	}
	memcpy(at_rest, rests, watched->look->count * sizeof(*rests));
}

/* A wake-up that went to another process leaves it asleep on a word that has changed. */
static bool has_changed_word(const struct watched *watched, const struct task_look *task)
{
	return procfs_is_private_wait(task) && !procfs_is_pi_wait(task) &&
	       private_wait_is_changed(watched->pid, task);
}

/* Marks who is at rest. Returns what tells this rest from others; 0: nobody is. */
static uint64_t mark_rests(const struct turn *turn, const struct watched *watched, bool *at_rest)
{
	uint64_t signature = proof_mix(1, (uint64_t)watched->forking);
	size_t count = 0;

	for (size_t i = 0; i < watched->look->count; i++)
		at_rest[i] = proof_is_at_rest(turn, watched, &watched->look->tasks[i]);
	mark_descriptor_rests(turn, watched, at_rest);
	for (size_t i = 0; i < watched->look->count; i++) {
		const struct task_look *task = &watched->look->tasks[i];

		if (!at_rest[i])
			continue;
		count++;
		signature = proof_mix(proof_mix(signature, (uint64_t)task->tid), task->since_ns);
		signature = proof_mix(signature, has_changed_word(watched, task));
	}
	return count ? proof_mix(proof_mix(signature, count), watched->look->count) | 1 : 0;
}

static void tell_verdict(const struct turn *turn, struct watched *watched)
{
	const struct verdict *verdict = &watched->verdict;
	enum hang_kind kind = watched->forking  ? HANG_IN_FORK
			      : verdict->is_own ? HANG_OWN_LOCK
						: HANG_CHILD;
	struct hang hang = make_hang(watched, kind);

	if (kind != HANG_IN_FORK)
		hang.tid = verdict->tid;
	hang.since_ns = verdict->since_ns;
	hang.is_proven = verdict->is_proven;
	hang.may_be_killed = verdict->may_be_killed;
	hang.evidence = verdict->evidence;
	hang.reason = verdict->is_proven ? NULL : verdict->reason;
	hang.wait = verdict->wait;
	hang.about = verdict->held;
	hang.descriptor.kind = verdict->descriptor.kind;
	hang.descriptor.number = verdict->descriptor.number;
	hang.descriptor.gave = verdict->descriptor.gave;
	hang.region = kind == HANG_CHILD ? verdict->region : 0;
	tell(turn, watched, &hang);
}

/* Nothing that was not said before, or that may be withdrawn as soon as it is said. */
static bool is_news(const struct turn *turn, const struct watched *watched)
{
	const struct verdict *verdict = &watched->verdict;
	const struct verdict_told *told = &watched->told;

	if (verdict->is_healthy ||
	    (watched->lacks_nobody && verdict->evidence != EVIDENCE_HOLDER && !watched->forking))
		return false;
	if (verdict->is_proven)
		return !told->is_proven || (verdict->may_be_killed && !told->may_be_killed);
	return !told->kind && lasts(turn, verdict->since_ns);
}

static void judge_rests(const struct turn *turn, struct watched *watched)
{
	static bool at_rest[TASKS_MAX];
	uint64_t signature = mark_rests(turn, watched, at_rest);

	if (!signature) {
		watched->verdict.signature = 0;
		return;
	}
	if (watched->verdict.signature != signature) {
		proof_name_modules(turn, watched);
		if (!verdict_find(turn, watched, at_rest)) {
			watched->has_look = false;
			watched->verdict.signature = 0;
			return;
		}
		watched->verdict.signature = watched->verdict.is_pending ? 0 : signature;
	}
	if (watched->verdict.is_pending)
		return;
	if (is_news(turn, watched))
		tell_verdict(turn, watched);
}

/* --- not at rest ------------------------------------------------------------------- */

static void judge_slices(const struct turn *turn, struct watched *watched)
{
	struct hang hang = make_hang(watched, HANG_TIMED);
	struct sliced sliced;

	if (watched->told.kind || !slices_judge(turn, watched, &sliced))
		return;
	hang.tid = sliced.tid;
	hang.since_ns = sliced.since_ns;
	hang.evidence = sliced.evidence;
	hang.reason = sliced.is_in_slices
			      ? "it waits with a time limit, again and again, and comes no further"
			      : "others of its threads wait with a time limit, again and again, "
				"and one of them might yet wake it";
	tell(turn, watched, &hang);
}

static bool same_place(const struct stack_registers *one, const struct stack_registers *other)
{
	return one->sp == other->sp && one->fp == other->fp &&
	       memcmp(one->saved, other->saved, sizeof(one->saved)) == 0 &&
	       one->pc - other->pc + SPIN_BYTES <= 2 * SPIN_BYTES;
}

/* Runs without a system call, and every time that it is looked at on the same
 * few instructions with the same registers. */
static void judge_running(const struct turn *turn, struct watched *watched)
{
	struct stack_registers registers;
	struct stopped stopped;

	if (watched->look->count != 1 || watched->look->tasks[0].in_call ||
	    count_work(turn, watched) != watched->io ||
	    stop_process(&stopped, watched->pid, watched->look, false) != STOP_HELD) {
		watched->spins = 0;
		return;
	}
	if (stop_registers(&stopped, watched->pid, &registers)) {
		watched->spins =
			same_place(&watched->registers, &registers) ? watched->spins + 1 : 0;
		watched->registers = registers;
	}
	stop_release(&stopped);
	if (watched->spins >= SPIN_LOOKS && lasts_moving(turn, watched->similar_since))
		tell_suspected(turn, watched, HANG_SPINNING,
			       "it runs on the same few instructions and comes no further");
}

/*
 * It asks for an orphaned lock with a try, or with a time limit, again and again, and does
 * nothing else. True where that is so.
 */
static bool proof_judge_tries(const struct turn *turn, struct watched *watched)
{
	const struct record_wait *wait = model_wait(turn->model, watched->tried);
	struct hang hang = make_hang(watched, HANG_SPINNING);
	uint64_t tries = wait ? reader_count(turn->model->reader, watched->tried) : 0;
	bool goes_on = tries > watched->tries && watched->look->count == 1;

	watched->tries = tries;
	if (!goes_on ||
	    (watched->tries_since && count_work(turn, watched) != watched->tries_work)) {
		watched->tries_since = 0;
		return false;
	}
	if (!watched->tries_since) {
		watched->tries_since = turn->now;
		watched->tries_work = count_work(turn, watched);
	}
	if (!lasts_moving(turn, watched->tries_since) || watched->told.kind)
		return true;
	hang.tid = wait->tid;
	hang.since_ns = watched->tries_since;
	hang.region = watched->tried;
	hang.evidence = EVIDENCE_HOLDER;
	hang.reason = "it asks again and again, and may give up some day";
	tell(turn, watched, &hang);
	return true;
}

/* A handler that waits sleeps. One that works does not, and nor does the kernel, which may take
 * long to copy a process on a machine that is short of memory or of processors. */
static bool forker_sleeps(const struct watched *watched)
{
	const struct process_look *look = watched->look;

	for (size_t i = 0; i < look->count; i++)
		if (look->tasks[i].tid == watched->forking || look->count == 1)
			return look->tasks[i].state == 'S';
	return false;
}

/* --- in fork() --------------------------------------------------------------------- */

/* What it waits for is asked for by holding the process: no more often than this. */
#define FORKING_ASK_NS 1000000000u

static bool forker_rests(const struct turn *turn, const struct watched *watched)
{
	const struct task_look *task = proof_find_task(watched->look, watched->forking);

	return task && task->state == 'S' && procfs_is_untimed_futex_wait(task) &&
	       turn->now - task->since_ns >= REST_NS;
}

/* False where it cannot be told, and what is known of the look is void where it has moved. */
static bool proof_find_chain(const struct turn *turn, struct watched *watched,
			     struct blocked_chain *chain)
{
	struct stopped stopped;
	bool is_found;

	proof_name_modules(turn, watched);
	if (stop_process(&stopped, watched->pid, watched->look, false) == STOP_MOVED)
		return false;
	is_found = blocked_find(chain, turn->model, model_facts(turn->model, watched->serial),
				watched->pid, watched->look, watched->forking, &stopped);
	stop_release(&stopped);
	note_held(watched);
	watched->forking_asked = turn->now;
	return is_found;
}

static bool chain_rests(const struct turn *turn, const struct watched *watched,
			const struct blocked_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		if (chain->list[i].task->state != 'S' ||
		    turn->now - chain->list[i].task->since_ns < REST_NS ||
		    !waits_word_is_same(watched->pid, chain->list[i].task))
			return false;
	return true;
}

static uint64_t chain_since(const struct blocked_chain *chain)
{
	uint64_t since = 0;

	for (size_t i = 0; i < chain->count; i++)
		if (chain->list[i].task->since_ns > since)
			since = chain->list[i].task->since_ns;
	return since;
}

static void tell_proven_chain(const struct turn *turn, struct watched *watched,
			      const struct blocked_chain *chain)
{
	static bool at_rest[TASKS_MAX];
	struct hang hang = make_hang(watched, HANG_IN_FORK);

	mark_rests(turn, watched, at_rest);
	hang.since_ns = chain_since(chain);
	hang.is_proven = true;
	hang.may_be_killed = verdict_all_stand_still(turn, watched, at_rest);
	hang.evidence = EVIDENCE_HOLDER;
	if (!watched->told.is_proven || (hang.may_be_killed && !watched->told.may_be_killed))
		tell(turn, watched, &hang);
}

/* It asks again and again for the same lock, and does not get it. */
static bool still_tries(struct watched *watched, const struct blocked_chain *chain)
{
	const struct blocked *forker = &chain->list[0];
	bool goes_on = forker->flags & BLOCKED_TRIES &&
		       forker->lock == watched->forking_tries.lock &&
		       forker->tries > watched->forking_tries.count;

	watched->forking_tries.lock = forker->flags & BLOCKED_TRIES ? forker->lock : 0;
	watched->forking_tries.count = forker->tries;
	return goes_on;
}

static const char *reason_of(const struct watched *watched, const struct blocked_chain *chain,
			     bool tries)
{
	if (tries)
		return "the handler asks again and again, and may give up some day";
	if (chain->count > 1)
		return "the thread that has what it waits for may yet go on";
	return watched->look->count == 1
		       ? "another process may yet let it go on"
		       : "other threads of the process still run and may let it go on";
}

/* It asks again and again, or sleeps: one that works does not hang, and nor does the kernel. */
static void judge_slow_fork(const struct turn *turn, struct watched *watched,
			    const struct blocked_chain *chain)
{
	struct hang hang = make_hang(watched, HANG_IN_FORK);
	bool tries = still_tries(watched, chain);

	/* Of one that sleeps between two tries, the next look tells. */
	if (watched->told.kind ||
	    (!tries && (watched->forking_tries.lock || !forker_sleeps(watched))))
		return;
	/* Nobody but itself could give it what it asks for. */
	if (tries && chain->is_closed)
		hang.evidence = EVIDENCE_HOLDER;
	hang.reason = reason_of(watched, chain, tries);
	tell(turn, watched, &hang);
}

/* True where it is proven that it never goes on, whatever its neighbours do. */
static bool judge_forking(const struct turn *turn, struct watched *watched)
{
	static struct blocked_chain chain;
	bool is_slow = lasts(turn, watched->forking_since);

	if ((!is_slow && !forker_rests(turn, watched)) ||
	    turn->now - watched->forking_asked < FORKING_ASK_NS ||
	    !proof_find_chain(turn, watched, &chain))
		return false;
	if (blocked_is_for_ever(&chain) && chain_rests(turn, watched, &chain)) {
		tell_proven_chain(turn, watched, &chain);
		return true;
	}
	if (is_slow)
		judge_slow_fork(turn, watched, &chain);
	return false;
}

void proof_note_forking(const struct turn *turn, struct watched *watched, int32_t forking)
{
	if (forking != watched->forking)
		watched->forking_since = turn->now;
	watched->forking = forking;
}

/* --- one turn ----------------------------------------------------------------------- */

/* Judged already, and still in the very wait that was found to be healthy. */
static bool proof_is_where_it_was(const struct watched *watched, const struct task_look *first)
{
	return watched->has_look && watched->verdict.signature && watched->verdict.is_healthy &&
	       watched->look->count == 1 && procfs_same_place(&watched->look->tasks[0], first);
}

/* The cheap questions first. */
enum quick_check { QUICK_CHECK_SAMPLE, QUICK_CHECK_SAME, QUICK_CHECK_ELSEWHERE };
static enum quick_check proof_quick_check(const struct turn *turn, struct watched *watched)
{
	struct task_look first;

	/* Of several, another than the first may be stuck. */
	if (watched->forking || procfs_task_count(watched->pid) != 1 ||
	    !procfs_quick_check(watched->pid, &first))
		return QUICK_CHECK_SAMPLE;
	if (proof_is_where_it_was(watched, &first) && !has_changed_word(watched, &first))
		return QUICK_CHECK_SAME;
	if (slices_is_candidate(&first))
		return slices_may_skip(turn, watched, &first) && !watched->wait
			       ? QUICK_CHECK_SAME
			       : QUICK_CHECK_SAMPLE;
	return procfs_is_futex_wait(&first) || !first.in_call || watched->wait ||
			       (watched->is_missing_threads && descriptor_wait_is_untimed(&first))
		       ? QUICK_CHECK_SAMPLE
		       : QUICK_CHECK_ELSEWHERE;
}

static bool is_all_at_rest(const struct watched *watched)
{
	for (size_t i = 0; i < watched->look->count; i++)
		if (!procfs_is_untimed_futex_wait(&watched->look->tasks[i]) &&
		    !watched->look->tasks[i].asks_again)
			return false;
	return true;
}

static void judge_look(const struct turn *turn, struct watched *watched)
{
	if (!watched->look->complete || watched->look->held)
		return;
	if (watched->forking && judge_forking(turn, watched))
		return;
	if (!watched->forking || is_all_at_rest(watched))
		judge_rests(turn, watched);
	if (watched->verdict.signature && !watched->verdict.is_healthy)
		return;
	if (watched->forking || watched->lacks_nobody || proof_judge_tries(turn, watched))
		return;
	if (watched->look->tasks[0].state == 'R')
		judge_running(turn, watched);
	else
		judge_slices(turn, watched);
}

/* A healthy wait seldom ends in a hang: the longer it is one, the fewer looks. */
static bool may_be_passed_over(struct watched *watched)
{
	bool is_healthy = watched->has_look && watched->verdict.signature &&
			  watched->verdict.is_healthy && !watched->told.kind && !watched->wait &&
			  !watched->tried && !watched->forking;
	unsigned rounds = watched->healthy < PASSED_OVER_MAX ? watched->healthy : PASSED_OVER_MAX;

	if (!is_healthy) {
		watched->healthy = 0;
		watched->passed_over = 0;
		return false;
	}
	if (watched->passed_over < rounds) {
		watched->passed_over++;
		return true;
	}
	watched->passed_over = 0;
	watched->healthy++;
	return false;
}

void proof_judge(const struct turn *turn, struct watched *watched)
{
	enum quick_check check;

	if (may_be_passed_over(watched))
		return;
	check = proof_quick_check(turn, watched);
	if (check == QUICK_CHECK_SAME && !watched->told.kind)
		return;
	if (check == QUICK_CHECK_ELSEWHERE && !watched->told.kind) {
		watched->has_look = false;
		watched->verdict.signature = 0;
		slices_forget(&watched->slices);
		return;
	}
	if (!take_look(turn, watched)) {
		watched->has_look = false;
		return;
	}
	withdraw_what_moved(turn, watched);
	judge_look(turn, watched);
}

/* Of its first task, by the cycles' quick checks. */
static bool first_waits_privately(struct watched *watched)
{
	const struct task_look *first = &watched->ring.first;

	if (watched->first_word.address != first->arguments[0]) {
		watched->first_word.address = first->arguments[0];
		watched->first_word.is_private = private_wait_may_be(watched->pid, first);
	}
	return watched->first_word.is_private;
}

bool proof_may_wait_for_own(struct watched *watched, const struct process_facts *facts)
{
	bool sleeps = watched->ring.since && procfs_is_untimed_futex_wait(&watched->ring.first);

	if (watched->told.kind || (sleeps && first_waits_privately(watched)))
		return true;
	if (facts->kind != BIRTH_CHILD)
		return false;
	/* Its other tasks are seldom worth a look. */
	return sleeps ||
	       (watched->rounds++ % OTHERS_ROUNDS == 0 && procfs_task_count(watched->pid) > 1);
}

bool proof_is_open(const struct watched *watched)
{

	if (watched->told.kind || !watched->has_look)
		return false;
	if (watched->verdict.signature)
		return !watched->verdict.is_healthy;
	/* It may turn out to be at rest. */
	return is_all_at_rest(watched);
}

void proof_release(struct watched *watched)
{
	verdict_forget(watched);
	slices_release(&watched->slices);
	free(watched->book.list);
	free(watched->look);
}
