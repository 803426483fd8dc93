/*
 * The word of glibc's pthread_spinlock_t: it names nobody, and does not say whether
 * processes share it.
 */
#ifndef FORKCHECK_COMMON_GLIBC_SPIN_H
#define FORKCHECK_COMMON_GLIBC_SPIN_H

#include "../arch/arch.h"
#include <stdint.h>

static inline uint32_t glibc_spin_takers(const void *state)
{
	return arch_spin_is_taken(*(const volatile int *)state);
}

#endif
