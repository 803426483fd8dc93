/*
 * The graph of who waits for whom: a box for each process or thread, from top to bottom, and an
 * arrow to the one that it waits for. What it waits in stands in the box.
 */
#include "findings/finding_words.h"
#include "html_parts.h"

#include <inttypes.h>

#define BOX_HEIGHT  38
#define BOX_STEP    58
#define BOX_LEFT    3
#define BOX_WIDTH   244
#define BOX_COLUMNS 39
#define NODES_MAX   16

struct node {
	int id; /* pid or tid */
	const char *name;
	const char *waits;
	int waits_for; /* id of another; -1: of none that is known */
};

struct graph {
	struct node nodes[NODES_MAX];
	int count;
	uint64_t left_out;
};

static void add_node(struct graph *graph, struct node node)
{
	if (graph->count == NODES_MAX)
		graph->left_out++;
	else
		graph->nodes[graph->count++] = node;
}

static const char *waits_words(struct html *html, const char *function, const char *what)
{
	const char *in = bounded_name(&html->arena, function);
	const char *object = bounded_name(&html->arena, what);

	return arena_printf(&html->arena, "waits%s%s%s%s", in ? " in " : "", in ? in : "",
			    object ? ": " : "", object ? object : "");
}

static void add_cycle(struct html *html, struct graph *graph, const struct finding *finding)
{
	for (size_t i = 0; i < finding->cycle_count; i++) {
		const struct cycle_edge *edge = &finding->cycle[i];
		const char *thread = edge->tid > 0 && edge->tid != edge->pid
					     ? arena_printf(&html->arena, ", thread %d", edge->tid)
					     : "";

		add_node(graph,
			 (struct node){.id = edge->pid,
				       .name = arena_printf(&html->arena, "process %d%s", edge->pid,
							    thread),
				       .waits = waits_words(html, edge->waiting_in, edge->via),
				       .waits_for = edge->waits_for});
	}
}

static const char *blocked_words(struct html *html, const struct blocked_part *blocked)
{
	const char *name =
		bounded_name(&html->arena, best_thread_name(blocked->python_name, blocked->name));

	return arena_printf(&html->arena, "thread %d%s%s%s", blocked->tid, name ? " \"" : "",
			    name ? name : "", name ? "\"" : "");
}

/* The thread that forks, and those that have what it waits for. */
static void add_blocked(struct html *html, struct graph *graph, const struct finding *finding)
{
	struct cast cast = finding_cast(&html->arena, finding);

	if (finding->blocked_count == 0)
		return;
	add_node(graph,
		 (struct node){.id = finding->fork.tid,
			       .name = arena_printf(&html->arena, "%s, in fork()", cast.forker),
			       .waits = waits_words(html, finding->child.waiting_in, NULL),
			       .waits_for = finding->blocked[0].tid});
	for (size_t i = 0; i < finding->blocked_count; i++) {
		const struct blocked_part *blocked = &finding->blocked[i];

		add_node(graph, (struct node){.id = blocked->tid,
					      .name = blocked_words(html, blocked),
					      .waits = waits_words(html, blocked->waiting_in,
								   blocked->waits_for),
					      .waits_for = blocked->held_by});
	}
}

static int find_node(const struct graph *graph, int id)
{
	for (int i = 0; i < graph->count; i++)
		if (id > 0 && graph->nodes[i].id == id)
			return i;
	return -1;
}

static void put_head(struct html *html, int x, int y, int dx, int dy)
{
	int across_x = dy ? 4 : 0, across_y = dx ? 4 : 0;

	fprintf(html->stream, "<polygon class=\"head\" points=\"%d,%d %d,%d %d,%d\"/>\n", x, y,
		x - dx - across_x, y - dy - across_y, x - dx + across_x, y - dy + across_y);
}

/* Down to the next box, or around the boxes to any other; each such arrow has a column. */
static void put_arrow(struct html *html, int from, int to, int column)
{
	int right = BOX_LEFT + BOX_WIDTH, x = right + 12 + column % 4 * 9;
	int start = from * BOX_STEP + BOX_HEIGHT / 2 + 4, end = to * BOX_STEP + BOX_HEIGHT / 2 - 4;

	if (to == from + 1) {
		int middle = BOX_LEFT + BOX_WIDTH / 2, bottom = from * BOX_STEP + BOX_HEIGHT;

		svg_line(html, "arrow", middle, bottom + 2, middle, to * BOX_STEP - 2);
		put_head(html, middle, to * BOX_STEP, 0, 7);
		return;
	}
	fprintf(html->stream, "<path class=\"arrow\" d=\"M%d %dH%dV%dH%d\"/>\n", right + 2, start,
		x, end, right + 4);
	put_head(html, right + 2, end, -7, 0);
}

static void put_arrows(struct html *html, const struct graph *graph)
{
	for (int i = 0, columns = 0; i < graph->count; i++) {
		int to = find_node(graph, graph->nodes[i].waits_for);

		if (to >= 0)
			put_arrow(html, i, to, to == i + 1 ? 0 : columns++);
	}
}

static void put_nodes(struct html *html, const struct graph *graph)
{
	for (int i = 0; i < graph->count; i++) {
		int y = i * BOX_STEP;

		svg_bar(html, "box", BOX_LEFT, y + 1, BOX_WIDTH, BOX_HEIGHT - 2);
		svg_text(html, "name", "start", BOX_LEFT + 6, y + 15, graph->nodes[i].name,
			 BOX_COLUMNS - 4);
		svg_text(html, "small", "start", BOX_LEFT + 6, y + 30, graph->nodes[i].waits,
			 BOX_COLUMNS);
	}
}

void html_put_graph(struct html *html, const struct finding *finding)
{
	struct graph graph = {.count = 0};

	add_cycle(html, &graph, finding);
	add_blocked(html, &graph, finding);
	if (graph.count == 0)
		return;
	fputs("<figure>\n", html->stream);
	svg_begin(html, (graph.count - 1) * BOX_STEP + BOX_HEIGHT, "Graph: who waits for whom");
	put_nodes(html, &graph);
	put_arrows(html, &graph);
	svg_end(html);
	fputs("<figcaption>An arrow leads to the one that is waited for.", html->stream);
	if (graph.left_out > 0)
		fprintf(html->stream, " %" PRIu64 " more are not drawn.", graph.left_out);
	fputs("</figcaption>\n</figure>\n", html->stream);
}
