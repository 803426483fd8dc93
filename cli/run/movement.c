/*
 * Whether a session stands still is read from /proc of all descendants. Threads that look
 * around every tenth of a second (the handlers of multiprocessing.Pool) read and write nothing
 * and take next to no time: they do not count.
 */
#include "movement.h"
#include "process/procfs.h"
#include "shim/common/arch/arch.h"
#include "terminal.h"
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LOOK_NS 1000000000u
/* Not looked for so long: we were stopped, and they may have been too. */
#define GAP_NS 5000000000u
/* More of one processor is work: one in so many. */
#define WORK_SHARE 50
/* Of more processes than these, those that are nearest to the program. */
#define DESCENDANTS_MAX 4096

void movement_release(struct movement *movement)
{
	free(movement->list);
	*movement = (struct movement){0};
}

/* Somebody holds it: a debugger, a person. What stands still then is no news. */
static bool movement_is_held(char state)
{
	return state == 'T' || state == 't';
}

static bool is_terminal(pid_t pid, uint64_t descriptor)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%llu", pid, (unsigned long long)descriptor);
	return stat(path, &status) == 0 && S_ISCHR(status.st_mode) &&
	       (major(status.st_rdev) == TTY_MAJOR ||
		(major(status.st_rdev) >= UNIX98_PTY_SLAVE_MAJOR &&
		 major(status.st_rdev) < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT));
}

/* For descriptors, without a time limit. */
static bool waits_for_input(pid_t pid, const struct task_look *task)
{
	const uint64_t *arguments = task->arguments;

	switch (task->number) {
	case SYS_read:
		return is_terminal(pid, arguments[0]);
	case ARCH_CALL_SELECT:
	case SYS_pselect6:
		return arguments[0] && !arguments[4] && is_terminal(pid, STDIN_FILENO);
	case ARCH_CALL_POLL:
		return arguments[1] && (int32_t)arguments[2] < 0 && is_terminal(pid, STDIN_FILENO);
	case SYS_ppoll:
		return arguments[1] && !arguments[2] && is_terminal(pid, STDIN_FILENO);
	default:
		return false;
	}
}

/* It has the terminal, and waits for what somebody types: a shell, an interpreter. */
static bool waits_for_a_person(pid_t pid, pid_t foreground)
{
	struct task_look first;

	return foreground > 0 && getpgid(pid) == foreground && procfs_quick_check(pid, &first) &&
	       first.in_call && waits_for_input(pid, &first);
}

static bool has_worked(const struct moving_process *before, const struct moving_process *now,
		       uint64_t elapsed_ns)
{
	uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);

	return before->io != now->io ||
	       (now->ticks - before->ticks) * tick_ns > elapsed_ns / WORK_SHARE;
}

/* What it has done so far. True where that is more than before, or it is held. */
static bool movement_look_at(struct moving_process *process, const struct moving_process *before,
			     const struct hung_list *hung, uint64_t elapsed_ns, pid_t foreground)
{
	char state;

	/* Whatever it does, it is the trouble and not a sign of life. */
	if (hung_is_in_error(hung, process->pid))
		return false;
	process->io = procfs_io(process->pid);
	state = procfs_usage(process->pid, &process->ticks);
	/* One that an error was about until now has no numbers: it moves, once. */
	return movement_is_held(state) || waits_for_a_person(process->pid, foreground) ||
	       (before && has_worked(before, process, elapsed_ns));
}

static bool same_process(const struct movement *before, size_t index, pid_t pid)
{
	return index < before->count && before->list[index].pid == pid;
}

static struct moving_process *list_descendants(size_t *count)
{
	struct moving_process *list = NULL;
	pid_t *pids = calloc(DESCENDANTS_MAX, sizeof(*pids));

	*count = pids ? procfs_descendants(pids, DESCENDANTS_MAX) : 0;
	if (pids)
		list = calloc(*count + 1, sizeof(*list));
	for (size_t i = 0; list && i < *count; i++)
		list[i].pid = pids[i];
	free(pids);
	return list;
}

static bool movement_look(struct movement *movement, const struct hung_list *hung, uint64_t births,
			  uint64_t elapsed_ns)
{
	struct movement now = {.births = births};
	pid_t foreground = terminal_group();
	bool moved;

	now.list = list_descendants(&now.count);
	/* Without memory nothing is known, and nothing is ended. */
	if (!now.list)
		return true;
	moved = births != movement->births || now.count != movement->count;
	for (size_t i = 0; i < now.count; i++) {
		bool is_known = same_process(movement, i, now.list[i].pid);

		moved |= !is_known;
		moved |= movement_look_at(&now.list[i], is_known ? &movement->list[i] : NULL, hung,
					  elapsed_ns, foreground);
	}
	free(movement->list);
	movement->list = now.list;
	movement->count = now.count;
	movement->births = births;
	return moved;
}

uint64_t movement_still_ns(struct movement *movement, const struct hung_list *hung, uint64_t births,
			   uint64_t now)
{
	uint64_t elapsed_ns = now - movement->looked_ns;
	bool is_first = movement->looked_ns == 0;

	if (!is_first && elapsed_ns < LOOK_NS)
		return movement->looked_ns - movement->moved_ns;
	if (movement_look(movement, hung, births, elapsed_ns) || is_first || elapsed_ns > GAP_NS)
		movement->moved_ns = now;
	movement->looked_ns = now;
	return now - movement->moved_ns;
}
