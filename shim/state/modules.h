/*
 * What the dynamic loader has mapped, read from its own list without its lock.
 *
 * Nothing is written until a fork is: a program that never forks costs no
 * log space. dl_iterate_phdr is not used: its lock is never reset in a fork
 * child, and a callback of the program's may be holding it for long.
 */
#ifndef FORKCHECK_STATE_MODULES_H
#define FORKCHECK_STATE_MODULES_H

#include "shim.h"
#include <stdbool.h>
#include <stdint.h>

/* Remembers where code can lie. Called once, by the constructor, with the environment as the
 * kernel has laid it out. */
void modules_start(char **environment);

/* The list has changed, or is about to: the next sync walks it again. */
void modules_note_change(void);
/* How often that was said. */
uint32_t modules_changes(void);

/* Keeps MODULE facts of what is new since the last sync. In a process with other
 * threads: every read may fail and none faults. */
void modules_sync(void);
/* The same, and writes them and all that waits for a fork. */
void modules_record(void);

/* In a fork child, where the list is frozen: true if it has entries that the
 * last sync did not see (libc loads NSS modules behind every wrapper's back). */
bool modules_are_stale(void);

extern uintptr_t modules_low HIDDEN, modules_high HIDDEN;
extern uintptr_t modules_program_low HIDDEN, modules_program_high HIDDEN;

/* False for most words that are no code address; may be true for data. */
static inline bool modules_may_be_code(uint64_t word)
{
	return (word >= modules_low && word < modules_high) ||
	       (word >= modules_program_low && word < modules_program_high);
}

#endif
