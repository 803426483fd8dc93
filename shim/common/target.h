/*
 * A program file before it is started: whether libforkcheck.so can be in it.
 *
 * Compiled into the shim (hooks/exec.c) and into forkcheck, which starts the first
 * program: the one piece of code that both have. It makes plain system calls,
 * a bounded number of them, and uses some 5 KiB of the caller's stack: it runs
 * in vfork children.
 */
#ifndef FORKCHECK_COMMON_TARGET_H
#define FORKCHECK_COMMON_TARGET_H

#include "log_format.h"
#include <stdbool.h>
#include <stddef.h>

#define TARGET_PATH_MAX 512
#define TARGET_NAME_MAX 64

struct target {
	enum unobserved_reason beforehand; /* set by the caller: what holds for any program */
	enum unobserved_reason reason;     /* OBSERVABLE: nothing speaks against it */
	size_t path_length;
	char path[TARGET_PATH_MAX]; /* of the file that is the reason; no NUL */
	/* The library that must be the first of all, as the program names it; "": none. */
	char first[TARGET_NAME_MAX];
};

/* Files are opened relative to `directory` (AT_FDCWD). False where that fails: then
 * exec fails, or nothing is known. errno is lost. */
bool target_examine(struct target *target, int directory, const char *path);
/* The same for an open file; `descriptor` may be one of O_PATH. */
void target_examine_descriptor(struct target *target, int descriptor);
/* The same for a name that is looked for in `search`, as execvp() does it. */
void target_examine_search(struct target *target, const char *name, const char *search);

/* True when the loader would complain of the preload, or the program not start with it. */
bool target_refuses_preload(enum unobserved_reason reason);

/* Whether the next program will find a file, and may read it. */
bool target_can_read(const char *path);
/* The same for a file that only its owner may use: capabilities get lost at an exec. */
bool target_is_own(const char *path);

#endif
