/*
 * Each ecosystem knows its own files: where it puts them, and what it writes beside them. All
 * functions take paths and names of strangers, of any length and form, and read only what is
 * there.
 */
#ifndef FORKCHECK_ECOSYSTEMS_H
#define FORKCHECK_ECOSYSTEMS_H

#include "origin.h"

/* What is asked about, and where answers are kept. */
struct origin_question {
	struct origins *origins;
	struct arena *arena;
	const struct frame *frame; /* of an ELF file; NULL: asked about the file itself */
	const char *path;          /* of the ELF file, or of the Python source; not NULL */
	const char *source; /* of the frame, with its directory where it is known; NULL: unknown */
	const struct origin *module; /* the answer for the ELF file; NULL: it is being asked */
};

/* False: it is none of its files. Else `origin`, which is zeroed before, is filled. */
typedef bool origin_answer(const struct origin_question *question, struct origin *origin);

/* Of the source file of a Python frame. */
origin_answer python_source_origin;

/* Of an ELF file, by its path. */
origin_answer runtime_file_origin; /* interpreters, C and C++ libraries */
origin_answer wheel_file_origin;
origin_answer npm_file_origin;
origin_answer gem_file_origin;
origin_answer nix_file_origin;
origin_answer r_file_origin;
origin_answer conda_file_origin;
origin_answer system_file_origin; /* a library of the distribution */

/* Of a frame in any ELF file, by its source file and by its function. */
origin_answer rust_frame_origin;
origin_answer go_frame_origin;
origin_answer header_frame_origin; /* templates and inline functions of C and C++ */

#endif
