/*
 * libc's generators of random numbers, of which a fork makes a copy in the same
 * state: who draws first from a copy writes a COPIED record.
 *
 * A state has an identity, which a fork copies with it. It is given up at the
 * first draw after a fork, and when the generator is seeded. So two processes
 * with records of one identity have drawn the same numbers.
 */
#ifndef FORKCHECK_RECORD_GENERATORS_H
#define FORKCHECK_RECORD_GENERATORS_H

#include "base/process.h"

/* In the constructor. */
void random_start(void);
/* After a fork, in parent and child. */
void random_after_fork(void);

void random_drawn(enum copied_kind kind);
/* The draws of random() are counted in nanoseconds: one load where nobody forked. */
static inline void random_draw(enum copied_kind kind)
{
	if (unlikely(atomic_load_explicit(&process.generators[kind].is_watched,
					  memory_order_relaxed)))
		random_drawn(kind);
}

struct generator *random_seed_begin(enum copied_kind kind);
void random_seed_end(struct generator **generator);

/* For the rest of the block: the call that seeds is in it. */
#define SEEDING(kind)                                                                              \
	__attribute__((cleanup(random_seed_end))) struct generator *seeding =                      \
		random_seed_begin(kind);                                                           \
	(void)seeding

#endif
