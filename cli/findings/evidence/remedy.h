/*
 * A remedy in words that stand alone.
 */
#ifndef FORKCHECK_REMEDY_H
#define FORKCHECK_REMEDY_H

#include "base/arena.h"
#include "findings/finding.h"

/* A remedy that is present as one paragraph, the arena's, for those who print no parts. */
const char *remedy_paragraph(struct arena *arena, const struct remedy_part *remedy);

#endif
