/*
 * One look at all processes that seem to stand still, and the graph of who
 * waits for whom. Reads /proc only.
 */
#ifndef FORKCHECK_SURVEY_H
#define FORKCHECK_SURVEY_H

#include "graph.h"
#include "hangs/child/proof.h"
#include "process/holders.h"

struct survey_node {
	struct watched *watched;
	const struct process_facts *facts;
	uint64_t fingerprint;
	bool is_same;     /* as in the survey before */
	bool is_open;     /* goes on, or waits for one who may */
	bool is_reported; /* in this survey */
};

struct survey {
	struct survey_node *nodes;
	struct process_wait *waits;
	size_t wait_count, wait_capacity;
	struct wait_graph graph;
	bool failed;                  /* memory ran out */
	bool was_asked, all_answered; /* of the others */
};

/* False when memory ran out. survey_release() in any case. */
bool survey_open(struct survey *survey);
void survey_release(struct survey *survey);

/* Takes a process in, as it stands now. Any number beyond GRAPH_NODES_MAX is outside. */
void survey_add(struct survey *survey, struct watched *watched, const struct process_facts *facts);

/* What is known of the processes lies elsewhere once the model has taken more in. */
void survey_renew(struct survey *survey, const struct model *model);

/* Draws the edges among those that were added. */
void survey_connect(struct survey *survey);

/*
 * Asks all other processes of the machine whether they could end one of these
 * waits, and draws edges outside; once. False when one could not be asked that might.
 */
bool survey_ask_outside(struct survey *survey);

/* Its wait was reported, as of the look `before`: it is not told of again as long as nothing in
 * it runs. That it was held for its stacks counted as a switch of its tasks. */
/* It also leaves a mark in the node. */
void survey_note_reported(struct survey_node *node, const struct process_look *before);

/* The look of the process that a report is about: one report at a time. It is too large for a
 * stack, and one for each kind of report is too much where address space is little. */
struct process_look *survey_report_look(void);

#endif
