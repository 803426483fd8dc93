/*
 * All processes that are watched, and what is known of all of them together.
 */
#ifndef FORKCHECK_WATCHED_SET_H
#define FORKCHECK_WATCHED_SET_H

#include "hangs/cycle/cycle.h"
#include "namespaces.h"
#include "session/model.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watched;

struct watched_set {
	bool is_attached; /* they are no descendants of forkcheck's: their numbers were given */
	struct watched **list; /* in the order of their serials */
	size_t count, capacity;
	struct namespaces namespaces;
	bool knows_namespaces; /* they were looked at in this round */
	struct ring_rounds rings;
};

/* A new one. NULL: no memory. */
struct watched *watched_add(struct watched_set *set, const struct process_facts *facts);
/* NULL: it is not watched. */
struct watched *watched_find(const struct watched_set *set, uint32_t serial);
/* Opens the process, if it is not open. False when it is gone, or its number belongs to
 * another. */
bool watched_open(struct watched_set *set, struct watched *watched,
		  const struct process_facts *facts);
/* Frees what is known of it; who calls takes it off the list. */
void watched_drop(struct watched *watched);

#endif
