/*
 * Who wrote to a descriptor is read from the table that the process keeps in its own memory: a
 * stranger's, and checked as such.
 */
#include "descriptor_ties.h"
#include "hangs/identify/lost_threads.h"
#include "process/epoll_members.h"
#include "process/holders.h"
#include "process/io_rings.h"
#include "process/stop.h"
#include <stdlib.h>

struct end_search {
	const struct session_descriptor *table;
	struct end_facts facts[DESCRIPTORS_AWAITED];
};

bool descriptor_tie_is_of_others(const struct end_facts *facts, uint32_t forker)
{
	uint64_t own = DESCRIPTOR_THREAD(forker);

	return facts->readers && facts->count && forker && facts->writers & ~own &&
	       (!(facts->writers & own) || facts->readers == own) &&
	       !(facts->flags & (DESCRIPTOR_IN_CHILD | DESCRIPTOR_BY_UNKNOWN));
}

bool descriptor_tie_is_unused(const struct end_facts *facts)
{
	return facts->count && !facts->writers &&
	       !(facts->flags & (DESCRIPTOR_IN_CHILD | DESCRIPTOR_BY_UNKNOWN));
}

static struct session_descriptor *read_table(const struct tie_search *search)
{
	size_t size = DESCRIPTORS * sizeof(struct session_descriptor);
	struct session_descriptor *table = search->has_facts ? malloc(size) : NULL;

	if (table && stop_read(search->pid, search->facts.descriptors, table, size) == size)
		return table;
	free(table);
	return NULL;
}

static void add_end(size_t index, int number, void *data)
{
	struct end_search *search = data;
	struct end_facts *facts = &search->facts[index];
	const struct session_descriptor *known;

	facts->count++;
	/* Of those that found no place in the table anybody may have written to. */
	if ((unsigned)number >= DESCRIPTORS) {
		facts->flags |= DESCRIPTOR_BY_UNKNOWN;
		return;
	}
	known = &search->table[number];
	facts->writers |= known->writers;
	facts->flags |= known->flags;
	if (!known->last)
		return;
	facts->last = known->last;
	facts->before = known->before;
}

static void note_readers(struct end_search *search, const struct descriptor_wait *wait)
{
	for (size_t i = 0; i < wait->count; i++) {
		int number = wait->list[i].number;

		if ((unsigned)number < DESCRIPTORS)
			search->facts[i].readers = search->table[number].readers;
	}
}

/*
 * A set that parent and child have in common was made for what the process tells itself: what a
 * parent sends to one of its children is in none that the parent waits by, too.
 */
static bool is_set_of_parent(const struct tie_search *search, const struct descriptor_wait *wait)
{
	const struct process_facts *parent = model_facts(search->model, search->process->parent);

	return wait->epoll >= 0 && parent &&
	       holders_has_same_file(search->pid, parent->pid, wait->epoll);
}

static enum lock_kind kind_of(enum descriptor_kind kind)
{
	return kind == DESCRIPTOR_EVENTFD ? LOCK_EVENTFD
	       : kind == DESCRIPTOR_PIPE  ? LOCK_PIPE
					  : LOCK_SOCKET;
}

/* 0: none by a lost thread is known. */
static uint64_t last_of_lost(const struct tie_search *search, const struct end_facts *facts)
{
	if (lost_used(search->model, search->process, facts->last))
		return facts->last;
	return lost_used(search->model, search->process, facts->before) ? facts->before : 0;
}

/* Of several it waits for the one that tells most: where lost threads wrote, or anybody. */
static int rank_of(const struct end_facts *facts, uint64_t gave)
{
	return gave ? 2 : facts->writers != 0;
}

static size_t choose_end(const struct end_search *ends, const uint64_t *gave, size_t count)
{
	size_t chosen = 0;

	for (size_t i = 1; i < count; i++)
		if (rank_of(&ends->facts[i], gave[i]) > rank_of(&ends->facts[chosen], gave[chosen]))
			chosen = i;
	return chosen;
}

/* That lost threads gave there counts if nobody else is known who wrote to another one. */
static struct descriptor_tie choose(const struct tie_search *search,
				    const struct descriptor_wait *wait,
				    const struct end_search *ends)
{
	bool any_unused = false, any_other = false, counts;
	uint64_t gave[DESCRIPTORS_AWAITED] = {0};
	size_t chosen;

	for (size_t i = 0; i < wait->count; i++) {
		const struct end_facts *facts = &ends->facts[i];
		bool is_unused = descriptor_tie_is_unused(facts);

		if (descriptor_tie_is_of_others(facts, ties_forker(search)))
			gave[i] = last_of_lost(search, facts);
		any_unused |= is_unused;
		any_other |= !gave[i] && !is_unused;
	}
	chosen = choose_end(ends, gave, wait->count);
	counts = !any_other && (!any_unused || is_set_of_parent(search, wait));
	return (struct descriptor_tie){.kind = kind_of(wait->list[chosen].kind),
				       .number = wait->list[chosen].number,
				       .gave = counts ? gave[chosen] : 0};
}

struct descriptor_tie descriptor_tie_first(const struct descriptor_wait *wait)
{
	return (struct descriptor_tie){.kind = kind_of(wait->list[0].kind),
				       .number = wait->list[0].number};
}

static bool find_tie_by(const struct tie_search *search, const struct descriptor_wait *wait,
			const struct session_descriptor *table, struct descriptor_tie *tie)
{
	struct end_search ends = {.table = table};
	/* The kernel may write to an eventfd when something is done that a ring asked for. */
	bool is_known = table && !io_rings_any_busy(search->pid) &&
			descriptor_wait_each_writer(search->pid, wait, add_end, &ends);

	*tie = (struct descriptor_tie){0};
	if (is_known) {
		note_readers(&ends, wait);
		*tie = choose(search, wait, &ends);
		tie->is_of_parent = is_set_of_parent(search, wait);
	}
	return is_known;
}

bool descriptor_tie_find(const struct tie_search *search, const struct descriptor_wait *wait,
			 struct descriptor_tie *tie)
{
	struct session_descriptor *table = read_table(search);
	bool is_known = find_tie_by(search, wait, table, tie);

	free(table);
	return is_known;
}

struct set_search {
	pid_t pid;
	const struct session_descriptor *table;
	struct descriptor_wait eventfds;
};

/* False: something else than an eventfd that the child has written to, for all that is known. */
static bool note_member(const struct epoll_member *member, void *data)
{
	struct set_search *search = data;
	int number = member->number;

	return !member->is_own ||
	       descriptor_wait_add_eventfd(search->pid, number, &search->eventfds) ||
	       ((unsigned)number < DESCRIPTORS && !search->table[number].flags);
}

bool descriptor_tie_find_in_set(const struct tie_search *search, int set,
				struct descriptor_tie *tie)
{
	struct session_descriptor *table = read_table(search);
	struct set_search members = {.pid = search->pid, .table = table, .eventfds.epoll = set};
	bool is_known = table && epoll_each_member(search->pid, set, note_member, &members) &&
			members.eventfds.count &&
			find_tie_by(search, &members.eventfds, table, tie);

	free(table);
	return is_known;
}
