/*
 * The kernel's clocks in nanoseconds.
 */
#ifndef FORKCHECK_CLOCK_H
#define FORKCHECK_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC is that of the session log, CLOCK_THREAD_CPUTIME_ID what this thread cost. */
uint64_t clock_ns(clockid_t clock);

/* A time of CLOCK_BOOTTIME, as /proc has it, in CLOCK_MONOTONIC, which does not run while the
 * machine sleeps. */
uint64_t clock_awake_ns(uint64_t boot_ns);

#endif
