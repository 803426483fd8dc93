/*
 * What a library's own documentation says of forks, for the libraries that know a better cure than
 * another start method: a call that makes their threads anew, a variable of the environment. It is
 * added to the cure of a finding about their threads, and changes nothing else of it.
 */
#ifndef FORKCHECK_LIBRARY_ADVICE_H
#define FORKCHECK_LIBRARY_ADVICE_H

#include "findings/finding.h"

struct library_advice {
	/* Of Python, as its metadata has it, in lower case with hyphens; may end with *. */
	const char *package;
	const char *library; /* a family (library_is), for programs of all languages; else NULL */
	const char *cure;    /* an imperative */
	const char *source;  /* where that is documented */
};

/* Each is tried on the real library: docs/cures.md. The last one has no cure. */
extern const struct library_advice library_advice_table[];

/* Of the package, or the library, whose threads are missing or whose code the child is in. NULL:
 * none is known. The frames are marked. */
const struct library_advice *library_advice_find(const struct finding *finding);

#endif
