/*
 * A process is held by ptrace, without the signals that PTRACE_ATTACH would send: SEIZE and
 * INTERRUPT are invisible to the program and to its parent.
 */
#include "stop.h"
#include "core_file.h"
#include "shim/common/arch/arch.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A task in an interruptible wait stops once it gets a processor: two seconds
 * are for a machine that is short of them. */
#define STOP_ATTEMPTS 4000
#define STOP_PAUSE_NS 500000

static bool wait_for_stop(pid_t tid)
{
	const struct timespec pause = {0, STOP_PAUSE_NS};
	int status;

	for (int attempt = 0; attempt < STOP_ATTEMPTS; attempt++) {
		pid_t result = waitpid(tid, &status, __WALL | WNOHANG);

		if (result == tid)
			return WIFSTOPPED(status);
		if (result < 0 && errno != EINTR)
			return false;
		nanosleep(&pause, NULL);
	}
	return false;
}

static enum stop_result hold_task(struct stopped *stopped, pid_t tid)
{
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL))
		return errno == ESRCH ? STOP_MOVED : STOP_REFUSED;
	stopped->tasks[stopped->count++] = tid;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) || !wait_for_stop(tid))
		return STOP_MOVED;
	return STOP_HELD;
}

/* An interrupted call is about to be made again: same number, same arguments. */
static bool stop_is_where_it_was(const struct task_look *task)
{
	struct task_registers registers;

	return arch_read_task(task->tid, &registers) && registers.call == task->number &&
	       registers.stack.sp == task->sp && registers.first_argument == task->arguments[0];
}

static bool is_socket(pid_t pid, uint64_t descriptor)
{
	char path[64], link[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, (int)descriptor);
	length = readlink(path, link, sizeof(link) - 1);
	link[length > 0 ? length : 0] = '\0';
	return length <= 0 || strncmp(link, "socket:", strlen("socket:")) == 0;
}

/*
 * signal(7): after a stop, even without a signal, epoll_wait(), sigwaitinfo(), semop(),
 * sockets with a time limit and others come back with EINTR. These begin again, and who
 * runs is in no call.
 */
static bool may_be_held(pid_t pid, const struct task_look *task)
{
	if (!task->in_call || procfs_is_futex_wait(task))
		return true;
	switch (task->number) {
	case SYS_wait4:
	case SYS_waitid:
	case SYS_flock:
	case SYS_fcntl:
	case ARCH_CALL_PAUSE:
		return true;
	case SYS_read:
	case SYS_readv:
		return !is_socket(pid, task->arguments[0]);
	default:
		return false;
	}
}

static bool is_unchanged(pid_t pid, const struct task_look *task)
{
	struct task_look now;

	return procfs_quick_check_task(pid, task->tid, &now) && procfs_same_place(task, &now);
}

/* A futex wait that is begun again looks at its word first: where that is another one by now, the
 * call would come back, which it would not have done by itself. */
static bool has_other_word(pid_t pid, const struct task_look *task)
{
	uint32_t word;

	return procfs_is_futex_wait(task) && !procfs_is_pi_wait(task) &&
	       stop_read(pid, task->arguments[0], &word, sizeof(word)) == sizeof(word) &&
	       word != (uint32_t)task->arguments[2];
}

static enum stop_result hold_or_look(struct stopped *stopped, const struct task_look *task,
				     bool exact)
{
	enum stop_result result;

	if (!may_be_held(stopped->pid, task) || has_other_word(stopped->pid, task))
		return !exact || is_unchanged(stopped->pid, task) ? STOP_HELD : STOP_MOVED;
	result = hold_task(stopped, task->tid);
	if (result == STOP_HELD && exact && task->in_call && !task->asks_again &&
	    !stop_is_where_it_was(task))
		result = STOP_MOVED;
	return result;
}

/* Nothing in a core moves. */
static enum stop_result hold_core(struct stopped *stopped, const struct task_look *tasks,
				  size_t count)
{
	for (size_t i = 0; i < count; i++)
		stopped->tasks[stopped->count++] = tasks[i].tid;
	return STOP_HELD;
}

enum stop_result stop_process(struct stopped *stopped, pid_t pid, const struct process_look *look,
			      bool exact)
{
	enum stop_result result = look->complete ? STOP_HELD : STOP_REFUSED;

	stopped->pid = pid;
	stopped->count = 0;
	if (core_is(pid) && result == STOP_HELD)
		return hold_core(stopped, look->tasks, look->count);
	for (size_t i = 0; result == STOP_HELD && i < look->count; i++)
		result = hold_or_look(stopped, &look->tasks[i], exact);
	if (result != STOP_HELD)
		stop_release(stopped);
	return result;
}

enum stop_result stop_task(struct stopped *stopped, pid_t pid, const struct process_look *look,
			   const struct task_look *task)
{
	enum stop_result result = look->complete ? STOP_HELD : STOP_REFUSED;

	stopped->pid = pid;
	stopped->count = 0;
	if (core_is(pid) && result == STOP_HELD)
		return hold_core(stopped, task, 1);
	if (result == STOP_HELD)
		result = hold_or_look(stopped, task, true);
	if (result != STOP_HELD)
		stop_release(stopped);
	return result;
}

static bool stop_read_task(pid_t pid, pid_t tid, struct task_registers *registers)
{
	if (core_is(pid))
		return core_registers_of(pid, tid, registers);
	return arch_read_task(tid, registers);
}

bool stop_registers(const struct stopped *stopped, pid_t tid, struct stack_registers *registers)
{
	struct task_registers all;

	if (!stop_read_task(stopped->pid, tid, &all))
		return false;
	*registers = all.stack;
	return true;
}

uint64_t stop_thread_pointer(pid_t pid, pid_t tid)
{
	struct task_registers all;

	return stop_read_task(pid, tid, &all) ? all.self : 0;
}

void stop_release(struct stopped *stopped)
{
	/* A living task may have the number of one in a core. */
	for (size_t i = 0; i < stopped->count && !core_is(stopped->pid); i++)
		ptrace(PTRACE_DETACH, stopped->tasks[i], NULL, NULL);
	stopped->count = 0;
}

/* The first task's end is its parent's to take too, so it is left to the
 * general wait for children; the others report to their tracer only. */
void stop_bury(struct stopped *stopped)
{
	for (size_t i = 0; i < stopped->count && !core_is(stopped->pid); i++)
		if (stopped->tasks[i] != stopped->pid)
			while (waitpid(stopped->tasks[i], NULL, __WALL) < 0 && errno == EINTR)
				;
	stopped->count = 0;
}

/* A filter of system calls may forbid process_vm_readv(); the kernel asks for the same right. */
static size_t read_by_file(pid_t pid, uint64_t address, void *to, size_t capacity)
{
	char path[64];
	ssize_t length;
	int descriptor;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return 0;
	length = pread(descriptor, to, capacity, (off_t)address);
	close(descriptor);
	return length > 0 ? (size_t)length : 0;
}

size_t stop_read(pid_t pid, uint64_t address, void *to, size_t capacity)
{
	struct iovec local = {to, capacity};
	struct iovec remote = {(void *)(uintptr_t)address, capacity};
	ssize_t length;

	if (core_is(pid))
		return core_read(pid, address, to, capacity);
	length = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	if (length < 0 && (errno == EPERM || errno == ENOSYS))
		return read_by_file(pid, address, to, capacity);
	return length > 0 ? (size_t)length : 0;
}
