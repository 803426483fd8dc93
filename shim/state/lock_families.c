/* The table of lock families. */
#include "hooks/lock.h"

const struct lock_family *const lock_families[LOCK_KINDS] = {
#define X(kind, family) [kind] = &family,
	LOCK_FAMILIES(X)
#undef X
};
