/*
 * The word of glibc's pthread_spinlock_t: it names nobody, and does not say whether
 * processes share it.
 */
#ifndef FORKCHECK_COMMON_GLIBC_SPIN_H
#define FORKCHECK_COMMON_GLIBC_SPIN_H

#include "../arch/arch.h"
#include "lock_bytes.h"
#include <pthread.h>

static inline uint32_t glibc_spin_takers(const void *state)
{
	return arch_spin_is_taken(*(const volatile int *)state);
}

#define GLIBC_SPIN_FAMILY                                                                          \
	.size = sizeof(pthread_spinlock_t), .owner = lock_names_nobody,                            \
	.takers = glibc_spin_takers, .sharing = lock_does_not_say_whose,                           \
	.crosses_fork = lock_crosses_any_fork

#endif
