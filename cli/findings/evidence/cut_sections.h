/*
 * Could a fork have come while a thread that it loses has a lock which the child takes? A run
 * that passed tells: what such threads did with the lock next to the forks (SECTION records),
 * what keeps that away from the fork, and where children took it (TAKEN records).
 */
#ifndef FORKCHECK_CUT_SECTIONS_H
#define FORKCHECK_CUT_SECTIONS_H

#include "judgement.h"

/* A lock at all forks of one line, which a child takes there and a lost thread may have. */
struct section_lock {
	uint64_t lock; /* of LOCK_REGION the region */
	uint32_t kind; /* enum lock_kind */
	uint32_t image;
	uint64_t line;          /* fork_line_site() */
	session_reference fork; /* the first of the line that lost the thread */
	/* Error: nothing keeps the thread away, and it comes back. Warning: something may. */
	enum severity severity;
	const struct record_taken *taken;
	const struct record_section *section; /* of the thread, the one that says so */
	bool is_perhaps;          /* something that cannot be seen may keep that one away */
	bool is_early;            /* order between the two was not all known by then */
	bool is_before, is_after; /* of the fork: where the thread was seen */
	struct risk_part risk;
};

struct section_locks {
	struct section_lock *list; /* by line, image, lock and kind */
	size_t count;
};

/* All of them, found once for a judgement. */
const struct section_locks *cut_sections_locks(struct judgement *judgement);

/* Is the lock one of them, at that fork, and an error? */
bool cut_sections_have_error(struct judgement *judgement, const struct record_held *held);

/* The lost thread as the one who has the lock, and where it takes it. */
void cut_sections_holder(struct judgement *judgement, struct holder_part *part,
			 const struct section_lock *lock);

#endif
