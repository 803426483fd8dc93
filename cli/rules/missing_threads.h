/*
 * The threads that a fork left behind, by library.
 */
#ifndef FORKCHECK_MISSING_THREADS_H
#define FORKCHECK_MISSING_THREADS_H

#include "rule.h"

/* How far up the line of forks one looks. */
#define GENERATIONS_MAX 1024

/* Fills finding->missing. `process` is the one that the threads lived in. */
void missing_threads(struct judgement *judgement, struct finding *finding, uint32_t process,
		     const struct record_lost *lost);

/*
 * The threads that a child of this fork does not have: those of the nearest
 * fork up the line that lost any. `parent` gets the process they lived in.
 */
const struct record_lost *missing_since(const struct model *model, session_reference fork,
					uint32_t *parent);

#endif
