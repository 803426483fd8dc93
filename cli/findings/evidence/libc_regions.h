/*
 * What is known of the parts of libc that take a lock of their own, and of
 * what glibc makes of its locks in a fork child. docs/regions.md shows both.
 */
#ifndef FORKCHECK_LIBC_REGIONS_H
#define FORKCHECK_LIBC_REGIONS_H

#include "session/model.h"
#include "shim/common/log_format.h"

struct libc_region {
	const char *name;      /* with the lock's name in glibc's sources */
	const char *functions; /* that enter it */
};

/* NULL for a number that is no region's. */
const struct libc_region *libc_region(uint64_t region);

/* What became of a child of each version that was tried. */
enum libc_effect {
	EFFECT_UNTRIED,
	EFFECT_HANGS,
	EFFECT_SAFE,
};

/* The versions: 2.31 and so on. */
#define LIBC_VERSIONS(X) X(31) X(36) X(41) X(43)
#define LIBC_ONE(minor)  +1
#define LIBC_TRIED       (0 LIBC_VERSIONS(LIBC_ONE))

struct libc_fact {
	const char *subject; /* what another thread was in at the fork, and the child does */
	enum region region;  /* 0: none */
	enum libc_effect effects[LIBC_TRIED];
	const char *source; /* of glibc: where it is decided */
};

/* The last one has no subject. */
extern const struct libc_fact libc_facts[];
extern const int libc_versions[LIBC_TRIED];

/*
 * Does this glibc leave the region's lock as the fork found it? A version
 * between two that were tried counts if both agree.
 */
enum libc_effect libc_effect_on(enum region region, const char *version);

/* The version of the C library that a process runs ("2.36"); NULL: not known. */
const char *libc_version_of(struct model *model, struct arena *arena, uint32_t process);

#endif
