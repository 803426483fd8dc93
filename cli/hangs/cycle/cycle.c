/*
 * Cycles are looked for in all processes of the session: each gets a quick check, rarely where
 * it does not change, and all that are quiescent are surveyed when one more is. Surveys may
 * take a 500th of the time. No process is held that is in the middle of a transfer: a write
 * would come back with a part.
 */
#include "cycle.h"
#include "base/clock.h"
#include "closed_set.h"
#include "ended_owner.h"
#include "ended_taker.h"
#include "hangs/identify/frame_base.h"
#include "hangs/identify/python_state.h"
#include "hangs/identify/thread_tables.h"
#include "hangs/record/awaited_place.h"
#include "hangs/watched_set.h"
#include "process/stop.h"
#include "survey.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

/* Unchanged for so long: not a step between two others. */
#define REST_NS 700000000u
/* Between quick checks of one process that waits; twice that where it does not. */
#define PAUSE_NS     350000000u
#define PAUSE_MAX_NS 3000000000u
/* Others may have gone meanwhile, and with them what they held. */
#define IDLE_NS     2000000000u
#define IDLE_MAX_NS 30000000000u
/* A survey is not repeated before so many times its processor time has gone by. */
#define SHARE 500
/* But soon after something was found: what was done about it lets others come to rest. */
#define EAGER_SHARE 50
#define EAGER_NS    5000000000u

/* --- who may be in a ring -------------------------------------------------- */

static bool may_be_in_ring(const struct task_look *task)
{
	switch (task->number) {
	case SYS_wait4:
	case SYS_waitid:
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_flock:
	case SYS_fcntl:
		return task->in_call;
	default:
		return procfs_is_untimed_futex_wait(task);
	}
}

static void cycle_quick_check(const struct turn *turn, struct watched *watched)
{
	struct ring_candidate *candidate = &watched->ring;
	struct task_look first;

	if (turn->now < candidate->next_ns)
		return;
	if (!procfs_quick_check(watched->pid, &first) || !may_be_in_ring(&first)) {
		candidate->since = 0;
	} else if (!candidate->since || !procfs_same_place(&candidate->first, &first)) {
		candidate->since = turn->now;
		candidate->pause_ns = PAUSE_NS;
		candidate->was_surveyed = false;
	} else if (candidate->was_surveyed && candidate->pause_ns < PAUSE_MAX_NS) {
		candidate->pause_ns *= 2;
	}
	candidate->first = first;
	candidate->next_ns = turn->now + (candidate->since ? candidate->pause_ns : 2 * PAUSE_NS);
}

static bool cycle_is_at_rest(const struct turn *turn, const struct watched *watched)
{
	return watched->ring.since && turn->now - watched->ring.since >= REST_NS;
}

/* True when one has come to rest that was in no survey yet. */
static bool quick_check_all(const struct turn *turn, struct watched_set *watch)
{
	bool any_new = false;

	for (size_t i = 0; i < watch->count; i++) {
		cycle_quick_check(turn, watch->list[i]);
		any_new |= cycle_is_at_rest(turn, watch->list[i]) &&
			   !watch->list[i]->ring.was_surveyed;
	}
	return any_new;
}

/* --- one ring -------------------------------------------------------------- */

struct ring {
	const struct turn *turn;
	struct watched_set *watch;
	struct survey *survey;
	struct wait_set set;
	size_t youngest; /* a node */
	uint32_t number;
	const char *reason; /* why it is not proven */
	struct arena arena;
};

/* The pid of the process that made this one by a fork; 0: not known. */
static pid_t fork_parent(const struct model *model, const struct process_facts *facts)
{
	const struct process_facts *birth = facts, *parent;

	/* A program was started in a child: that child was born before. */
	for (uint32_t serial = facts->serial; birth && birth->kind != BIRTH_CHILD && serial > 1;) {
		const struct process_facts *earlier = model_facts(model, --serial);

		if (earlier && earlier->pid == facts->pid)
			birth = earlier;
	}
	parent = birth->kind == BIRTH_CHILD ? model_facts(model, birth->parent) : NULL;
	return parent ? parent->pid : 0;
}

static bool are_relatives(const struct ring *ring, size_t one, size_t other)
{
	const struct model *model = ring->turn->model;
	const struct survey_node *nodes = ring->survey->nodes;
	pid_t parent = fork_parent(model, nodes[one].facts);
	pid_t other_parent = fork_parent(model, nodes[other].facts);

	return parent == nodes[other].watched->pid || other_parent == nodes[one].watched->pid ||
	       (parent && parent == other_parent);
}

/* Is each the parent, the child or a sibling of another, by forks of this session? */
static bool is_family(const struct ring *ring)
{
	for (size_t one = 0; one < ring->survey->graph.nodes; one++) {
		bool has_relative = !ring->set.has[one];

		for (size_t other = 0; !has_relative && other < ring->survey->graph.nodes; other++)
			has_relative = other != one && ring->set.has[other] &&
				       are_relatives(ring, one, other);
		if (!has_relative)
			return false;
	}
	return true;
}

static size_t find_youngest(const struct ring *ring)
{
	const struct survey_node *nodes = ring->survey->nodes;
	size_t best = GRAPH_OUTSIDE;

	for (size_t node = 0; node < ring->survey->graph.nodes; node++)
		if (ring->set.has[node] && fork_parent(ring->turn->model, nodes[node].facts) &&
		    (best == GRAPH_OUTSIDE ||
		     nodes[node].facts->birth_ns > nodes[best].facts->birth_ns))
			best = node;
	return best;
}

/* --- the third look and the records ---------------------------------------- */

static const struct task_look *cycle_find_task(const struct process_look *look, pid_t tid)
{
	for (size_t i = 0; i < look->count; i++)
		if (look->tasks[i].tid == tid)
			return &look->tasks[i];
	return NULL;
}

static bool is_child_that(const struct ring *ring, const struct process_wait *wait, pid_t pid)
{
	pid_t parent = ring->survey->nodes[wait->node].watched->pid;

	return procfs_parent(pid) == parent &&
	       (!wait->child || wait->child == procfs_number_at(pid, pid, procfs_depth(parent)));
}

/* One of the ring that could end the wait: the youngest if it can. */
static pid_t find_awaited(const struct ring *ring, const struct process_wait *wait)
{
	pid_t found = 0;

	for (size_t node = 0; node < ring->survey->graph.nodes; node++) {
		pid_t pid = ring->survey->nodes[node].watched->pid;
		bool can = false;

		if (!ring->set.has[node] || node == wait->node)
			continue;
		if (wait->kind == AWAITED_CHILD)
			can = is_child_that(ring, wait, pid);
		else if (!holders_ask(pid, wait, 1, &can))
			can = false;
		if (can && (!found || node == ring->youngest))
			found = pid;
	}
	return found;
}

static enum ring_wait ring_wait_of(enum awaited kind)
{
	static const enum ring_wait kinds[] = {
		[AWAITED_CHILD] = RING_CHILD,       [AWAITED_DATA] = RING_DATA,
		[AWAITED_ROOM] = RING_ROOM,         [AWAITED_MESSAGE] = RING_MESSAGE,
		[AWAITED_RECEIVER] = RING_RECEIVER, [AWAITED_MEMORY] = RING_MEMORY,
		[AWAITED_LOCK] = RING_LOCK,
	};

	return kinds[kind];
}

static bool any_in_transfer(const struct process_look *look)
{
	for (size_t i = 0; i < look->count; i++)
		if (holders_is_in_transfer(&look->tasks[i]))
			return true;
	return false;
}

/* What /proc tells without holding the task: all but the frame's base. */
static struct stack_registers registers_from_outside(const struct ring *ring, size_t node,
						     const struct task_look *task)
{
	const struct survey_node *known = &ring->survey->nodes[node];
	struct stack_registers registers = {.pc = task->pc, .sp = task->sp};

	frame_base_find(model_space(ring->turn->model, known->facts->serial), known->watched->pid,
			&registers);
	return registers;
}

struct look_on {
	struct process_look look;
	struct stopped stopped;
	bool is_held;
};

/* Who is in the middle of a transfer is not held: there the shim's own table tells. 0: unknown. */
static uint64_t thread_of(const struct process_facts *facts, const struct process_wait *wait,
			  const struct look_on *on)
{
	return on->is_held ? stop_thread_pointer(on->stopped.pid, wait->tid)
			   : thread_tables_self_of(facts, facts->pid, wait->tid);
}

static session_reference python_of(const struct ring *ring, const struct process_wait *wait,
				   const struct look_on *on, uint64_t sp)
{
	const struct watched *watched = ring->survey->nodes[wait->node].watched;
	const struct process_facts *facts = model_facts(ring->turn->model, watched->serial);

	if (!facts || facts->pid != watched->pid)
		return 0;
	return python_record(ring->turn->writer, facts, watched->pid, thread_of(facts, wait, on),
			     sp);
}

static void cycle_append(struct ring *ring, const struct process_wait *wait,
			 const struct look_on *on, session_reference *stack)
{
	const struct survey_node *node = &ring->survey->nodes[wait->node];
	const struct task_look *task = cycle_find_task(&on->look, wait->tid);
	struct stack_registers registers = {0};
	struct record_ring record = {
		.ring = ring->number,
		.serial = node->watched->serial,
		.pid = node->watched->pid,
		.tid = wait->tid,
		.waits_for = find_awaited(ring, wait),
		.kind = ring_wait_of(wait->kind),
		.call = (uint32_t)wait->call,
		.descriptor = wait->descriptor,
		.object = wait->inode,
	};
	struct held_task held = {.pid = node->watched->pid};

	if (!task)
		return;
	if (!on->is_held || !stop_registers(&on->stopped, wait->tid, &registers))
		registers = registers_from_outside(ring, wait->node, task);
	record.stack = *stack = hang_record_stack(ring->turn->writer, &held, &registers);
	record.python = python_of(ring, wait, on, registers.sp);
	if (wait->kind == AWAITED_MEMORY)
		place_record(record.serial, record.pid, record.tid, ring->turn->writer,
			     wait->address);
	writer_append(ring->turn->writer, RECORD_RING, &record, sizeof(record), NULL, 0);
}

/* False: it has moved. */
static bool look_on(struct ring *ring, size_t node, struct look_on *on)
{
	const struct survey_node *known = &ring->survey->nodes[node];
	pid_t pid = known->watched->pid;

	on->is_held = false;
	if (!procfs_look(pid, &on->look) || procfs_fingerprint(&on->look) != known->fingerprint)
		return false;
	if (any_in_transfer(&on->look))
		return true;
	switch (stop_process(&on->stopped, pid, &on->look, true)) {
	case STOP_MOVED:
		return false;
	case STOP_REFUSED:
		break;
	case STOP_HELD:
		on->is_held = true;
		break;
	}
	return true;
}

struct record_of_ring {
	struct ring *ring;
	struct process_look *look; /* of the youngest, to be kept */
	struct hang *hang;
};

/* False: it has moved. */
static bool record_node(const struct record_of_ring *to, size_t node)
{
	static struct look_on on;
	struct ring *ring = to->ring;
	const struct survey_node *known = &ring->survey->nodes[node];
	session_reference stack = 0;

	hang_record_modules(ring->turn->model, ring->turn->writer, known->watched->serial,
			    known->watched->pid);
	model_update(ring->turn->model);
	survey_renew(ring->survey, ring->turn->model);
	if (!look_on(ring, node, &on))
		return false;
	for (size_t i = 0; i < ring->survey->wait_count; i++) {
		const struct process_wait *wait = &ring->survey->waits[i];

		if (wait->node != node)
			continue;
		cycle_append(ring, wait, &on, &stack);
		if (node == ring->youngest && !to->hang->tid) {
			to->hang->tid = wait->tid;
			to->hang->stack = stack;
		}
	}
	if (on.is_held)
		stop_release(&on.stopped);
	if (node == ring->youngest)
		*to->look = on.look;
	return true;
}

static bool record_all(const struct record_of_ring *to)
{
	for (size_t node = 0; node < to->ring->survey->graph.nodes; node++)
		if (to->ring->set.has[node] && !record_node(to, node))
			return false;
	return true;
}

static uint64_t rest_since(const struct ring *ring)
{
	uint64_t since = 0;

	for (size_t node = 0; node < ring->survey->graph.nodes; node++)
		if (ring->set.has[node] && ring->survey->nodes[node].watched->ring.since > since)
			since = ring->survey->nodes[node].watched->ring.since;
	return since;
}

static void cycle_report(struct ring *ring)
{
	struct process_look *look = survey_report_look();
	struct survey_node *youngest = &ring->survey->nodes[ring->youngest];
	struct hang hang = {
		.kind = HANG_RING,
		.is_proven = !ring->reason,
		.may_be_killed = !ring->reason,
		.reason = ring->reason,
		.serial = youngest->watched->serial,
		.pid = youngest->watched->pid,
		.process = youngest->watched->process,
		.since_ns = rest_since(ring),
		.look = look,
		.is_looked_at = true,
		.about = ++ring->watch->rings.last,
	};
	struct record_of_ring to = {ring, look, &hang};

	ring->number = hang.about;
	if (record_all(&to) && ring->turn->found(&hang, ring->turn->data))
		survey_note_reported(youngest, look);
}

/* Also where one of it waits for a lock that no longer has an owner, which says more. */
static bool is_reported(const struct ring *ring)
{
	for (size_t node = 0; node < ring->survey->graph.nodes; node++) {
		const struct survey_node *known = &ring->survey->nodes[node];

		if (ring->set.has[node] && known->watched->ring.reported == known->fingerprint)
			return true;
	}
	return false;
}

static bool is_to_be_reported(struct ring *ring, bool all_asked)
{
	if (is_reported(ring) || !closed_set_ask_wakers(ring->turn, &ring->arena, ring->survey,
							&ring->set, &ring->reason))
		return false;
	if (!ring->reason && !all_asked)
		ring->reason = "who else has what they wait for is not known";
	return !ring->reason || ring->turn->now - rest_since(ring) >= ring->turn->hang_after_ns;
}

static void judge_ring(struct ring *ring, bool all_asked)
{
	ring->youngest = find_youngest(ring);
	if (ring->youngest == GRAPH_OUTSIDE || !is_family(ring))
		return;
	if (!closed_set_is_same(ring->survey, &ring->set)) {
		ring->watch->rings.is_pending = true;
		return;
	}
	arena_init(&ring->arena);
	if (is_to_be_reported(ring, all_asked))
		cycle_report(ring);
	arena_release(&ring->arena);
}

static void judge_rings(const struct turn *turn, struct watched_set *watch, struct survey *survey)
{
	struct ring ring = {.turn = turn, .watch = watch, .survey = survey};
	size_t node = graph_find_ring(&survey->graph, 0, &ring.set);
	bool all_asked;

	if (node == survey->graph.nodes)
		return;
	all_asked = survey_ask_outside(survey);
	for (node = 0; !survey->failed && node < survey->graph.nodes; node++) {
		node = graph_find_ring(&survey->graph, node, &ring.set);
		/* Each ring is found from each of its nodes: once is enough. */
		if (node < survey->graph.nodes && graph_is_first(&ring.set, node))
			judge_ring(&ring, all_asked);
	}
}

static bool any_reported(const struct survey *survey)
{
	for (size_t node = 0; node < survey->graph.nodes; node++)
		if (survey->nodes[node].is_reported)
			return true;
	return false;
}

/* --- when ------------------------------------------------------------------ */

static void survey_all(const struct turn *turn, struct watched_set *watch)
{
	struct survey survey;

	watch->rings.is_pending = false;
	if (!survey_open(&survey))
		return;
	for (size_t i = 0; i < watch->count; i++) {
		struct watched *watched = watch->list[i];
		const struct process_facts *facts = model_facts(turn->model, watched->serial);

		if (!cycle_is_at_rest(turn, watched) || !facts ||
		    !watched_open(watch, watched, facts))
			continue;
		watched->ring.was_surveyed = true;
		survey_add(&survey, watched, facts);
	}
	survey_connect(&survey);
	if (!survey.failed)
		ended_owner_judge(turn, watch, &survey);
	if (!survey.failed)
		ended_taker_judge(turn, watch, &survey);
	if (!survey.failed)
		judge_rings(turn, watch, &survey);
	if (any_reported(&survey))
		watch->rings.eager_until_ns = turn->now + EAGER_NS;
	survey_release(&survey);
}

static bool is_time(const struct turn *turn, struct ring_rounds *rings, bool any_new)
{
	if (rings->is_pending)
		return true;
	if (any_new || !rings->idle_pause_ns)
		rings->idle_pause_ns = IDLE_NS;
	if (turn->now < rings->next_ns || (!any_new && turn->now < rings->idle_ns))
		return false;
	if (!any_new && rings->idle_pause_ns < IDLE_MAX_NS)
		rings->idle_pause_ns *= 2;
	rings->idle_ns = turn->now + rings->idle_pause_ns;
	return true;
}

void ring_turn(const struct turn *turn, struct watched_set *watch)
{
	bool any_new = quick_check_all(turn, watch);
	uint64_t began, share;

	if (!is_time(turn, &watch->rings, any_new))
		return;
	/* Not the wall's: on a busy machine a survey takes longer, and costs no more. */
	began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	survey_all(turn, watch);
	share = turn->now < watch->rings.eager_until_ns ? EAGER_SHARE : SHARE;
	watch->rings.next_ns = turn->now + share * (clock_ns(CLOCK_THREAD_CPUTIME_ID) - began);
}
