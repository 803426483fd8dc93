/*
 * libunwind's numbers of the registers that were captured.
 */
#include "../../arch.h"
#include <libunwind-x86_64.h>

const uint64_t *arch_unwind_register(const struct stack_registers *registers, int number)
{
	switch (number) {
	case UNW_X86_64_RIP:
		return &registers->pc;
	case UNW_X86_64_RSP:
		return &registers->sp;
	case UNW_X86_64_RBP:
		return &registers->fp;
	case UNW_X86_64_RBX:
		return &registers->saved[0];
	case UNW_X86_64_R12:
	case UNW_X86_64_R13:
	case UNW_X86_64_R14:
	case UNW_X86_64_R15:
		return &registers->saved[1 + number - UNW_X86_64_R12];
	default:
		return NULL;
	}
}

int arch_unwind_frame_pointer(void)
{
	return UNW_X86_64_RBP;
}
