/*
 * A closed set of processes is asked whether it has moved, and what could wake one of it.
 * /proc is read, and what the processes keep in their own memory.
 */
#include "closed_set.h"
#include "hangs/identify/wakeup_sources.h"
#include <signal.h>

bool closed_set_is_same(const struct survey *survey, const struct wait_set *set)
{
	for (size_t node = 0; node < survey->graph.nodes; node++)
		if (set->has[node] && !survey->nodes[node].is_same)
			return false;
	return true;
}

struct children {
	const struct survey *survey;
	const struct wait_set *set;
	bool any_foreign;
};

/* The children that are outside of the set may end, and tell of it by a signal. */
static void note_child(pid_t child, void *data)
{
	struct children *children = data;
	bool is_foreign = true;

	for (size_t node = 0; node < children->survey->graph.nodes; node++)
		if (children->set->has[node] && children->survey->nodes[node].watched->pid == child)
			is_foreign = false;
	children->any_foreign |= is_foreign;
}

static uint64_t signals_that_cannot_come(const struct survey *survey, const struct wait_set *set,
					 pid_t pid, const struct process_look *look)
{
	struct children children = {.survey = survey, .set = set};

	if (!holders_each_child(pid, look, note_child, &children) || children.any_foreign)
		return 0;
	return UINT64_C(1) << (SIGCHLD - 1);
}

/* A program that has not forked yet has not said what is loaded: its handlers would have no names.
 */
static void name_modules(const struct turn *turn, struct survey *survey, const struct wait_set *set)
{
	for (size_t node = 0; node < survey->graph.nodes; node++)
		if (set->has[node])
			hang_record_modules(turn->model, turn->writer,
					    survey->nodes[node].watched->serial,
					    survey->nodes[node].watched->pid);
	model_update(turn->model);
	survey_renew(survey, turn->model);
}

bool closed_set_ask_wakers(const struct turn *turn, struct arena *arena, struct survey *survey,
			   const struct wait_set *set, const char **reason)
{
	static struct process_look look;

	name_modules(turn, survey, set);
	for (size_t node = 0; node < survey->graph.nodes; node++) {
		const struct survey_node *known = &survey->nodes[node];
		pid_t pid = known->watched->pid;

		if (!set->has[node])
			continue;
		if (!procfs_look(pid, &look) || procfs_fingerprint(&look) != known->fingerprint)
			return false;
		if (!*reason)
			*reason =
				wakeup_find_but(turn->model, arena, known->facts, pid, &look,
						signals_that_cannot_come(survey, set, pid, &look));
	}
	return true;
}
