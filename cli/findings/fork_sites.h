/*
 * The places that forked: also those that no finding is about.
 */
#ifndef FORKCHECK_FORK_SITES_H
#define FORKCHECK_FORK_SITES_H

#include "finding.h"
#include "session/model.h"

/*
 * Fills the report's fork sites from the FORK records. A process with one thread and nothing in
 * hand writes none of its forks down: they leave nothing behind, and are counted only.
 */
void fork_sites_fill(struct model *model, struct arena *arena, struct report *report);

/* The order of a list of them, by program and line: for qsort() and bsearch(). */
int fork_sites_compare(const void *left, const void *right);

/* Sorts a list by its places, and makes one of those that are the same. Returns how many are left.
 */
size_t fork_sites_join(struct fork_site *sites, size_t count);

#endif
