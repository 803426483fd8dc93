/*
 * Looks at /proc, a few times a second and only at processes that inherited
 * trouble: a healthy program costs one read of shared memory per process.
 */
#include "watch.h"
#include "interpreter.h"
#include "maps.h"
#include "stop.h"
#include "wakers.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* /proc gives start times in ticks of 10 ms; a birth is recorded right before. */
#define START_TOLERANCE_NS 2000000000u
#define ROUND_NS           400000000u
/* An announced wait is looked at this often: two looks, and it is reported. */
#define ANNOUNCED_MS 50
#define ROUND_MS     200
/* Unchanged for so long: not a task that is merely between two steps. */
#define REST_NS     300000000u
#define LINEAGE_MAX 1024
/* Equal registers at so many looks: no work is done. */
#define SPIN_LOOKS 4
#define SPIN_BYTES 64

struct watched {
	uint32_t serial;
	pid_t pid;
	int process;  /* pidfd, opened at the first look */
	bool is_heir; /* lacks threads of the parent */
	session_reference wait;
	bool is_reported;

	bool has_look;
	struct process_look *look; /* made at the first one: it is large */
	uint64_t rest_since;       /* no task has run since */
	uint64_t similar_since;    /* tasks may have run, but came back to the same waits */
	uint64_t judged_rest;      /* rest_since of the rest that was judged already */
	const char *reason;        /* why that rest is no proof; malloc'ed */
	bool is_healthy;           /* that rest can end: others have its memory */
	uint64_t io;
	int32_t forking;
	uint64_t forking_since;
	bool has_modules;    /* all that it has mapped is in the log */
	uint64_t asked_word; /* the last address that was asked about, and the answer */
	bool is_interpreters;
	unsigned spins;
	struct stack_registers registers;
};

struct turn {
	struct watch *watch;
	struct model *model;
	bool (*found)(const struct hang *hang, void *data);
	void *data;
	uint64_t now;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void watch_init(struct watch *watch, struct writer *writer, uint64_t hang_after_ns)
{
	*watch = (struct watch){.next_serial = 1, .writer = writer, .hang_after_ns = hang_after_ns};
}

static void drop(struct watch *watch, size_t index)
{
	struct watched *watched = watch->list[index];

	if (watched->process >= 0)
		close(watched->process);
	free((char *)watched->reason);
	free(watched->look);
	free(watched);
	watch->list[index] = watch->list[--watch->count];
}

void watch_release(struct watch *watch)
{
	while (watch->count)
		drop(watch, watch->count - 1);
	free(watch->list);
	*watch = (struct watch){0};
}

/* The threads of an ancestor are missing in every descendant until one execs. */
static bool is_heir(const struct model *model, const struct process_facts *facts)
{
	for (int i = 0; i < LINEAGE_MAX && facts && facts->kind == BIRTH_CHILD; i++) {
		if (facts->lost)
			return true;
		facts = model_process(model, facts->parent);
	}
	return false;
}

static struct watched *add(struct watch *watch, const struct model *model,
			   const struct process_facts *facts)
{
	struct watched *watched;

	if (watch->count == watch->capacity) {
		size_t capacity = watch->capacity ? 2 * watch->capacity : 64;
		struct watched **grown = reallocarray(watch->list, capacity, sizeof(*grown));

		if (!grown)
			return NULL;
		watch->list = grown;
		watch->capacity = capacity;
	}
	watched = calloc(1, sizeof(*watched));
	if (!watched)
		return NULL;
	watched->serial = facts->serial;
	watched->pid = facts->pid;
	watched->process = -1;
	watched->is_heir = is_heir(model, facts);
	watch->list[watch->count++] = watched;
	return watched;
}

static struct watched *find(const struct watch *watch, uint32_t serial)
{
	for (size_t i = watch->count; i-- > 0;)
		if (watch->list[i]->serial == serial)
			return watch->list[i];
	return NULL;
}

static void take_births(struct watch *watch, const struct model *model)
{
	for (; watch->next_serial < model->process_capacity; watch->next_serial++) {
		const struct process_facts *facts = model_process(model, watch->next_serial);

		/* A serial that is not known yet: its birth is being written. */
		if (!facts)
			break;
		if (facts->pid > 0)
			add(watch, model, facts);
	}
}

/* Serials are taken before the fork, so one that never came to be would stop
 * the count: a later one shows that it will not come. */
static void pass_over_unborn(struct watch *watch, const struct model *model)
{
	uint32_t serial = watch->next_serial;

	while (serial < model->process_capacity && !model_process(model, serial))
		serial++;
	if (serial < model->process_capacity)
		watch->next_serial = serial;
}

static void take_waits(struct watch *watch, const struct model *model)
{
	const struct model_list *waits = model_list(model, RECORD_WAIT);

	for (; watch->next_wait < waits->count; watch->next_wait++) {
		session_reference reference = waits->references[watch->next_wait];
		const struct record_wait *wait = model_wait(model, reference);
		const struct process_facts *facts = model_process(model, wait->record.process);
		struct watched *watched = find(watch, wait->record.process);

		if (wait->flags || !facts || facts->pid <= 0)
			continue;
		if (!watched)
			watched = add(watch, model, facts);
		if (watched)
			watched->wait = reference;
	}
}

static bool is_same_process(const struct process_facts *facts)
{
	uint64_t start = procfs_start_time(facts->pid);
	uint64_t asleep = clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC);
	uint64_t birth = facts->birth_ns + asleep;

	/* An image keeps the start time of the process that became it. */
	return start && start <= birth + START_TOLERANCE_NS &&
	       (facts->kind == BIRTH_IMAGE || birth <= start + START_TOLERANCE_NS);
}

/* False when the process is gone, or its number belongs to another. */
static bool open_process(struct watched *watched, const struct process_facts *facts)
{
	if (watched->process >= 0)
		return true;
	watched->process = (int)syscall(SYS_pidfd_open, watched->pid, 0);
	/* The log is the program's to write: no other process of the user's is touched. */
	return watched->process >= 0 && is_same_process(facts) &&
	       procfs_is_descendant(watched->pid);
}

static bool is_alive(const struct watched *watched)
{
	return kill(watched->pid, 0) == 0 || errno == EPERM;
}

static int32_t forking_thread(const struct model *model, const struct process_facts *facts)
{
	struct session_birth birth;

	if (!facts->birth_number || !reader_birth(model->reader, facts->birth_number - 1, &birth) ||
	    birth.process != facts->serial)
		return 0;
	return birth.forking;
}

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

static bool is_interpreter_word(const struct turn *turn, struct watched *watched, uint64_t address)
{
	if (!watched->has_modules) {
		hang_record_modules(turn->model, turn->watch->writer, watched->serial,
				    watched->pid);
		model_update(turn->model);
		watched->has_modules = true;
	}
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

/* Judges a rest once; it is judged again when the process has run in between. */
static void judge_rest(struct watched *watched, struct model *model,
		       const struct process_facts *facts)
{
	struct arena arena;
	const char *reason = NULL;

	if (watched->judged_rest == watched->rest_since)
		return;
	watched->judged_rest = watched->rest_since;
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
		reason = wakers_find(model, &arena, facts, watched->look);
		break;
	}
	watched->reason = reason ? strdup(reason) : NULL;
	arena_release(&arena);
}

static struct hang make_hang(const struct watched *watched, enum hang_kind kind)
{
	return (struct hang){
		.kind = kind,
		.serial = watched->serial,
		.pid = watched->pid,
		.tid = kind == HANG_IN_FORK ? watched->forking : watched->pid,
		.process = watched->process,
		.since_ns = watched->rest_since,
		.look = watched->look,
		.wait = watched->wait,
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
	return turn->now - since >= turn->watch->hang_after_ns;
}

/* Every task waits, and has waited since the last look. */
static void judge_at_rest(const struct turn *turn, struct watched *watched,
			  const struct process_facts *facts)
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
	judge_rest(watched, turn->model, facts);
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

static void judge_forking(const struct turn *turn, struct watched *watched)
{
	if (lasts(turn, watched->forking_since))
		report_suspected(turn, watched, HANG_IN_FORK,
				 "other threads of the process still run and may let it go on");
}

static void note_forking(const struct turn *turn, struct watched *watched, int32_t forking)
{
	if (forking != watched->forking)
		watched->forking_since = turn->now;
	watched->forking = forking;
}

/* The cheap question first: is the first thread where a hang could be? */
static bool is_worth_a_look(const struct watched *watched)
{
	struct task_look first;

	if (watched->forking)
		return true;
	return procfs_peek(watched->pid, &first) &&
	       (procfs_is_futex_wait(&first) || !first.in_call);
}

static void judge_watched(const struct turn *turn, struct watched *watched,
			  const struct process_facts *facts)
{
	if (!is_worth_a_look(watched) || !take_look(turn, watched)) {
		watched->has_look = false;
		return;
	}
	if (is_at_rest(watched->look))
		judge_at_rest(turn, watched, facts);
	else if (watched->forking)
		judge_forking(turn, watched);
	else if (only_waits(watched->look))
		judge_timed(turn, watched);
	else if (!watched->look->traced && watched->look->tasks[0].state == 'R')
		judge_running(turn, watched);
}

/* False when there is nothing left to watch. */
static bool visit(const struct turn *turn, struct watched *watched, bool full_round)
{
	const struct process_facts *facts = model_process(turn->model, watched->serial);

	if (!facts || (full_round && !is_alive(watched)) ||
	    model_state(turn->model, facts) & BIRTH_EXECED)
		return false;
	if (watched->is_reported || (!full_round && !watched->wait))
		return true;
	note_forking(turn, watched, forking_thread(turn->model, facts));
	if (!watched->is_heir && !watched->wait && !watched->forking)
		return true;
	if (!open_process(watched, facts))
		return false;
	judge_watched(turn, watched, facts);
	return true;
}

static bool any_announced(const struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->list[i]->wait && !watch->list[i]->is_reported)
			return true;
	return false;
}

int watch_turn(struct watch *watch, struct model *model,
	       bool (*found)(const struct hang *hang, void *data), void *data)
{
	struct turn turn = {watch, model, found, data, clock_ns(CLOCK_MONOTONIC)};
	bool full_round = turn.now >= watch->next_round_ns;

	take_births(watch, model);
	take_waits(watch, model);
	if (full_round) {
		watch->next_round_ns = turn.now + ROUND_NS;
		pass_over_unborn(watch, model);
	}
	for (size_t i = watch->count; i-- > 0;)
		if (!visit(&turn, watch->list[i], full_round))
			drop(watch, i);
	return any_announced(watch) ? ANNOUNCED_MS : ROUND_MS;
}

bool watch_is_pending(const struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (!watch->list[i]->is_reported &&
		    (watch->list[i]->wait ||
		     (watch->list[i]->has_look && is_at_rest(watch->list[i]->look) &&
		      !watch->list[i]->is_healthy)))
			return true;
	return false;
}

void watch_signal_all(const struct watch *watch, int signal)
{
	for (size_t i = 0; i < watch->count; i++) {
		struct watched *watched = watch->list[i];

		if (watched->process >= 0)
			syscall(SYS_pidfd_send_signal, watched->process, signal, NULL, 0);
	}
}
