/*
 * Whose source a frame is in: the user's own, a package's that the user installed, or that of a
 * language's runtime, which everybody has and nobody changes. It is told by the places of files,
 * by the files that package managers leave beside them, and by the names that compilers give:
 * by nothing that a program says of itself.
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
	 * that its packages are in; of the user's own that have one name, as much as tells them
	 * apart: "shop/views.py". NULL: the frame's own file says as much, or none is known. */
	const char *path;
	/* Of the ELF file that the code was linked into, where that is another: the wheel that a
	 * crate is a part of. NULL: there is no other. Has no `path` and no `file`. */
	const struct origin *file;
};

/* What is remembered, of the files of one report. All zero is a new one; it is the arena's. */
struct origins {
	const char *root; /* that all files are looked up below; NULL: this system's */
	struct origin_entry *entries;
	struct wheel_site *wheel_sites;
	struct debian_list *debian;
	struct crate_list *crate_lists;
};

/*
 * Never NULL; the arena's. `interpreter` is the path of the ELF file whose frames are a Python
 * interpreter's own, or NULL.
 */
const struct origin *origin_of(struct origins *origins, struct arena *arena,
			       const struct frame *frame, const char *interpreter);

/* Of an ELF file. Never NULL; the arena's. `path` may be NULL. */
const struct origin *origin_of_file(struct origins *origins, struct arena *arena, const char *path);

/* Fills `origin` of all frames, Python's too. */
void origins_mark(struct origins *origins, struct arena *arena, struct frames *frames);

/*
 * The package whose code made a call: that of the innermost frame which is in no runtime, with
 * Python's frames in the place of their interpreter's. Of a crate in a wheel it is the wheel.
 * NULL: that frame is the user's own, or there is none. The frames are marked.
 */
const struct origin *origin_behind(const struct frames *frames);

/* "own", "package", "runtime". */
const char *origin_kind_name(enum origin_kind kind);

#endif
