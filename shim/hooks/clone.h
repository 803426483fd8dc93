/*
 * Forks that are made by the number of a system call, for the wrapper of syscall().
 */
#ifndef FORKCHECK_HOOKS_CLONE_H
#define FORKCHECK_HOOKS_CLONE_H

#include "common/arch/arch.h"
#include "shim.h"
#include <sys/syscall.h>

static inline bool clone_is_asked_for(long number)
{
	return number == SYS_clone || number == ARCH_CALL_FORK || number == SYS_clone3;
}

/* Makes the call. A clone that shares its memory is jumped to. */
long clone_by_number(long number, long a, long b, long c, long d, long e, long f);

#endif
