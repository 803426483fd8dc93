/*
 * The line for a suppressions file that hides a finding: of the words that describe it, those that
 * stay the same when the code around them is edited, or a package updated.
 */
#ifndef FORKCHECK_SUPPRESSION_LINE_H
#define FORKCHECK_SUPPRESSION_LINE_H

#include "findings/finding.h"

struct arena;

/* Each has the words of the one before it, and more; the last hides nothing but this finding. */
enum narrowness {
	SUPPRESSION_USUAL,   /* the rule, and the lock or where it waits and was forked */
	SUPPRESSION_PLACES,  /* also where it waits and was forked beside the lock */
	SUPPRESSION_CALLER,  /* also who called what waits */
	SUPPRESSION_CALLERS, /* and some callers more */
	SUPPRESSION_USE,     /* also where the lock was taken, whose threads are missing */
	SUPPRESSION_EXACT,   /* the rule and the fingerprint */
};

/* The arena's. The finding has its fingerprint, and its frames have their origins. */
const char *suppression_line(struct arena *arena, const struct finding *finding,
			     enum narrowness narrowness);

#endif
