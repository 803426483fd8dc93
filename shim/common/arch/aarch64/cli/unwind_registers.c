/*
 * libunwind's numbers of the registers that were captured.
 */
#include "../../arch.h"
#include <libunwind-aarch64.h>

const uint64_t *arch_unwind_register(const struct stack_registers *registers, int number)
{
	if (number >= UNW_AARCH64_X19 && number <= UNW_AARCH64_X28)
		return &registers->saved[number - UNW_AARCH64_X19];
	switch (number) {
	case UNW_AARCH64_PC:
		return &registers->pc;
	case UNW_AARCH64_SP:
		return &registers->sp;
	case UNW_AARCH64_X29:
		return &registers->fp;
	case UNW_AARCH64_X30:
		return &registers->saved[10];
	default:
		return NULL;
	}
}

int arch_unwind_frame_pointer(void)
{
	return UNW_AARCH64_X29;
}
