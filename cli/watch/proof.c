/*
 * Two equal looks at a process at rest, memory that nobody else has, nobody who
 * could wake it: proven. Reads /proc, and stops a process only to see whether
 * it spins.
 */
#include "proof.h"
#include "deaf.h"
#include "interpreter.h"
#include "maps.h"
#include "region.h"
#include "stop.h"
#include "wakers.h"
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Unchanged for so long: not a task that is merely between two steps. */
#define REST_NS 300000000u
/* Equal registers at so many looks: no work is done. */
#define SPIN_LOOKS 4
#define SPIN_BYTES 64

static bool is_at_rest(const struct process_look *look)
{
	for (size_t i = 0; i < look->count; i++)
		if (look->tasks[i].state != 'S' ||
		    !(procfs_is_untimed_futex_wait(&look->tasks[i]) || look->tasks[i].asks_again))
			return false;
	return look->complete && !look->traced;
}

/* Waits with a time limit count too, and so does sleep: nothing comes in from outside. */
static bool only_waits(const struct process_look *look)
{
	for (size_t i = 0; i < look->count; i++) {
		const struct task_look *task = &look->tasks[i];

		if (task->state != 'S' ||
		    !(procfs_is_futex_wait(task) ||
		      (i > 0 && task->in_call && task->number == SYS_clock_nanosleep)))
			return false;
	}
	return look->complete && !look->traced;
}

static void name_modules(const struct turn *turn, struct watched *watched)
{
	if (watched->has_modules)
		return;
	hang_record_modules(turn->model, turn->writer, watched->serial, watched->pid);
	model_update(turn->model);
	watched->has_modules = true;
}

static bool is_interpreter_word(const struct turn *turn, struct watched *watched, uint64_t address)
{
	name_modules(turn, watched);
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

/* Takes a look and keeps book of how long nothing has changed. */
static bool take_look(const struct turn *turn, struct watched *watched)
{
	static struct process_look look;
	uint64_t now = turn->now;

	if (!watched->look)
		watched->look = malloc(sizeof(*watched->look));
	if (!watched->look || !procfs_look(watched->pid, &look))
		return false;
	mark_interpreter_waits(turn, watched, &look);
	if (!watched->has_look || !procfs_same(watched->look, &look))
		watched->rest_since = now;
	if (!watched->has_look || !procfs_similar(watched->look, &look)) {
		watched->similar_since = now;
		watched->io = procfs_io(watched->pid);
	}
	*watched->look = look;
	watched->has_look = true;
	return true;
}

static enum reach worst_reach(const struct watched *watched)
{
	enum reach worst = REACH_PRIVATE;

	for (size_t i = 0; i < watched->look->count && worst != REACH_SHARED; i++) {
		const struct task_look *task = &watched->look->tasks[i];
		enum reach reach = procfs_is_futex_wait(task)
					   ? maps_reach(watched->pid, task->arguments[0])
					   : REACH_PRIVATE;

		if (reach != REACH_PRIVATE)
			worst = reach;
	}
	return worst;
}

/* A signal handler cannot give back what another thread has locked inside of
 * libc, and a process of one thread has no other. */
static bool is_orphan_of_libc(struct watched *watched, struct model *model)
{
	watched->region = region_wait(model, watched->serial, watched->look, &watched->region_tid);
	return watched->region && watched->look->count == 1;
}

/* To have been stopped for this counts as having run: the answer is kept for the same waits. */
static bool is_deaf(const struct turn *turn, struct watched *watched)
{
	if (watched->deaf_look && procfs_similar(watched->deaf_look, watched->look))
		return watched->is_deaf;
	name_modules(turn, watched);
	if (!deaf_ask(turn->model, watched->serial, watched->pid, watched->look, &watched->is_deaf))
		return false;
	if (!watched->deaf_look)
		watched->deaf_look = malloc(sizeof(*watched->deaf_look));
	if (watched->deaf_look)
		*watched->deaf_look = *watched->look;
	return watched->is_deaf;
}

static const char *find_waker(const struct turn *turn, struct watched *watched, struct arena *arena)
{
	/* To be asked for late: it moves when the model takes more in. */
	const struct process_facts *facts = model_process(turn->model, watched->serial);
	bool must_interrupt;
	const char *reason = wakers_find(turn->model, arena, facts, watched->pid, watched->look,
					 &must_interrupt);

	return reason && must_interrupt && is_deaf(turn, watched) ? NULL : reason;
}

/* Judges a rest once; it is judged again when the process has run in between. */
static void judge_rest(const struct turn *turn, struct watched *watched)
{
	struct arena arena;
	const char *reason = NULL;

	if (watched->judged_rest == watched->rest_since)
		return;
	watched->judged_rest = watched->rest_since;
	watched->region = 0;
	free((char *)watched->reason);
	watched->reason = NULL;
	arena_init(&arena);
	switch (worst_reach(watched)) {
	case REACH_SHARED:
		watched->is_healthy = true;
		break;
	case REACH_UNKNOWN:
		watched->is_healthy = false;
		reason = "who else has the memory that it waits on is not known";
		break;
	case REACH_PRIVATE:
		watched->is_healthy = false;
		if (!is_orphan_of_libc(watched, turn->model))
			reason = find_waker(turn, watched, &arena);
		break;
	}
	watched->reason = reason ? strdup(reason) : NULL;
	arena_release(&arena);
}

/* The task whose stack tells the story. */
static pid_t task_of(const struct watched *watched, enum hang_kind kind)
{
	if (kind == HANG_CHILD && watched->region)
		return watched->region_tid;
	return kind == HANG_IN_FORK ? watched->forking : watched->pid;
}

static struct hang make_hang(const struct watched *watched, enum hang_kind kind)
{
	return (struct hang){
		.kind = kind,
		.serial = watched->serial,
		.pid = watched->pid,
		.tid = task_of(watched, kind),
		.process = watched->process,
		.since_ns = watched->rest_since,
		.look = watched->look,
		.wait = watched->wait,
		.region = kind == HANG_CHILD ? watched->region : 0,
	};
}

static void report(const struct turn *turn, struct watched *watched, struct hang hang)
{
	watched->is_reported = turn->found(&hang, turn->data);
	/* It moved between two looks: what was known of its rest is void. */
	if (!watched->is_reported)
		watched->has_look = false;
}

static void report_proven(const struct turn *turn, struct watched *watched, enum hang_kind kind)
{
	struct hang hang = make_hang(watched, kind);

	hang.is_proven = true;
	hang.may_be_killed = true;
	report(turn, watched, hang);
}

static void report_suspected(const struct turn *turn, struct watched *watched, enum hang_kind kind,
			     const char *reason)
{
	struct hang hang = make_hang(watched, kind);

	hang.reason = reason;
	if (kind != HANG_CHILD)
		hang.since_ns = watched->similar_since;
	report(turn, watched, hang);
}

static bool lasts(const struct turn *turn, uint64_t since)
{
	return turn->now - since >= turn->hang_after_ns;
}

/* Every task waits, and has waited since the last look. */
static void judge_at_rest(const struct turn *turn, struct watched *watched)
{
	enum hang_kind kind = watched->forking ? HANG_IN_FORK : HANG_CHILD;

	/* The shim saw it ask for a lock whose owner does not exist: no signal
	 * handler could release that one. */
	if (watched->wait && turn->now > watched->rest_since &&
	    !reader_wait_ended(turn->model->reader, watched->wait)) {
		report_proven(turn, watched, kind);
		return;
	}
	if (turn->now - watched->rest_since < REST_NS)
		return;
	judge_rest(turn, watched);
	if (watched->is_healthy)
		return;
	if (!watched->reason)
		report_proven(turn, watched, kind);
	else if (lasts(turn, watched->rest_since))
		report_suspected(turn, watched, kind, watched->reason);
}

static void judge_timed(const struct turn *turn, struct watched *watched)
{
	if (!lasts(turn, watched->similar_since) || procfs_io(watched->pid) != watched->io ||
	    worst_reach(watched) == REACH_SHARED)
		return;
	report_suspected(turn, watched, HANG_TIMED,
			 "it waits with a time limit, again and again, and comes no further");
}

static bool same_place(const struct stack_registers *one, const struct stack_registers *other)
{
	return one->rsp == other->rsp && one->rbp == other->rbp && one->rbx == other->rbx &&
	       one->r12 == other->r12 && one->r13 == other->r13 && one->r14 == other->r14 &&
	       one->r15 == other->r15 && one->rip - other->rip + SPIN_BYTES <= 2 * SPIN_BYTES;
}

/* Runs without a system call, and every time that it is looked at on the same
 * few instructions with the same registers. */
static void judge_running(const struct turn *turn, struct watched *watched)
{
	struct stack_registers registers;
	struct stopped stopped;

	if (watched->look->count != 1 || watched->look->tasks[0].in_call ||
	    procfs_io(watched->pid) != watched->io ||
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
	if (watched->spins >= SPIN_LOOKS && lasts(turn, watched->similar_since))
		report_suspected(turn, watched, HANG_SPINNING,
				 "it runs on the same few instructions and comes no further");
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

static void judge_forking(const struct turn *turn, struct watched *watched)
{
	if (lasts(turn, watched->forking_since) && forker_sleeps(watched))
		report_suspected(turn, watched, HANG_IN_FORK,
				 watched->look->count == 1
					 ? "another process may yet let it go on"
					 : "other threads of the process still run and may let it "
					   "go on");
}

void proof_note_forking(const struct turn *turn, struct watched *watched, int32_t forking)
{
	if (forking != watched->forking)
		watched->forking_since = turn->now;
	watched->forking = forking;
}

/* Judged already, and still in the very wait that was found to be healthy. What
 * other tasks do could end that, so only one that has none is passed over. */
static bool is_where_it_was(const struct watched *watched, const struct task_look *first)
{
	return watched->has_look && watched->is_healthy &&
	       watched->judged_rest == watched->rest_since && watched->look->count == 1 &&
	       procfs_same_place(&watched->look->tasks[0], first);
}

/* The cheap questions first. */
enum glance { GLANCE_LOOK, GLANCE_SAME, GLANCE_ELSEWHERE };
static enum glance take_glance(const struct watched *watched)
{
	struct task_look first;

	/* It cannot be read when the first thread has ended before the others. */
	if (watched->forking || !procfs_peek(watched->pid, &first))
		return GLANCE_LOOK;
	if (is_where_it_was(watched, &first))
		return GLANCE_SAME;
	return procfs_is_futex_wait(&first) || !first.in_call ? GLANCE_LOOK : GLANCE_ELSEWHERE;
}

void proof_judge(const struct turn *turn, struct watched *watched)
{
	enum glance glance;

	/* A healthy wait seldom ends in a hang: every second round is enough. */
	watched->was_passed_over = watched->is_healthy && watched->has_look &&
				   !watched->was_passed_over && !watched->wait && !watched->forking;
	if (watched->was_passed_over)
		return;
	glance = take_glance(watched);
	if (glance == GLANCE_SAME)
		return;
	if (glance == GLANCE_ELSEWHERE || !take_look(turn, watched)) {
		watched->has_look = false;
		return;
	}
	if (is_at_rest(watched->look))
		judge_at_rest(turn, watched);
	else if (watched->forking)
		judge_forking(turn, watched);
	else if (only_waits(watched->look))
		judge_timed(turn, watched);
	else if (!watched->look->traced && watched->look->tasks[0].state == 'R')
		judge_running(turn, watched);
}
