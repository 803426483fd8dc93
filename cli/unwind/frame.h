/*
 * A frame of a stack as a reader wants it: function, file, line, module.
 */
#ifndef FORKCHECK_FRAME_H
#define FORKCHECK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct origin;

struct frame {
	const char *function; /* demangled; NULL: unknown */
	const char *file;     /* source file as the debug information names it; NULL: unknown */
	/* Where the compiler ran, of a relative `file`; NULL: unknown, or it is none. */
	const char *directory;
	int line;           /* 0: unknown */
	const char *module; /* path of the ELF file; NULL: no known module */
	uint64_t offset;    /* of the pc, from the module's load bias (0 with module NULL) */
	uint64_t pc;    /* in the process; a return address for all but a live innermost frame */
	bool inlined;   /* shares its pc with the frame that follows */
	bool is_rust;   /* rustc has mangled the function's name */
	bool is_signal; /* the kernel called what is above, and what is below was interrupted */
	/* The stack pointer there; of a Python frame: an address within the C frame
	 * of its evaluator. 0: unknown. */
	uint64_t sp;
	const struct origin *origin; /* whose source it is in; NULL: nobody has asked */
};

/* What an interpreter was doing on a stack. Its frames have no module. */
struct python_frames {
	struct frame *list; /* innermost first */
	size_t count;
	bool is_truncated;
	const char *problem; /* why there are none; NULL: nothing is wrong */
	const char *module;  /* path of the interpreter's ELF file; NULL: unknown */
};

struct frames {
	struct frame *list; /* innermost first */
	size_t count;
	bool complete; /* the outermost function is an entry: _start, clone, a context start */
	const struct python_frames *python; /* NULL: no Python ran there */
	bool first_seen; /* the inner part was seen at an earlier pass through the same call site */
};

#endif
