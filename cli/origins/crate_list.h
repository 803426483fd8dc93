/* The crates that were linked into an ELF file, as far as its own messages tell. */
#ifndef FORKCHECK_CRATE_LIST_H
#define FORKCHECK_CRATE_LIST_H

#include "ecosystems.h"

struct linked_crate {
	const char *name;    /* "rayon-core" */
	const char *version; /* NULL: two of them were linked in */
};

/*
 * The crate that functions call `crate`, of the file at `question->path`. NULL: it is not known
 * there.
 */
const struct linked_crate *crate_list_find(const struct origin_question *question,
					   const char *crate, size_t length);

#endif
