/*
 * Rings of io_uring that a process has, by which the kernel writes, wakes futexes and gives to an
 * eventfd when what it was asked for is done.
 */
#ifndef FORKCHECK_IO_RINGS_H
#define FORKCHECK_IO_RINGS_H

#include <stdbool.h>
#include <sys/types.h>

/* True where it has one, or that cannot be told. */
bool io_rings_any(pid_t pid);
/* The same of one that something was asked of and is not done, as far as the kernel says: a ring
 * of which nothing is asked does nothing. Who has it may ask something new. */
bool io_rings_any_busy(pid_t pid);

#endif
