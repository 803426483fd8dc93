/*
 * Facts that nobody needs unless a fork makes them matter: where locks were made and
 * threads created, which libraries there are. They are kept in the memory of the
 * process, laid out like the records that they may become, and written to the log when
 * a record that is written refers to them, or at a fork (kept_flush). A process that
 * never forks writes none. A fork child has its parent's.
 *
 * The CLI reads them from the outside where a process hangs (session_kept). Once there
 * is no room any more they go to the log at once.
 */
#ifndef FORKCHECK_LOG_KEPT_FACTS_H
#define FORKCHECK_LOG_KEPT_FACTS_H

#include "common/log_format.h"
#include "log/log.h"
#include "shim.h"

/* Between the search and the publication. */
struct kept_place {
	uint64_t hash;
	_Atomic kept_fact *entry;   /* NULL: it will not be found again */
	struct intern_place intern; /* of what goes to the log at once */
};

/*
 * Looks a fact up by the hash of its identity, as log_find() does, but does not count:
 * what a fork writes to is copied. Unknown: returns 0, and the caller claims it, fills
 * it in like a record (what it refers to is kept_facts, too) and commits it.
 */
kept_fact kept_find(uint64_t hash, struct kept_place *place);
/* NULL: there is no room, in the log either. */
void *kept_claim(const struct kept_place *place, size_t size, kept_fact *fact);
void kept_commit(const struct kept_place *place, void *record, enum record_type type,
		 kept_fact fact);
/* The same for what is written at the next fork, whether a record refers to it or not. */
void kept_commit_pending(const struct kept_place *place, void *record, enum record_type type,
			 kept_fact fact);

/* It was seen once more. */
void kept_count(kept_fact fact);

/* Its record, which is written now if it was not yet; 0: none. */
session_reference kept_reference(kept_fact fact);
/* Its record if it is written already. */
session_reference kept_written(kept_fact fact);
/* What is the same in all processes of an image that keep the same fact. */
uint64_t kept_identity(kept_fact fact);

/* Writes what is pending. */
void kept_flush(void);

/* Where the CLI finds them. */
uint64_t kept_address(void);

#endif
