/*
 * What this process took from semaphores that several processes share, and gave
 * back: in the log, so that it outlives the process (struct record_share). A
 * semaphore of one process costs one load.
 */
#ifndef FORKCHECK_RECORD_SHARES_H
#define FORKCHECK_RECORD_SHARES_H

#include "common/glibc/semaphore.h"
#include "common/log_format.h"
#include "shim.h"
#include <semaphore.h>

/* Several processes share it: those of sem_open(), too. To be asked before the real call:
 * afterwards the semaphore may be gone. */
static inline bool share_is_in(const sem_t *semaphore)
{
	return unlikely(((const struct glibc_semaphore *)semaphore)->is_shared != 0);
}

/* After something was taken. */
void share_took(const sem_t *semaphore, struct call_site site);
/* Before a post: who is killed in between has given nothing too much. Async-signal-safe. */
void share_gives(const sem_t *semaphore);
/* It was made anew, destroyed or unmapped: its address says nothing any more. */
void share_forgotten(const sem_t *semaphore);

/* The process ends by its own will. */
void shares_at_end(void);

#endif
