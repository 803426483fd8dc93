/*
 * Who waits for whom: processes are numbers, an edge leads from one that waits
 * to one that could end the wait. Pure functions; nothing is read here.
 */
#ifndef FORKCHECK_GRAPH_H
#define FORKCHECK_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#define GRAPH_NODES_MAX 1024
/* The far end of an edge that leaves what is known. */
#define GRAPH_OUTSIDE GRAPH_NODES_MAX

struct wait_edge {
	size_t from, to;
};

struct wait_graph {
	size_t nodes; /* at most GRAPH_NODES_MAX */
	struct wait_edge *edges;
	size_t count, capacity;
};

/* False when memory ran out. A `to` that is no node means outside. */
bool graph_add(struct wait_graph *graph, size_t from, size_t to);
void graph_release(struct wait_graph *graph);

struct wait_set {
	size_t count;
	bool has[GRAPH_NODES_MAX];
};

/*
 * All that a node waits for, directly or not, itself included. True when that
 * is closed: each waits, and no edge leads outside. Any one of several edges of
 * a node may be the one that ends its wait, so nobody in a closed set goes on.
 */
bool graph_closed_set(const struct wait_graph *graph, size_t node, struct wait_set *set);

/*
 * A closed set of two or more that all wait for each other, beginning the
 * search at node `first`. Returns the node that it was found from, or `nodes`
 * when there is none.
 */
size_t graph_find_ring(const struct wait_graph *graph, size_t first, struct wait_set *ring);

/* Is this the first node of the set? */
bool graph_is_first(const struct wait_set *set, size_t node);

#endif
