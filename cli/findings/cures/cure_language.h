/*
 * The language in which somebody has to change something: that of the code which forked.
 */
#ifndef FORKCHECK_CURE_LANGUAGE_H
#define FORKCHECK_CURE_LANGUAGE_H

#include "findings/finding.h"

enum cure_language {
	LANGUAGE_ANY, /* in the table: each that no row is for. Nobody's answer. */
	LANGUAGE_C,
	LANGUAGE_CPP,
	LANGUAGE_RUST,
	LANGUAGE_GO,
	LANGUAGE_PYTHON,
	LANGUAGE_OTHER, /* of another runtime, whose programs cannot call pthread_atfork() */
};

/* LANGUAGE_C where no frame says otherwise. */
enum cure_language cure_language_of(const struct finding *finding);

#endif
