/* Graphs of who waits for whom, drawn by hand: what is closed, and what is a ring. */
#include "cli/hangs/cycle/graph.h"
#include <check.h>
#include <string.h>

Suite *graph_suite(void);

#define EDGES 16
#define OUT   GRAPH_OUTSIDE

static struct wait_graph graph;
static struct wait_set set;

static void teardown(void)
{
	graph_release(&graph);
}

static void draw(size_t nodes, const struct wait_edge *edges, size_t count)
{
	graph.nodes = nodes;
	for (size_t i = 0; i < count; i++)
		ck_assert(graph_add(&graph, edges[i].from, edges[i].to));
}

/* The members of the first ring, as a word: "012"; "" where there is none. */
static const char *first_ring(void)
{
	static char word[EDGES + 1];
	size_t length = 0;

	if (graph_find_ring(&graph, 0, &set) < graph.nodes)
		for (size_t node = 0; node < graph.nodes; node++)
			if (set.has[node])
				word[length++] = (char)('0' + node);
	word[length] = '\0';
	return word;
}

static const struct {
	size_t nodes, count;
	struct wait_edge edges[EDGES];
	const char *ring;
} drawings[] = {
	{0, 0, {{0}}, ""},
	/* Nobody waits; one waits for itself; one for another that does not wait. */
	{2, 0, {{0}}, ""},
	{1, 1, {{0, 0}}, ""},
	{2, 1, {{0, 1}}, ""},
	/* Two, three, and two with tasks that wait for each other inside. */
	{2, 2, {{0, 1}, {1, 0}}, "01"},
	{3, 3, {{0, 1}, {1, 2}, {2, 0}}, "012"},
	{2, 4, {{0, 1}, {1, 1}, {1, 0}, {0, 0}}, "01"},
	/* One edge leads out: any of several may be the one that ends a wait. */
	{2, 3, {{0, 1}, {1, 0}, {1, OUT}}, ""},
	{3, 4, {{0, 1}, {1, 2}, {2, 0}, {2, OUT}}, ""},
	/* Or to one that goes on. */
	{3, 3, {{0, 1}, {1, 0}, {1, 2}}, ""},
	{4, 4, {{0, 1}, {1, 0}, {1, 2}, {2, OUT}}, ""},
	/* Who waits for a ring is not of it; nor for one that waits for itself. */
	{3, 3, {{0, 1}, {1, 2}, {2, 1}}, "12"},
	{3, 4, {{0, 1}, {1, 0}, {1, 2}, {2, 2}}, ""},
	/* A parent that waits for any of its children, who all wait for it. */
	{4, 6, {{0, 1}, {0, 2}, {0, 3}, {1, 0}, {2, 0}, {3, 0}}, "0123"},
	{4, 6, {{0, 1}, {0, 2}, {0, 3}, {1, 0}, {2, 0}, {3, OUT}}, ""},
	/* An edge to a node that does not exist leads outside. */
	{2, 3, {{0, 1}, {1, 0}, {1, 2}}, ""},
};

START_TEST(finds_rings_that_nobody_else_can_open)
{
	draw(drawings[_i].nodes, drawings[_i].edges, drawings[_i].count);
	ck_assert_str_eq(first_ring(), drawings[_i].ring);
}
END_TEST

START_TEST(finds_one_ring_after_the_other)
{
	static const struct wait_edge edges[] = {{0, 3}, {3, 0}, {1, 4}, {4, 1}, {2, OUT}};

	draw(5, edges, 5);
	ck_assert_uint_eq(graph_find_ring(&graph, 0, &set), 0);
	ck_assert_uint_eq(set.count, 2);
	ck_assert(graph_is_first(&set, 0) && !graph_is_first(&set, 3));
	ck_assert_uint_eq(graph_find_ring(&graph, 1, &set), 1);
	ck_assert(set.has[1] && set.has[4] && graph_is_first(&set, 1));
	ck_assert_uint_eq(graph_find_ring(&graph, 2, &set), 3);
	ck_assert(!graph_is_first(&set, 3));
}
END_TEST

START_TEST(tells_what_is_closed)
{
	static const struct wait_edge edges[] = {{0, 1}, {1, 1}, {2, 0}, {3, OUT}};

	draw(5, edges, 4);
	ck_assert(graph_closed_set(&graph, 0, &set));
	ck_assert_uint_eq(set.count, 2);
	ck_assert(graph_closed_set(&graph, 2, &set));
	ck_assert_uint_eq(set.count, 3);
	ck_assert(!graph_closed_set(&graph, 3, &set));
	ck_assert(!graph_closed_set(&graph, 4, &set));
}
END_TEST

/* As many as there can be, in one ring: the search must not take all day. */
START_TEST(bears_the_largest_graph)
{
	graph.nodes = GRAPH_NODES_MAX;
	for (size_t node = 1; node < GRAPH_NODES_MAX; node++) {
		ck_assert(graph_add(&graph, node, 0));
		ck_assert(graph_add(&graph, 0, node));
	}
	ck_assert_uint_eq(graph_find_ring(&graph, 0, &set), 0);
	ck_assert_uint_eq(set.count, GRAPH_NODES_MAX);
}
END_TEST

Suite *graph_suite(void)
{
	Suite *suite = suite_create("graph");
	TCase *core = tcase_create("core");

	tcase_set_timeout(core, 10);
	tcase_add_checked_fixture(core, NULL, teardown);
	tcase_add_loop_test(core, finds_rings_that_nobody_else_can_open, 0,
			    sizeof(drawings) / sizeof(drawings[0]));
	tcase_add_test(core, finds_one_ring_after_the_other);
	tcase_add_test(core, tells_what_is_closed);
	tcase_add_test(core, bears_the_largest_graph);
	suite_add_tcase(suite, core);
	return suite;
}
