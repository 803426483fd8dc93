/*
 * The list of watched processes is kept here, in the order of their serials, and the process
 * behind a serial is opened: the log is the program's to write, so that no other process of
 * the user's is touched.
 */
#include "watched_set.h"
#include "base/array.h"
#include "base/clock.h"
#include "hangs/child/proof.h"
#include "process/core_file.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* /proc gives start times in ticks of 10 ms; a birth is recorded right before. */
#define START_TOLERANCE_NS 2000000000u

/* Where a serial stands in the list, or would stand: the list is in their order. */
static size_t watched_set_place_of(const struct watched_set *set, uint32_t serial)
{
	size_t from = 0, to = set->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (set->list[middle]->serial < serial)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

struct watched *watched_add(struct watched_set *set, const struct process_facts *facts)
{
	bool has_room = ARRAY_MAKE_ROOM(set->list, set->count, set->capacity);
	struct watched *watched = has_room ? calloc(1, sizeof(*watched)) : NULL;
	size_t at = watched_set_place_of(set, facts->serial);

	if (!watched)
		return NULL;
	watched->serial = facts->serial;
	watched->pid = facts->number;
	watched->process = -1;
	memmove(&set->list[at + 1], &set->list[at], (set->count - at) * sizeof(*set->list));
	set->list[at] = watched;
	set->count++;
	return watched;
}

struct watched *watched_find(const struct watched_set *set, uint32_t serial)
{
	size_t at = watched_set_place_of(set, serial);

	return at < set->count && set->list[at]->serial == serial ? set->list[at] : NULL;
}

static bool is_same_process(const struct process_facts *facts, pid_t pid)
{
	uint64_t start = procfs_start_time(pid);
	uint64_t asleep = clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC);
	uint64_t birth = facts->birth_ns + asleep;

	/* An image keeps the start time of the process that became it. */
	return start && start <= birth + START_TOLERANCE_NS &&
	       (facts->kind == BIRTH_IMAGE || birth <= start + START_TOLERANCE_NS);
}

/* The log is the program's to write: no other process of the user's is touched. */
static bool is_ours(const struct watched_set *set, const struct process_facts *facts, pid_t pid)
{
	return pid > 0 && is_same_process(facts, pid) &&
	       (set->is_attached || procfs_is_descendant(pid));
}

/* A filter of system calls may forbid pidfd_open(). Signals can be sent through this one as well,
 * but its end cannot be awaited with it. */
static int open_folder(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The descriptor of a process that is the one of the log; -1: it is not. */
static int open_as(const struct watched_set *set, const struct process_facts *facts, pid_t pid)
{
	int process;

	/* Nobody else gets the number of a core. It never ends, and takes no signal. */
	if (core_is(pid))
		return eventfd(0, EFD_CLOEXEC);
	process = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (process < 0 && pid > 0 && set->is_attached)
		process = open_folder(pid);
	if (process >= 0 && !is_ours(set, facts, pid)) {
		close(process);
		process = -1;
	}
	return process;
}

/* Looked at once a round, and only where a number leads nowhere. */
static pid_t find_elsewhere(struct watched_set *set, const struct process_facts *facts)
{
	if (!set->knows_namespaces)
		namespaces_refresh(&set->namespaces);
	set->knows_namespaces = true;
	return namespaces_find(&set->namespaces, facts);
}

bool watched_open(struct watched_set *set, struct watched *watched,
		  const struct process_facts *facts)
{
	pid_t elsewhere;

	if (watched->process >= 0)
		return true;
	watched->process = open_as(set, facts, watched->pid);
	if (watched->process >= 0)
		return true;
	elsewhere = find_elsewhere(set, facts);
	watched->process = open_as(set, facts, elsewhere);
	if (watched->process >= 0)
		watched->pid = elsewhere;
	return watched->process >= 0;
}

void watched_drop(struct watched *watched)
{
	if (watched->process >= 0)
		close(watched->process);
	proof_release(watched);
	free(watched);
}
