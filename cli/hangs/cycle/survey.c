/*
 * A survey asks all quiescent processes whom they wait for, the cheap questions first:
 * descriptors are read only of those whom nobody known can help.
 */
#include "survey.h"
#include "base/array.h"
#include "process/descriptor_wait.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One for all that need it for a moment, and that do not call each other: it has 64 KiB. */
static struct process_look survey_look;

bool survey_open(struct survey *survey)
{
	*survey = (struct survey){.nodes = calloc(GRAPH_NODES_MAX, sizeof(*survey->nodes))};
	return survey->nodes != NULL;
}

void survey_release(struct survey *survey)
{
	graph_release(&survey->graph);
	free(survey->nodes);
	free(survey->waits);
	*survey = (struct survey){0};
}

static void connect(struct survey *survey, size_t from, size_t to)
{
	survey->failed |= !graph_add(&survey->graph, from, to);
	survey->nodes[from].is_open |= to == GRAPH_OUTSIDE;
}

static void connect_wait(struct survey *survey, struct process_wait *wait, size_t to)
{
	wait->is_answered = true;
	connect(survey, wait->node, to);
}

/* As of two looks: each task in the same call, from the same place. */
static bool is_same_place(const struct process_look *before, const struct process_look *after)
{
	if (before->count != after->count)
		return false;
	for (size_t i = 0; i < before->count; i++)
		if (before->tasks[i].tid != after->tasks[i].tid ||
		    !procfs_same_place(&before->tasks[i], &after->tasks[i]))
			return false;
	return true;
}

void survey_note_reported(struct survey_node *node, const struct process_look *before)
{
	struct watched *watched = node->watched;

	node->is_reported = true;
	watched->ring.reported = node->fingerprint;
	if (procfs_look(watched->pid, &survey_look) && is_same_place(before, &survey_look))
		watched->ring.reported = procfs_fingerprint(&survey_look);
}

/* --- one process ----------------------------------------------------------- */

static void add_wait(struct survey *survey, const struct process_wait *wait)
{
	if (ARRAY_MAKE_ROOM(survey->waits, survey->wait_count, survey->wait_capacity))
		survey->waits[survey->wait_count++] = *wait;
	else
		survey->failed = true;
}

static void add_task(struct survey *survey, size_t node, const struct task_look *task)
{
	struct process_wait wait = holders_classify(survey->nodes[node].watched->pid, task);

	wait.node = node;
	if (wait.kind == AWAITED_UNKNOWN)
		connect(survey, node, GRAPH_OUTSIDE);
	else if (wait.kind == AWAITED_OWN)
		connect(survey, node, node);
	else
		add_wait(survey, &wait);
}

struct family {
	struct survey *survey;
	struct process_wait *wait;
	unsigned depth; /* of the PID namespace that numbers in its calls are of */
};

static size_t find_node(const struct survey *survey, pid_t pid)
{
	for (size_t node = 0; node < survey->graph.nodes; node++)
		if (survey->nodes[node].watched->pid == pid)
			return node;
	return GRAPH_OUTSIDE;
}

/* A process that was several programs in turn has a birth for each: the last counts. */
static bool is_second_birth(struct survey *survey, struct watched *watched,
			    const struct process_facts *facts)
{
	size_t node = find_node(survey, watched->pid);

	if (node == GRAPH_OUTSIDE)
		return false;
	if (watched->serial > survey->nodes[node].watched->serial) {
		watched->ring.fingerprint = survey->nodes[node].fingerprint;
		survey->nodes[node].watched = watched;
		survey->nodes[node].facts = facts;
	}
	return true;
}

void survey_add(struct survey *survey, struct watched *watched, const struct process_facts *facts)
{
	const struct process_look *look = &survey_look;
	size_t node = survey->graph.nodes;
	bool is_whole;

	if (node == GRAPH_NODES_MAX || is_second_birth(survey, watched, facts))
		return;
	survey->graph.nodes++;
	survey->nodes[node] = (struct survey_node){.watched = watched, .facts = facts};
	is_whole = procfs_look(watched->pid, &survey_look) && look->complete && !look->held;
	if (!is_whole) {
		connect(survey, node, GRAPH_OUTSIDE);
		return;
	}
	survey->nodes[node].fingerprint = procfs_fingerprint(look);
	survey->nodes[node].is_same = watched->ring.fingerprint == survey->nodes[node].fingerprint;
	watched->ring.fingerprint = survey->nodes[node].fingerprint;
	for (size_t i = 0; i < look->count; i++)
		add_task(survey, node, &look->tasks[i]);
}

void survey_renew(struct survey *survey, const struct model *model)
{
	for (size_t node = 0; node < survey->graph.nodes; node++)
		survey->nodes[node].facts = model_facts(model, survey->nodes[node].watched->serial);
}

/* --- edges among them ------------------------------------------------------ */

static void connect_child(pid_t child, void *data)
{
	const struct family *family = data;

	if (!family->wait->child ||
	    family->wait->child == procfs_number_at(child, child, family->depth))
		connect_wait(family->survey, family->wait, find_node(family->survey, child));
}

static void connect_children(struct survey *survey, struct process_wait *wait)
{
	pid_t pid = survey->nodes[wait->node].watched->pid;
	struct family family = {.survey = survey, .wait = wait, .depth = procfs_depth(pid)};

	if (!procfs_look(pid, &survey_look) ||
	    !holders_each_child(pid, &survey_look, connect_child, &family))
		connect(survey, wait->node, GRAPH_OUTSIDE);
}

/* Who waits for one that goes on may go on. */
static void spread_openness(struct survey *survey)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < survey->graph.count; i++) {
			const struct wait_edge *edge = &survey->graph.edges[i];
			bool leads_out =
				edge->to == GRAPH_OUTSIDE || survey->nodes[edge->to].is_open;

			changed |= leads_out && !survey->nodes[edge->from].is_open;
			survey->nodes[edge->from].is_open |= leads_out;
		}
	}
}

/* What is left to ask: the waits of processes that nobody known can help. */
static void drop_settled(struct survey *survey)
{
	size_t kept = 0;

	for (size_t i = 0; i < survey->wait_count; i++) {
		const struct process_wait *wait = &survey->waits[i];

		if (!survey->nodes[wait->node].is_open)
			survey->waits[kept++] = *wait;
	}
	survey->wait_count = kept;
}

static void ask_node(struct survey *survey, size_t node, bool *can)
{
	memset(can, 0, survey->wait_count * sizeof(*can));
	if (!holders_ask(survey->nodes[node].watched->pid, survey->waits, survey->wait_count, can))
		connect(survey, node, GRAPH_OUTSIDE);
	for (size_t i = 0; i < survey->wait_count; i++)
		if (can[i])
			connect_wait(survey, &survey->waits[i], node);
}

void survey_connect(struct survey *survey)
{
	bool *can;

	for (size_t i = 0; i < survey->wait_count; i++)
		if (survey->waits[i].kind == AWAITED_CHILD)
			connect_children(survey, &survey->waits[i]);
	spread_openness(survey);
	drop_settled(survey);
	can = calloc(survey->wait_count + 1, sizeof(*can));
	survey->failed |= !can;
	for (size_t node = 0; can && node < survey->graph.nodes; node++)
		if (!survey->nodes[node].is_open)
			ask_node(survey, node, can);
	free(can);
}

/* --- everybody else -------------------------------------------------------- */

static bool is_asked(const struct survey *survey, pid_t pid)
{
	size_t node = find_node(survey, pid);

	return node != GRAPH_OUTSIDE && !survey->nodes[node].is_open;
}

static bool ask_outsider(struct survey *survey, pid_t pid, bool *can)
{
	/* A tracer waits for whom it traces as for a child. */
	pid_t tracer = procfs_tracer(pid);

	memset(can, 0, survey->wait_count * sizeof(*can));
	if (!holders_ask(pid, survey->waits, survey->wait_count, can) &&
	    (procfs_is_descendant(pid) ||
	     holders_may_be_stranger(pid, survey->waits, survey->wait_count)))
		return false;
	for (size_t i = 0; i < survey->wait_count; i++)
		if (can[i] || (tracer && survey->waits[i].tid == tracer))
			connect_wait(survey, &survey->waits[i], GRAPH_OUTSIDE);
	return true;
}

/* Nobody was found who could: somebody has not been seen. */
static void open_unanswered(struct survey *survey)
{
	for (size_t i = 0; i < survey->wait_count; i++)
		if (!survey->waits[i].is_answered)
			connect_wait(survey, &survey->waits[i], GRAPH_OUTSIDE);
}

/* Somebody who is not there yet may open what has a name. */
static void open_named(struct survey *survey)
{
	for (size_t i = 0; i < survey->wait_count; i++)
		if (survey->waits[i].kind == AWAITED_MEMORY && survey->waits[i].is_named)
			connect_wait(survey, &survey->waits[i], GRAPH_OUTSIDE);
}

/* Who takes a descriptor out of a message may use it. */
static void open_descriptors(struct survey *survey)
{
	for (size_t i = 0; i < survey->wait_count; i++)
		switch (survey->waits[i].kind) {
		case AWAITED_DATA:
		case AWAITED_ROOM:
		case AWAITED_MESSAGE:
		case AWAITED_RECEIVER:
			connect_wait(survey, &survey->waits[i], GRAPH_OUTSIDE);
			break;
		default:
			break;
		}
}

static bool ask_all_outsiders(struct survey *survey)
{
	DIR *processes = opendir("/proc");
	bool *can, all = processes != NULL;
	const struct dirent *entry;

	open_named(survey);
	spread_openness(survey);
	drop_settled(survey);
	can = calloc(survey->wait_count + 1, sizeof(*can));
	survey->failed |= !can;
	while (can && processes && (entry = readdir(processes))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && !is_asked(survey, pid))
			all &= ask_outsider(survey, pid, can);
		if (pid > 0 && procfs_is_descendant(pid) && descriptor_wait_any_on_way(pid))
			open_descriptors(survey);
	}
	free(can);
	if (processes)
		closedir(processes);
	open_unanswered(survey);
	spread_openness(survey);
	return all;
}

bool survey_ask_outside(struct survey *survey)
{
	if (!survey->was_asked)
		survey->all_answered = ask_all_outsiders(survey);
	survey->was_asked = true;
	return survey->all_answered;
}

struct process_look *survey_report_look(void)
{
	static struct process_look look;

	return &look;
}
