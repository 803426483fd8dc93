/* The kernel's clocks are read here, and one made of another. */
#include "clock.h"

uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_awake_ns(uint64_t boot_ns)
{
	/* In this order: the difference is never negative. */
	uint64_t awake = clock_ns(CLOCK_MONOTONIC);
	uint64_t asleep = clock_ns(CLOCK_BOOTTIME) - awake;

	return boot_ns > asleep ? boot_ns - asleep : 0;
}
