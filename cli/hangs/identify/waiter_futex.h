/*
 * The lock behind a futex word that is the waiting thread's own. Such a thread
 * has a record that stands in a queue of who waits, and is woken by name, so that
 * the word says nothing of the lock. No library is known here: what counts is
 * that record, lock and stack agree on each other.
 */
#ifndef FORKCHECK_WATCH_OWN_WORD_H
#define FORKCHECK_WATCH_OWN_WORD_H

#include "shim/common/log_format.h"
#include <stdint.h>
#include <sys/types.h>

/*
 * Address of what the thread, which is held, waits for on this futex word. 0: the
 * word is not known to be the thread's own, or what it stands for is not certain.
 */
uint64_t waiter_futex_lock(pid_t pid, uint64_t self, const struct stack_registers *registers,
			   uint64_t waited);

#endif
