/*
 * The word of glibc's pthread_spinlock_t: it names nobody, and does not say whether
 * processes share it. sysdeps/x86.
 */
#ifndef FORKCHECK_COMMON_GLIBC_SPIN_H
#define FORKCHECK_COMMON_GLIBC_SPIN_H

#include <stdint.h>

#define SPIN_FREE 1

static inline uint32_t glibc_spin_takers(const void *state)
{
	return *(const volatile int *)state < SPIN_FREE;
}

#endif
