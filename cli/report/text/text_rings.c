/*
 * These parts of a text report are waits that hang on each other: a ring of processes, and the
 * threads that a fork() waits for.
 */
#include "findings/finding_words.h"
#include "text_parts.h"

/* "process 4190 (thread 4195) waits for 4182 in write, a full pipe (descriptor 4), at:" */
static const char *edge_label(struct page *page, const struct cycle_edge *edge)
{
	const char *via = page_name(page, edge->via, NAME_COLUMNS);
	const char *function = page_name(page, edge->waiting_in, NAME_COLUMNS);
	struct arena *arena = &page->arena;
	const char *thread = edge->tid > 0 && edge->tid != edge->pid
				     ? arena_printf(arena, " (thread %d)", edge->tid)
				     : "";

	return arena_printf(arena, "process %d%s waits for %d%s%s%s%s%s", edge->pid, thread,
			    edge->waits_for, function != NULL ? " in " : "",
			    function != NULL ? function : "", via != NULL ? ", " : "",
			    via != NULL ? via : "", edge->stack.count > 0 ? ", at:" : "");
}

void put_cycle(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->cycle_count; i++) {
		const struct cycle_edge *edge = &finding->cycle[i];

		page_wrap(page, i == 0 ? "  cycle: " : "         ", 11, edge_label(page, edge));
		put_frames_since(page, &edge->stack, &finding->fork.stack);
	}
}

/* `thread 4195 "logger"` */
static const char *blocked_name(struct page *page, const struct blocked_part *blocked)
{
	const char *name = page_name(page, best_thread_name(blocked->python_name, blocked->name),
				     NAME_COLUMNS);
	const char *label = arena_printf(&page->arena, "thread %d", blocked->tid);

	return name != NULL && *name != '\0' ? arena_printf(&page->arena, "%s \"%s\"", label, name)
					     : label;
}

static const char *blocked_label(struct page *page, const struct finding *finding,
				 const struct blocked_part *blocked)
{
	struct arena *arena = &page->arena;
	const char *who = blocked->tid == finding->holder.tid ? "T2" : blocked_name(page, blocked);
	const char *what = page_name(page, blocked->waits_for, NAME_COLUMNS);
	const char *function = page_name(page, blocked->waiting_in, NAME_COLUMNS);
	const char *holder =
		blocked->held_by == finding->fork.tid
			? blocked->held_by_handler ? ", which T1 took in an atfork handler"
						   : ", which T1 holds"
		: blocked->held_by > 0
			? arena_printf(arena, ", which thread %d holds", blocked->held_by)
			: "";

	if (what != NULL)
		return arena_printf(arena, "%s waits for %s%s,", who, what, holder);
	return function != NULL ? arena_printf(arena, "%s is in %s", who, function)
				: arena_printf(arena, "%s is", who);
}

/* Who has it, where that one stands, and so on. */
void put_blocked(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->blocked_count; i++) {
		const struct blocked_part *blocked = &finding->blocked[i];

		put_section(page, blocked_label(page, finding, blocked), " at:", &blocked->stack);
		if (stack_is_known(&blocked->acquired_at))
			put_section(page, "which was taken", " at:", &blocked->acquired_at);
	}
}
