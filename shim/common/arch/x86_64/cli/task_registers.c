/*
 * arch_read_task() reads the registers of a task that ptrace holds.
 */
#include "../../arch.h"
#include <sys/ptrace.h>
#include <sys/user.h>

bool arch_read_task(pid_t tid, struct task_registers *registers)
{
	struct user_regs_struct all;

	if (ptrace(PTRACE_GETREGS, tid, NULL, &all) != 0)
		return false;
	*registers = (struct task_registers){
		.stack = {all.rip, all.rsp, all.rbp, {all.rbx, all.r12, all.r13, all.r14, all.r15}},
		.call = (long)all.orig_rax,
		.first_argument = all.rdi,
		.self = arch_thread_self(all.fs_base),
	};
	return true;
}
