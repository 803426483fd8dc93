/*
 * The threads that a fork left behind, by the place that they were created at.
 */
#ifndef FORKCHECK_MISSING_THREADS_H
#define FORKCHECK_MISSING_THREADS_H

#include "findings/rules/rule.h"

/* Fills finding->missing. `process` is the one that the threads lived in. */
void missing_threads(struct judgement *judgement, struct finding *finding, uint32_t process,
		     const struct record_lost *lost);

/* The index of the group that a lost thread of `process` is in; 0: it is in none. */
size_t missing_group_of(struct judgement *judgement, const struct finding *finding,
			uint32_t process, const struct record_thread *thread);

/* The others keep their order. */
void missing_put_first(struct finding *finding, size_t index);

#endif
