/*
 * The registers of a task are read by arch_read_task() while ptrace holds it, and by
 * arch_core_registers() from a core file.
 */
#include "../../arch.h"
#include <errno.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/user.h>

/* Results that no program sees: the call is made again when the task goes on (linux/errno.h). */
#define RESTART_FIRST 512
#define RESTART_LAST  516

static void take_registers(const struct user_regs_struct *all, struct task_registers *registers)
{
	*registers = (struct task_registers){
		.stack = {all->rip,
			  all->rsp,
			  all->rbp,
			  {all->rbx, all->r12, all->r13, all->r14, all->r15}},
		.call = (long)all->orig_rax,
		.first_argument = all->rdi,
		.self = arch_thread_self(all->fs_base),
	};
}

bool arch_read_task(pid_t tid, struct task_registers *registers)
{
	struct user_regs_struct all;

	if (ptrace(PTRACE_GETREGS, tid, NULL, &all) != 0)
		return false;
	take_registers(&all, registers);
	return true;
}

/*
 * Measured with gcore of gdb 13 and with the kernel's own core (6.18): the number stays in
 * orig_rax, all six arguments in their registers, and the result is -512 for futexes without a
 * time limit, read() and wait4(), -516 for nanosleep(), poll() and futexes with one, and -4 for
 * epoll_wait() and sigwait(), which the stop has really interrupted. A call that was over has
 * its own result; a task that was in none has -1 for a number.
 */
static bool was_interrupted(const struct user_regs_struct *all)
{
	uint64_t result = -(uint64_t)all->rax;

	return (long)all->orig_rax >= 0 &&
	       (result == EINTR || (result >= RESTART_FIRST && result <= RESTART_LAST));
}

void arch_core_registers(const void *set, struct core_registers *registers)
{
	struct user_regs_struct all;

	_Static_assert(sizeof(all) == sizeof(elf_gregset_t), "a core has what ptrace shows");
	memcpy(&all, set, sizeof(all));
	*registers = (struct core_registers){
		.arguments = {all.rdi, all.rsi, all.rdx, all.r10, all.r8, all.r9}};
	take_registers(&all, &registers->task);
	if (!was_interrupted(&all))
		registers->task.call = -1;
}

void arch_core_note(struct core_registers *registers, uint32_t type, const void *bytes,
		    size_t length)
{
	(void)registers, (void)type, (void)bytes, (void)length;
}

/* A core may lack the code; the kernel's word is good enough then. */
bool arch_core_is_in_call(const struct core_registers *registers, const struct code_reader *reader)
{
	static const uint8_t call[] = {0x0f, 0x05};
	uint8_t code[sizeof(call)];

	return registers->task.call >= 0 &&
	       (!reader->read(reader, registers->task.stack.pc - sizeof(code), code,
			      sizeof(code)) ||
		memcmp(code, call, sizeof(call)) == 0);
}
