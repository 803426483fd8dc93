/*
 * What a finding's threads and locks are called. Names in it are the target's, bounded but
 * not escaped: a renderer escapes whole lines. Strings are the arena's.
 */
#ifndef FORKCHECK_FINDING_WORDS_H
#define FORKCHECK_FINDING_WORDS_H

#include "base/arena.h"
#include "finding.h"

/* The threads of a finding, numbered in the order in which a reader meets them. */
struct cast {
	const char *forker;  /* `T1 "server"` */
	const char *holder;  /* `T2 "logger"` */
	const char *creator; /* of the holder; NULL: not known */
};

struct cast finding_cast(struct arena *arena, const struct finding *finding);

/* The process itself hangs in fork(): it has no child. */
bool finding_is_in_fork(const struct finding *finding);

/* Python's name says more than the kernel's, which is often the program's. NULL: no name. */
const char *best_thread_name(const char *python_name, const char *name);

/* Is anything known of the thread? */
bool holder_is_known(const struct holder_part *holder);

/* `T2 "logger"`, or how it is T1, the thread that forked. */
const char *holder_words(const struct finding *finding, const struct cast *cast);

/* "server+0x40a0"; NULL outside of any module. */
const char *lock_place_words(struct arena *arena, const struct lock_part *lock);

/* "mutex log_mutex", "mutex at server+0x40a0". */
const char *lock_words(struct arena *arena, const struct lock_part *lock);

/* "1.2 ms"; NULL where the duration is not known (negative). */
const char *duration_words(struct arena *arena, double milliseconds);

/* A name of a stranger, of at most so many bytes as a sentence can take. NULL stays NULL. */
const char *bounded_name(struct arena *arena, const char *name);

#endif
