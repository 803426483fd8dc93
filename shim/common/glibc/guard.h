/*
 * The word of a guard of a C++ function-local static: Itanium C++ ABI, 3.3.3, and gcc's
 * libsupc++/guard.cc. The first byte is the ABI's; in libc++abi the others have other bits,
 * and are as clear where nobody is at it.
 */
#ifndef FORKCHECK_COMMON_GLIBC_GUARD_H
#define FORKCHECK_COMMON_GLIBC_GUARD_H

#include "lock_bytes.h"

/* One bit of a byte each. */
#define GUARD_MADE    0x1
#define GUARD_BEING   0x100
#define GUARD_AWAITED 0x10000

/* Who makes the object has the guard. */
static inline uint32_t cxa_guard_takers(const void *state)
{
	uint32_t word = *(const volatile uint32_t *)state;

	return !(word & GUARD_MADE) && word;
}

static inline enum lock_sharing cxa_guard_sharing(const void *state)
{
	(void)state;
	return LOCK_PRIVATE;
}

/* Whoever makes the object may say that it is made. */
#define CXA_GUARD_FAMILY                                                                           \
	.size = sizeof(int), .owner = lock_names_nobody, .takers = cxa_guard_takers,               \
	.sharing = cxa_guard_sharing, .crosses_fork = lock_crosses_any_fork

#endif
