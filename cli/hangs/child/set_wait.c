/*
 * A set of epoll is one file for a child and its parent. Which one a task waits by is asked of the
 * kernel, and what is in it; nothing is stopped or changed.
 */
#include "set_wait.h"
#include "process/epoll_members.h"
#include "process/holders.h"
#include "shim/common/arch/arch.h"
#include <stdlib.h>
#include <sys/syscall.h>

/* Not in the headers of every kernel. */
#define CALL_EPOLL_PWAIT2 441

static bool set_wait_is_one(const struct task_look *task)
{
	return task->number == ARCH_CALL_EPOLL_WAIT || task->number == SYS_epoll_pwait ||
	       task->number == CALL_EPOLL_PWAIT2;
}

static bool is_of_parent(const struct process_facts *parent, const struct watched *watched,
			 const struct task_look *task)
{
	return parent && set_wait_is_one(task) &&
	       holders_has_same_file(watched->pid, parent->number, (int)task->arguments[0]);
}

bool set_wait_is_closed(const struct process_facts *parent, const struct watched *watched,
			const struct task_look *task)
{
	return is_of_parent(parent, watched, task) &&
	       !epoll_may_get_others(watched->pid, watched->process, (int)task->arguments[0]);
}

bool set_wait_accepts_nobody(const struct process_facts *parent, const struct watched *watched,
			     const struct task_look *task)
{
	return is_of_parent(parent, watched, task) &&
	       !epoll_may_accept_others(watched->pid, watched->process, (int)task->arguments[0]);
}

bool set_wait_has_parent(const struct process_facts *parent, const struct task_look *task)
{
	struct process_look *look = malloc(sizeof(*look));
	bool has = false;

	if (look && parent && procfs_look(parent->number, look))
		for (size_t i = 0; i < look->count && !has; i++)
			has = look->tasks[i].in_call && set_wait_is_one(&look->tasks[i]) &&
			      (int)look->tasks[i].arguments[0] == (int)task->arguments[0];
	free(look);
	return has;
}
