/*
 * Processes are added by number, watched for a few seconds, and at the end each of their tasks is
 * asked where it is. Tasks are held one at a time, for a millisecond, and only in calls that a stop
 * does not end (process/stop.c).
 */
#include "attach.h"
#include "awaited_ends.h"
#include "base/array.h"
#include "base/clock.h"
#include "hangs/child/proof.h"
#include "hangs/record/task_record.h"
#include "process/core_file.h"
#include "refusal.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between two looks at who is at rest. */
#define REST_NS 300000000u
#define TURN_MS 100
/* Shorter, and healthy workers wait in slices, or compute, without anything else to be seen. */
#define MOVING_MS 10000
/* For a clause. */
#define AWAITED_MAX 300

struct target_process {
	pid_t pid;
	uint32_t serial; /* 0: it was refused */
	uint32_t flags;  /* enum attached_flag */
	enum attached_state state;
	struct process_look *look; /* the first one; NULL: there is none */
	uint64_t looked_ns;
	bool was_asked_for_fork;
	char *refusal;
};

int attach_open(struct attach *attach, uint64_t hang_after_ms)
{
	const char *problem;

	*attach = (struct attach){.session = {.descriptor = -1}};
	attach->look = malloc(sizeof(*attach->look));
	if (!attach->look) {
		fputs("forkcheck: out of memory\n", stderr);
		return -1;
	}
	if (session_create_private(&attach->session))
		return -1;
	problem = reader_open(&attach->reader, attach->session.header, attach->session.size);
	if (problem) {
		fprintf(stderr, "forkcheck: cannot use its own memory: %s\n", problem);
		return -1;
	}
	writer_init(&attach->writer, attach->session.header, &attach->reader);
	model_init(&attach->model, &attach->reader, NULL);
	watch_init_attached(&attach->watch, &attach->writer, hang_after_ms * 1000000u,
			    (uint64_t)MOVING_MS * 1000000u);
	attach->lineage = (struct lineage){.model = &attach->model, .writer = &attach->writer};
	return 0;
}

void attach_close(struct attach *attach)
{
	for (size_t i = 0; i < attach->count; i++) {
		free(attach->targets[i].look);
		free(attach->targets[i].refusal);
	}
	free(attach->targets);
	free(attach->look);
	lineage_release(&attach->lineage);
	if (attach->reader.bytes) {
		watch_release(&attach->watch);
		model_release(&attach->model);
	}
	reader_close(&attach->reader);
	session_remove(&attach->session);
}

/* --- whom to look at ----------------------------------------------------------------- */

static struct target_process *find_target(const struct attach *attach, pid_t pid)
{
	for (size_t i = 0; i < attach->count; i++)
		if (attach->targets[i].pid == pid)
			return &attach->targets[i];
	return NULL;
}

static struct target_process *add_target(struct attach *attach, pid_t pid)
{
	struct target_process *known = find_target(attach, pid);

	if (known)
		return known;
	if (!ARRAY_MAKE_ROOM(attach->targets, attach->count, attach->capacity))
		return NULL;
	attach->targets[attach->count] = (struct target_process){.pid = pid};
	return &attach->targets[attach->count++];
}

static bool begin_target(struct attach *attach, struct target_process *target)
{
	const struct ancestor *ancestor = lineage_add(&attach->lineage, target->pid);

	if (!ancestor)
		return false;
	target->serial = ancestor->serial;
	target->flags |= ancestor->is_copy ? ATTACHED_IS_COPY : 0;
	target->flags |= ancestor->has_lost_parent ? ATTACHED_LOST_PARENT : 0;
	target->look = malloc(sizeof(*target->look));
	target->looked_ns = clock_ns(CLOCK_MONOTONIC);
	if (target->look && !procfs_look(target->pid, target->look)) {
		free(target->look);
		target->look = NULL;
	}
	return true;
}

bool attach_add(struct attach *attach, pid_t pid, char *problem, size_t capacity)
{
	struct target_process *target = add_target(attach, pid);
	bool is_refused = refusal_find(pid, problem, capacity);

	if (!target)
		return false;
	target->flags |= ATTACHED_ASKED;
	if (target->serial)
		return true;
	if (!is_refused && begin_target(attach, target))
		return true;
	if (!is_refused)
		snprintf(problem, capacity, "it has ended meanwhile");
	target->state = ATTACHED_REFUSED;
	free(target->refusal);
	target->refusal = strdup(problem);
	return false;
}

static void add_relative(struct attach *attach, pid_t pid)
{
	char problem[512];
	struct target_process *target;

	if (find_target(attach, pid) || refusal_find(pid, problem, sizeof(problem)))
		return;
	target = add_target(attach, pid);
	if (target && !begin_target(attach, target))
		attach->count--;
}

static bool is_in_tree(const struct attach *attach, pid_t pid)
{
	const struct target_process *target = find_target(attach, pid);

	return target && target->serial;
}

/* Descendants have higher places in no order: as long as one is found, others may be its own. */
static void add_descendants(struct attach *attach, const struct procfs_entry *entries, size_t count)
{
	bool any = true;

	while (any) {
		any = false;
		for (size_t i = 0; i < count; i++) {
			size_t before = attach->count;

			if (entries[i].is_zombie || !is_in_tree(attach, entries[i].parent) ||
			    is_in_tree(attach, entries[i].pid))
				continue;
			add_relative(attach, entries[i].pid);
			any |= attach->count > before;
		}
	}
}

void attach_add_tree(struct attach *attach, pid_t pid)
{
	size_t count;
	struct procfs_entry *entries = procfs_list(&count);
	const struct ancestor *ancestor = lineage_find(&attach->lineage, pid);

	/* Its brothers wait with it, or for it. */
	if (ancestor && ancestor->is_copy)
		add_relative(attach, ancestor->parent);
	add_descendants(attach, entries, count);
	free(entries);
}

/* --- watching them -------------------------------------------------------------------- */

static volatile sig_atomic_t was_told_to_end;

static void note_end(int signal)
{
	was_told_to_end = signal;
}

static struct watched *watched_of(const struct attach *attach, const struct target_process *target)
{
	return target->serial ? watched_find(&attach->watch.set, target->serial) : NULL;
}

static const struct task_look *task_in(const struct process_look *look, pid_t tid)
{
	for (size_t i = 0; i < look->count; i++)
		if (look->tasks[i].tid == tid)
			return &look->tasks[i];
	return NULL;
}

static bool has_rested(const struct target_process *target, const struct task_look *task)
{
	const struct task_look *before = target->look ? task_in(target->look, task->tid) : NULL;

	return before && before->state == 'S' && procfs_same_task(before, task);
}

/* To be held for a stack counts as having run. */
static void note_held_tasks(struct target_process *target, const struct process_look *look)
{
	for (size_t i = 0; target->look && look && i < target->look->count; i++) {
		const struct task_look *task = task_in(look, target->look->tasks[i].tid);

		target->look->tasks[i].was_held |= task && task->was_held;
	}
}

/* A parent that hangs in its own fork() is no child, and lacks nobody: its stacks tell. */
static pid_t find_forking(struct attach *attach, struct target_process *target,
			  struct process_look *look)
{
	struct wait_facts facts;
	struct arena arena;
	pid_t found = 0;

	arena_init(&arena);
	hang_record_modules(&attach->model, &attach->writer, target->serial, target->pid);
	model_update(&attach->model);
	for (size_t i = 0; i < look->count && !found; i++) {
		struct task_look *task = &look->tasks[i];

		if (!procfs_is_futex_wait(task) || !has_rested(target, task) ||
		    !waits_ask(&attach->model, &arena, target->serial, target->pid, look, task,
			       &facts))
			continue;
		task->was_held = true;
		if (facts.is_in_fork)
			found = task->tid;
	}
	note_held_tasks(target, look);
	arena_release(&arena);
	return found;
}

static void ask_for_forks(struct attach *attach, uint64_t now)
{
	struct process_look *look = attach->look;

	for (size_t i = 0; i < attach->count; i++) {
		struct target_process *target = &attach->targets[i];
		struct watched *watched = watched_of(attach, target);

		if (target->was_asked_for_fork || !watched || now - target->looked_ns < REST_NS)
			continue;
		target->was_asked_for_fork = true;
		if (target->flags & ATTACHED_ASKED && procfs_look(target->pid, look) && !look->held)
			watched->unseen_forking = find_forking(attach, target, look);
	}
}

static bool on_attached_hang(const struct hang *hang, void *data)
{
	struct attach *attach = data;

	if (hang->is_withdrawn) {
		model_update(&attach->model);
		return true;
	}
	if ((!hang->wait || !hang->is_proven) &&
	    !hang_record(&attach->model, &attach->writer, hang))
		return false;
	model_update(&attach->model);
	if (attach->act)
		attach->act(attach, hang, attach->data);
	return true;
}

/* All is said of it; one that has ended is not watched any more. */
static bool is_told(const struct attach *attach, const struct target_process *target)
{
	const struct watched *watched = watched_of(attach, target);

	if (!target->serial || !watched || watched->told.is_proven)
		return true;
	return !(target->flags & ATTACHED_ASKED) && !watched->is_missing_threads;
}

static bool is_all_told(const struct attach *attach)
{
	for (size_t i = 0; i < attach->count; i++)
		if (!is_told(attach, &attach->targets[i]))
			return false;
	return true;
}

bool attach_follow(struct attach *attach, uint64_t watch_ms)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + watch_ms * 1000000u;
	uint64_t now = 0;
	bool is_done = false;

	was_told_to_end = 0;
	signal(SIGINT, note_end);
	signal(SIGTERM, note_end);
	signal(SIGHUP, note_end);
	while (now < end && !was_told_to_end && !is_done) {
		int pause = watch_turn(&attach->watch, &attach->model, on_attached_hang, attach);
		struct timespec rest = {0, (pause < TURN_MS ? pause : TURN_MS) * 1000000};

		now = clock_ns(CLOCK_MONOTONIC);
		ask_for_forks(attach, now);
		is_done = is_all_told(attach);
		/* Processes are looked at in turns: there is no event for standing still. */
		nanosleep(&rest, NULL);
	}
	return !was_told_to_end;
}

/* --- what they are doing -------------------------------------------------------------- */

static enum attached_state state_of(const struct target_process *target,
				    const struct process_look *look)
{
	if (look->held)
		return ATTACHED_TRACED;
	if (look->count && (look->tasks[0].state == 'T' || look->tasks[0].state == 't'))
		return ATTACHED_STOPPED;
	for (size_t i = 0; i < look->count; i++)
		if (!has_rested(target, &look->tasks[i]))
			return ATTACHED_MOVES;
	return ATTACHED_RESTS;
}

/* As people know it, and as it was when it was added. */
static pid_t parent_of(pid_t pid, const struct ancestor *ancestor)
{
	if (core_is(pid))
		return core_parent(pid);
	return ancestor ? ancestor->parent : procfs_parent(pid);
}

/* A child that hangs is to be asked itself. */
static bool has_others(const struct attach *attach, const struct target_process *target)
{
	for (size_t i = 0; i < attach->lineage.count; i++)
		if (attach->lineage.list[i].parent == target->pid)
			return false;
	return !core_is(target->pid) && target->serial && procfs_has_children(target->pid);
}

static void append_attached(struct attach *attach, const struct target_process *target,
			    const struct process_look *look, const char *reason)
{
	const struct ancestor *ancestor = lineage_find(&attach->lineage, target->pid);
	struct record_attached record = {
		.serial = target->serial,
		.pid = procfs_shown_tid(target->pid, target->pid),
		.parent_pid = parent_of(target->pid, ancestor),
		.flags = target->flags | (core_is(target->pid) ? ATTACHED_CORE : 0) |
			 (has_others(attach, target) ? ATTACHED_HAS_OTHERS : 0),
		.state = target->state,
		.tasks = look ? (uint32_t)look->count : 0,
		.reason_length = (uint32_t)strlen(reason),
	};

	if (ancestor && ancestor->start_ns)
		record.age_ns = clock_ns(CLOCK_BOOTTIME) - ancestor->start_ns;
	writer_append(&attach->writer, RECORD_ATTACHED, &record, sizeof(record), reason,
		      record.reason_length);
}

static void record_target(struct attach *attach, struct target_process *target)
{
	struct process_look *look = attach->look;
	const struct watched *watched = watched_of(attach, target);
	char awaited[AWAITED_MAX] = "";

	if (!target->serial) {
		append_attached(attach, target, NULL, target->refusal ? target->refusal : "");
		return;
	}
	note_held_tasks(target, watched ? watched->look : NULL);
	if (!procfs_look(target->pid, look)) {
		target->state = ATTACHED_GONE;
		append_attached(attach, target, NULL, "");
		return;
	}
	target->state = state_of(target, look);
	hang_record_modules(&attach->model, &attach->writer, target->serial, target->pid);
	model_update(&attach->model);
	if (target->state == ATTACHED_RESTS)
		awaited_ends_say(&attach->model, target->serial, target->pid, look, awaited,
				 sizeof(awaited));
	append_attached(attach, target, look, awaited);
	for (size_t i = 0; i < look->count; i++) {
		struct task_question question = {
			.model = &attach->model,
			.writer = &attach->writer,
			.serial = target->serial,
			.pid = target->pid,
			.look = look,
			.has_rested = has_rested(target, &look->tasks[i]),
		};

		task_record(&question, &look->tasks[i]);
	}
}

void attach_record(struct attach *attach)
{
	for (size_t i = 0; i < attach->count; i++)
		record_target(attach, &attach->targets[i]);
	model_update(&attach->model);
}
