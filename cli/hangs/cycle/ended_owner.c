/*
 * A shared mutex whose owner has ended is known by its bytes, read from the memory of the
 * process that waits. A number in a word is no proof: it must be the whole mutex of glibc, in
 * memory that is shared, with the id of a thread of this session that has ended.
 */
#include "ended_owner.h"
#include "hangs/record/ended_signal.h"
#include "hangs/watched_set.h"
#include "process/stop.h"
#include "shim/common/glibc/mutex.h"
#include <dirent.h>
#include <stdlib.h>

/* Robust, priority-inheriting and -protecting mutexes have bits that are not here. */
#define KIND_PLAIN (MUTEX_TYPE | MUTEX_SHARED | MUTEX_ELISION | MUTEX_NO_ELISION)

/* The id of the owner; 0: this is no such mutex. */
static pid_t ended_owner_owner_of(pid_t pid, const struct process_wait *wait)
{
	pthread_mutex_t mutex;

	if (stop_read(pid, wait->address, &mutex, sizeof(mutex)) != sizeof(mutex) ||
	    mutex.__data.__lock != MUTEX_CONTENDED || !(mutex.__data.__kind & MUTEX_SHARED) ||
	    mutex.__data.__kind & ~KIND_PLAIN || mutex.__data.__owner <= 0)
		return 0;
	return mutex.__data.__owner;
}

static bool has_process(const struct model *model, pid_t pid)
{
	for (uint32_t serial = 1; serial < model->process_capacity; serial++) {
		const struct process_facts *facts = model_facts(model, serial);

		if (facts && facts->pid == pid)
			return true;
	}
	return false;
}

/* Ids of others are in no mutex of ours. */
static bool was_of_session(const struct model *model, pid_t tid)
{
	const struct model_list *threads = model_list(model, RECORD_THREAD);

	for (size_t i = 0; i < threads->count; i++)
		if (model_thread(model, threads->references[i])->tid == tid)
			return true;
	return has_process(model, tid);
}

/* Of processes that were attached to, nobody has seen who ended: it is an id that nobody has. */
static bool is_known_id(const struct model *model, const struct watched_set *watch, pid_t owner)
{
	return was_of_session(model, owner) || watch->is_attached;
}

static bool has_living_number(pid_t pid, pid_t number, unsigned depth)
{
	static struct procfs_task tasks[TASKS_MAX];
	size_t count = procfs_depth(pid) < depth ? 0 : procfs_tasks(pid, tasks, TASKS_MAX);
	/* There may be more. */
	bool found = count == TASKS_MAX;

	for (size_t i = 0; !found && i < count; i++)
		found = procfs_number_at(pid, tasks[i].tid, depth) == number &&
			!maps_is_without_memory(tasks[i].tid);
	return found;
}

/* Has whoever has that number so deep ended? */
static bool is_without_memory_at(pid_t number, unsigned depth)
{
	size_t count;
	struct procfs_entry *entries = procfs_list(&count);
	bool is_alive = !entries;

	for (size_t i = 0; !is_alive && i < count; i++)
		is_alive = has_living_number(entries[i].pid, number, depth);
	free(entries);
	return !is_alive;
}

/* An id is one of the PID namespace that the lock is in. */
static bool ended_owner_has_ended(pid_t waiter, pid_t owner)
{
	unsigned depth = procfs_depth(waiter);

	return depth ? is_without_memory_at(owner, depth) : maps_is_without_memory(owner);
}

/* Why it is not proven; NULL where it is. */
static const char *ask_strangers(const struct model *model, const struct process_wait *wait)
{
	DIR *processes = opendir("/proc");
	const char *reason = processes ? NULL : "the other processes cannot be read";
	const struct dirent *entry;

	while (processes && !reason && (entry = readdir(processes))) {
		pid_t pid = atoi(entry->d_name);
		bool can = false;

		if (pid <= 0 || has_process(model, pid))
			continue;
		if (!holders_ask(pid, wait, 1, &can) &&
		    (procfs_is_descendant(pid) || holders_may_be_stranger(pid, wait, 1)))
			reason = "who else has the mutex is not known";
		if (can)
			reason = "a process that is not observed has the mutex too";
	}
	if (processes)
		closedir(processes);
	return reason;
}

static void ended_owner_report(const struct turn *turn, struct survey_node *node,
			       const struct process_wait *wait, pid_t owner, const char *reason)
{
	struct process_look *look = survey_report_look();
	struct hang hang = {
		.kind = HANG_DEAD_OWNER,
		.is_proven = !reason,
		.may_be_killed = !reason,
		.reason = reason,
		.serial = node->watched->serial,
		.pid = node->watched->pid,
		.tid = wait->tid,
		.process = node->watched->process,
		.since_ns = node->watched->ring.since,
		.look = look,
		.about = (uint32_t)owner,
	};

	if (reason && turn->now - hang.since_ns < turn->hang_after_ns)
		return;
	ended_signal_record(owner, turn->writer);
	if (procfs_look(hang.pid, look) && procfs_fingerprint(look) == node->fingerprint &&
	    turn->found(&hang, turn->data))
		survey_note_reported(node, look);
}

static void ended_owner_judge_wait(const struct turn *turn, struct watched_set *watch,
				   struct survey_node *node, const struct process_wait *wait)
{
	pid_t owner = ended_owner_owner_of(node->watched->pid, wait);

	if (!owner || node->watched->ring.reported == node->fingerprint ||
	    !is_known_id(turn->model, watch, owner) ||
	    !ended_owner_has_ended(node->watched->pid, owner))
		return;
	if (!node->is_same)
		watch->rings.is_pending = true;
	else
		ended_owner_report(turn, node, wait, owner, ask_strangers(turn->model, wait));
}

void ended_owner_judge(const struct turn *turn, struct watched_set *watch,
		       const struct survey *survey)
{
	for (size_t i = 0; i < survey->wait_count; i++) {
		const struct process_wait *wait = &survey->waits[i];

		if (wait->kind == AWAITED_MEMORY)
			ended_owner_judge_wait(turn, watch, &survey->nodes[wait->node], wait);
	}
}
