/*
 * Processes that the log does not know are found in /proc. Of one that is a copy of its parent's
 * memory (process/fork_copy.h), that nobody else shares that memory with, and whose parent has
 * at least two tasks older than it, of which one at most has forked, it is proven that threads
 * were lost.
 */
#include "outside.h"
#include "base/clock.h"
#include "findings/unobserved.h"
#include "process/fork_copy.h"
#include "process/procfs.h"
#include "shim/common/target.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The kernel's own limit. */
#define PIDS_MAX (4u << 20)
/* A walk is not made more often than this. */
#define WALK_NS 400000000u
/* Of one processor: a 400th, or a 50th where somebody new is to be seen again. */
#define IDLE_SHARE 400
#define WALK_SHARE 50
/* Seen by so many walks: not a program that is being started. */
#define SIGHTINGS      2
#define TICK_NS        10000000u
#define START_SLACK_NS 2000000000u

struct stranger {
	pid_t pid, parent;
	uint64_t start_ns; /* CLOCK_BOOTTIME */
	unsigned sightings;
	struct fork_layout layout; /* of one whose birth was recorded */
};

struct walk {
	struct outside *outside;
	struct model *model;
	struct writer *writer;
	struct procfs_entry *entries; /* sorted by pid */
	size_t count;
};

void outside_release(struct outside *outside)
{
	free(outside->list);
	free(outside->by_pid);
	*outside = (struct outside){0};
}

static void index_births(struct outside *outside, const struct model *model)
{
	for (uint32_t serial = 1; serial < model->process_capacity; serial++) {
		const struct process_facts *facts = model_facts(model, serial);
		const struct process_facts *other;

		if (!facts || facts->pid <= 0 || facts->pid >= (int)PIDS_MAX)
			continue;
		other = model_facts(model, outside->by_pid[facts->pid]);
		if (!other || other->pid != facts->pid || other->birth_ns <= facts->birth_ns)
			outside->by_pid[facts->pid] = serial;
	}
}

static const struct process_facts *outside_facts_of(const struct walk *walk, pid_t pid)
{
	return pid > 0 && pid < (int)PIDS_MAX ? model_facts(walk->model, walk->outside->by_pid[pid])
					      : NULL;
}

static bool is_descendant(const struct walk *walk, const struct procfs_entry *entry)
{
	/* Parents may change while the list is read: no more steps than processes. */
	for (size_t i = 0; entry && i < walk->count; i++) {
		if (entry->parent == getpid())
			return true;
		entry = procfs_find(walk->entries, walk->count, entry->parent);
	}
	return false;
}

/* The shim's notes are where they were: the memory is still that of the program it was in. */
static bool has_its_memory(const struct process_facts *facts)
{
	uint32_t magic = 0;
	struct iovec local = {&magic, sizeof(magic)};
	struct iovec remote = {(void *)(uintptr_t)facts->private_facts, sizeof(magic)};
	ssize_t got = process_vm_readv(facts->pid, &local, 1, &remote, 1, 0);

	if (got < 0 || !facts->private_facts)
		return errno != EFAULT || !facts->private_facts;
	return magic == PRIVATE_FACTS_MAGIC;
}

static bool is_forking(const struct walk *walk, pid_t pid)
{
	const struct process_facts *facts = outside_facts_of(walk, pid);
	struct session_birth birth;

	return facts && facts->birth_number &&
	       reader_birth(walk->model->reader, facts->birth_number - 1, &birth) &&
	       birth.process == facts->serial && birth.forking;
}

static bool is_of_this_time(const struct process_facts *facts, const struct procfs_entry *entry)
{
	return facts->birth_ns + START_SLACK_NS >= clock_awake_ns(entry->start_ns);
}

static bool outside_is_known(const struct walk *walk, const struct procfs_entry *entry)
{
	const struct process_facts *facts = outside_facts_of(walk, entry->pid);
	pid_t inner;

	if (facts && is_of_this_time(facts, entry))
		return facts->is_outside ||
		       (!(model_state(walk->model, facts) & BIRTH_EXECED) && has_its_memory(facts));
	/* Its birth is written when its parent has left fork(); a vfork child's never. */
	if (syscall(SYS_kcmp, entry->pid, entry->parent, KCMP_VM, 0, 0) == 0 ||
	    is_forking(walk, entry->parent))
		return true;
	/* In a PID namespace it said hello by another number. */
	inner = procfs_inner_pid(entry->pid);
	facts = inner != entry->pid ? outside_facts_of(walk, inner) : NULL;
	return facts && is_of_this_time(facts, entry);
}

static struct stranger *find_stranger(const struct outside *outside, pid_t pid, uint64_t start_ns)
{
	for (size_t i = 0; i < outside->count; i++)
		if (outside->list[i].pid == pid && outside->list[i].start_ns == start_ns)
			return &outside->list[i];
	return NULL;
}

static enum unobserved_reason why(const struct target *target, pid_t pid)
{
	if (target->reason != OBSERVABLE)
		return target->reason;
	return procfs_has_variable(pid, "LD_PRELOAD") &&
			       procfs_has_variable(pid, SESSION_ENVIRONMENT)
		       ? UNOBSERVED_NO_BIRTH
		       : UNOBSERVED_ENVIRONMENT;
}

static void outside_record_unobserved(const struct walk *walk, const struct stranger *stranger)
{
	struct record_unobserved record = {.since_ns = clock_awake_ns(stranger->start_ns) - TICK_NS,
					   .pid = stranger->pid};
	struct target target = {.beforehand = OBSERVABLE};
	char path[TARGET_PATH_MAX], link[64];
	struct session_header *live = walk->writer->live;

	if (unobserved_is_recorded(walk->model, stranger->pid, record.since_ns - START_SLACK_NS))
		return;
	if (atomic_fetch_add(&live->counters.unobserved, 1) >= UNOBSERVED_MAX)
		return;
	snprintf(link, sizeof(link), "/proc/%d/exe", stranger->pid);
	target_examine(&target, AT_FDCWD, link);
	record.reason = why(&target, stranger->pid);
	record.path_length = (uint32_t)procfs_program(stranger->pid, path, sizeof(path));
	writer_append(walk->writer, RECORD_UNOBSERVED, &record, sizeof(record), path,
		      record.path_length);
}

bool outside_is_unchanged(const struct outside *outside, pid_t pid)
{
	struct fork_layout now;

	fork_layout_read(pid, &now);
	for (size_t i = 0; i < outside->count; i++)
		if (outside->list[i].pid == pid)
			return fork_layout_same(&outside->list[i].layout, &now);
	return false;
}

/* 1 and 2: they differ. 0 is the same memory; -1, that the kernel does not say. */
static bool has_memory_alone(const struct walk *walk, pid_t pid)
{
	for (size_t i = 0; i < walk->count; i++) {
		pid_t other = walk->entries[i].pid;

		if (other != pid && is_descendant(walk, &walk->entries[i]) &&
		    syscall(SYS_kcmp, pid, other, KCMP_VM, 0, 0) <= 0)
			return false;
	}
	return true;
}

static session_reference outside_record_thread(const struct walk *walk, uint32_t parent,
					       const struct procfs_task *task)
{
	struct record_thread record = {.born_in = parent,
				       .serial = (uint32_t)task->tid,
				       .tid = task->tid,
				       .flags = THREAD_UNSEEN};

	memcpy(record.name, task->name, sizeof(record.name));
	return writer_append(walk->writer, RECORD_THREAD, &record, sizeof(record), NULL, 0);
}

static uint32_t record_process(const struct walk *walk, pid_t pid, uint64_t start_ns,
			       const struct process_facts *parent, session_reference fork)
{
	struct record_process record = {.pid = pid, .kind = parent ? BIRTH_CHILD : BIRTH_IMAGE};
	char path[TARGET_PATH_MAX];

	record.serial = atomic_fetch_add(&walk->writer->live->next_process, 1) + 1;
	record.parent = parent ? parent->serial : 0;
	record.image = parent ? parent->image : record.serial;
	record.parent_pid = parent ? parent->pid : 0;
	record.fork = fork;
	record.birth_ns = clock_awake_ns(start_ns);
	record.path_length = (uint16_t)procfs_program(pid, path, sizeof(path));
	writer_append(walk->writer, RECORD_PROCESS, &record, sizeof(record), path,
		      record.path_length);
	model_update(walk->model);
	return record.serial;
}

static session_reference outside_record_fork(const struct walk *walk,
					     const struct process_facts *parent,
					     const struct procfs_task *tasks, size_t count,
					     size_t forker)
{
	session_reference threads[TASKS_MAX];
	struct record_lost lost = {0};
	struct record_fork fork = {
		.parent = parent->serial, .parent_pid = parent->pid, .function = FORK_OUTSIDE};

	for (size_t i = 0; i < count; i++) {
		session_reference thread = outside_record_thread(walk, parent->serial, &tasks[i]);

		if (i == forker)
			fork.thread = thread;
		else if (thread)
			threads[lost.count++] = thread;
	}
	atomic_store(&fork.lost, writer_append(walk->writer, RECORD_LOST, &lost, sizeof(lost),
					       threads, lost.count * sizeof(*threads)));
	return writer_append(walk->writer, RECORD_FORK, &fork, sizeof(fork), NULL, 0);
}

static const struct process_facts *parent_facts(const struct walk *walk,
						const struct stranger *child)
{
	const struct procfs_entry *entry = procfs_find(walk->entries, walk->count, child->parent);
	const struct process_facts *facts = outside_facts_of(walk, child->parent);

	if (!entry)
		return NULL;
	if (facts && is_of_this_time(facts, entry) &&
	    !(model_state(walk->model, facts) & BIRTH_EXECED))
		return facts;
	return model_facts(walk->model,
			   record_process(walk, child->parent, entry->start_ns, NULL, 0));
}

/* A birth for the watch, where all of it can be proven. */
static void record_birth(const struct walk *walk, struct stranger *child)
{
	struct procfs_task tasks[TASKS_MAX];
	const struct process_facts *parent;
	session_reference fork;
	size_t count;

	if (child->parent == getpid() || !fork_copy_is(child->pid, child->parent) ||
	    !has_memory_alone(walk, child->pid))
		return;
	fork_layout_read(child->pid, &child->layout);
	count = fork_copy_older_tasks(child->parent, child->pid, tasks, TASKS_MAX);
	parent = count > 1 ? parent_facts(walk, child) : NULL;
	if (!parent)
		return;
	fork = outside_record_fork(walk, parent, tasks, count,
				   fork_copy_forker(tasks, count, child->pid));
	record_process(walk, child->pid, child->start_ns, parent, fork);
}

static void meet(const struct walk *walk, struct stranger *stranger)
{
	if (++stranger->sightings != SIGHTINGS)
		return;
	outside_record_unobserved(walk, stranger);
	model_update(walk->model);
	record_birth(walk, stranger);
	model_update(walk->model);
}

/* Who is gone, or known by now, is forgotten. */
static void take_strangers(struct walk *walk)
{
	struct stranger *list = calloc(walk->count + 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return;
	for (size_t i = 0; i < walk->count; i++) {
		const struct procfs_entry *entry = &walk->entries[i];
		const struct stranger *before;

		if (entry->is_zombie || !is_descendant(walk, entry))
			continue;
		before = find_stranger(walk->outside, entry->pid, entry->start_ns);
		if (!(before && before->sightings >= SIGHTINGS) && outside_is_known(walk, entry))
			continue;
		list[count] = before ? *before
				     : (struct stranger){.pid = entry->pid,
							 .parent = entry->parent,
							 .start_ns = entry->start_ns};
		meet(walk, &list[count++]);
	}
	free(walk->outside->list);
	walk->outside->list = list;
	walk->outside->count = count;
}

static bool awaits_anyone(const struct outside *outside)
{
	for (size_t i = 0; i < outside->count; i++)
		if (outside->list[i].sightings < SIGHTINGS)
			return true;
	return false;
}

void outside_turn(struct outside *outside, struct model *model, struct writer *writer, uint64_t now)
{
	struct walk walk = {.outside = outside, .model = model, .writer = writer};
	uint64_t began, spent;

	if (now < outside->next_walk_ns)
		return;
	if (!outside->by_pid)
		outside->by_pid = calloc(PIDS_MAX, sizeof(*outside->by_pid));
	if (!outside->by_pid)
		return;
	began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	index_births(outside, model);
	walk.entries = procfs_list(&walk.count);
	take_strangers(&walk);
	free(walk.entries);
	spent = (awaits_anyone(outside) ? WALK_SHARE : IDLE_SHARE) *
		(clock_ns(CLOCK_THREAD_CPUTIME_ID) - began);
	outside->next_walk_ns = now + (spent > WALK_NS ? spent : WALK_NS);
}
