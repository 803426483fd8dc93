/*
 * arch_read_task() reads the registers of a task that ptrace holds.
 */
#include "../../arch.h"
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

static bool read_set(pid_t tid, uintptr_t set, void *to, size_t length)
{
	struct iovec place = {to, length};

	return ptrace(PTRACE_GETREGSET, tid, (void *)set, &place) == 0 && place.iov_len == length;
}

bool arch_read_task(pid_t tid, struct task_registers *registers)
{
	struct user_regs_struct all;
	uint64_t pointer = 0;

	if (!read_set(tid, NT_PRSTATUS, &all, sizeof(all)))
		return false;
	*registers = (struct task_registers){
		.stack = {.pc = all.pc, .sp = all.sp, .fp = all.regs[29]},
		.call = (long)all.regs[8],
		.first_argument = all.regs[0],
	};
	for (int i = 0; i < 10; i++)
		registers->stack.saved[i] = all.regs[19 + i];
	registers->stack.saved[10] = all.regs[30];
	if (read_set(tid, NT_ARM_TLS, &pointer, sizeof(pointer)) && pointer)
		registers->self = arch_thread_self(pointer);
	return true;
}
