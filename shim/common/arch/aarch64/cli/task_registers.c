/*
 * The registers of a task are read by arch_read_task() while ptrace holds it, and by
 * arch_core_registers() from a core file.
 */
#include "../../arch.h"
#include <elf.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

static bool read_set(pid_t tid, uintptr_t set, void *to, size_t length)
{
	struct iovec place = {to, length};

	return ptrace(PTRACE_GETREGSET, tid, (void *)set, &place) == 0 && place.iov_len == length;
}

static void take_registers(const struct user_regs_struct *all, struct task_registers *registers)
{
	*registers = (struct task_registers){
		.stack = {.pc = all->pc, .sp = all->sp, .fp = all->regs[29]},
		.call = (long)all->regs[8],
		.first_argument = all->regs[0],
	};
	for (int i = 0; i < 10; i++)
		registers->stack.saved[i] = all->regs[19 + i];
	registers->stack.saved[10] = all->regs[30];
}

bool arch_read_task(pid_t tid, struct task_registers *registers)
{
	struct user_regs_struct all;
	uint64_t pointer = 0;

	if (!read_set(tid, NT_PRSTATUS, &all, sizeof(all)))
		return false;
	take_registers(&all, registers);
	if (read_set(tid, NT_ARM_TLS, &pointer, sizeof(pointer)) && pointer)
		registers->self = arch_thread_self(pointer);
	return true;
}

/*
 * The kernel puts the first argument back, and the pc at the call, before a task stops
 * (do_signal() in arch/arm64/kernel/signal.c). A call that is not made again has lost its first
 * argument: such a task counts as running. What is in the number's register without a call is
 * anybody's; only the code tells.
 */
void arch_core_registers(const void *set, struct core_registers *registers)
{
	struct user_regs_struct all;

	_Static_assert(sizeof(all) == sizeof(elf_gregset_t), "a core has what ptrace shows");
	memcpy(&all, set, sizeof(all));
	*registers = (struct core_registers){.arguments = {all.regs[0], all.regs[1], all.regs[2],
							   all.regs[3], all.regs[4], all.regs[5]}};
	take_registers(&all, &registers->task);
}

void arch_core_note(struct core_registers *registers, uint32_t type, const void *bytes,
		    size_t length)
{
	uint64_t pointer;

	if (type != NT_ARM_TLS || length < sizeof(pointer))
		return;
	memcpy(&pointer, bytes, sizeof(pointer));
	if (pointer)
		registers->task.self = arch_thread_self(pointer);
}

bool arch_core_is_in_call(const struct core_registers *registers, const struct code_reader *reader)
{
	static const uint8_t call[] = {0x01, 0x00, 0x00, 0xd4};
	uint8_t code[sizeof(call)];

	return registers->task.call >= 0 &&
	       reader->read(reader, registers->task.stack.pc, code, sizeof(code)) &&
	       memcmp(code, call, sizeof(call)) == 0;
}
