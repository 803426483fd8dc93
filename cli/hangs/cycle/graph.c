/* This is reachability over a list of edges: no system call, no process. */
#include "graph.h"
#include "base/array.h"
#include <stdlib.h>
#include <string.h>

bool graph_add(struct wait_graph *graph, size_t from, size_t to)
{
	if (!ARRAY_MAKE_ROOM(graph->edges, graph->count, graph->capacity))
		return false;
	graph->edges[graph->count++] = (struct wait_edge){from, to};
	return true;
}

void graph_release(struct wait_graph *graph)
{
	free(graph->edges);
	*graph = (struct wait_graph){0};
}

/* Adds what `node` waits for. False when that is outside, or nobody. */
static bool graph_follow(const struct wait_graph *graph, size_t node, struct wait_set *set,
			 size_t *queue)
{
	bool waits = false;

	for (size_t i = 0; i < graph->count; i++) {
		const struct wait_edge *edge = &graph->edges[i];

		if (edge->from != node)
			continue;
		if (edge->to >= graph->nodes)
			return false;
		waits = true;
		if (!set->has[edge->to]) {
			set->has[edge->to] = true;
			queue[set->count++] = edge->to;
		}
	}
	return waits;
}

bool graph_closed_set(const struct wait_graph *graph, size_t node, struct wait_set *set)
{
	size_t queue[GRAPH_NODES_MAX];

	memset(set, 0, sizeof(*set));
	set->has[node] = true;
	queue[set->count++] = node;
	for (size_t next = 0; next < set->count; next++)
		if (!graph_follow(graph, queue[next], set, queue))
			return false;
	return true;
}

/* Adds those of the set that wait for `node`. */
static void follow_back(const struct wait_graph *graph, size_t node, const struct wait_set *set,
			struct wait_set *back, size_t *queue)
{
	for (size_t i = 0; i < graph->count; i++) {
		size_t from = graph->edges[i].from;

		if (graph->edges[i].to != node || !set->has[from] || back->has[from])
			continue;
		back->has[from] = true;
		queue[back->count++] = from;
	}
}

/* `node` waits for all of the set: do all of the set wait for it? */
static bool all_wait_for(const struct wait_graph *graph, size_t node, const struct wait_set *set)
{
	size_t queue[GRAPH_NODES_MAX];
	struct wait_set back = {.count = 1};

	back.has[node] = true;
	queue[0] = node;
	for (size_t next = 0; next < back.count; next++)
		follow_back(graph, queue[next], set, &back, queue);
	return back.count == set->count;
}

size_t graph_find_ring(const struct wait_graph *graph, size_t first, struct wait_set *ring)
{
	for (size_t node = first; node < graph->nodes; node++)
		if (graph_closed_set(graph, node, ring) && ring->count > 1 &&
		    all_wait_for(graph, node, ring))
			return node;
	return graph->nodes;
}

bool graph_is_first(const struct wait_set *set, size_t node)
{
	for (size_t other = 0; other < node; other++)
		if (set->has[other])
			return false;
	return set->has[node];
}
