/*
 * Whose source a frame is in: the user's own, a package's that the user installed, or that of a
 * language's runtime, which everybody has and nobody changes. It is told by the places of files,
 * and by nothing that a program says of itself.
 */
#ifndef FORKCHECK_ORIGIN_H
#define FORKCHECK_ORIGIN_H

#include "base/arena.h"
#include "unwind/frame.h"

enum origin_kind {
	ORIGIN_OWN,     /* the user's, or nothing is known that says otherwise */
	ORIGIN_PACKAGE, /* of a wheel, a crate, a Go module, a distribution's package */
	ORIGIN_RUNTIME, /* libc, libstdc++, an interpreter and its library, std of Rust or Go */
};

struct origin {
	enum origin_kind kind;
	const char *package; /* "polars"; NULL: none, or unknown */
	const char *version; /* "2.1.0"; NULL: unknown */
	/* The source file by a name that says whose: "polars/lazyframe/frame.py", below the place
	 * that its packages are in. NULL: the frame's own file says as much, or none is known. */
	const char *path;
};

/* What is remembered, of the files of one report. All zero is a new one; it is the arena's. */
struct origins {
	struct origin_entry *entries;
};

/*
 * Never NULL; the arena's. `interpreter` is the path of the ELF file whose frames are a Python
 * interpreter's own, or NULL.
 */
const struct origin *origin_of(struct origins *origins, struct arena *arena,
			       const struct frame *frame, const char *interpreter);

/* Fills `origin` of all frames, Python's too. */
void origins_mark(struct origins *origins, struct arena *arena, struct frames *frames);

#endif
