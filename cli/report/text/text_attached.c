/*
 * The processes that forkcheck attached to are drawn here, as a tree: whether each hangs, and what
 * its threads are in.
 */
#include "base/library_names.h"
#include "findings/headline_place.h"
#include "text_parts.h"
#include <inttypes.h>
#include <stdio.h>

#define PROGRAM_COLUMNS 24
#define TASKS_SHOWN     16
#define TREE_INDENT     2
/* Deeper ones are drawn like the last. */
#define TREE_LEVELS 8

static const char *program_name(struct page *page, const struct attached *attached)
{
	const char *name = page_name(page, library_file_name(attached->program), PROGRAM_COLUMNS);

	return name != NULL ? name : "?";
}

static const char *verdict_words(struct page *page, const struct attached *attached)
{
	switch (attached->verdict) {
	case VERDICT_HUNG:
		return arena_printf(&page->arena, "hangs for good: %s, above", attached->code);
	case VERDICT_SUSPECTED:
		return arena_printf(&page->arena, "seems to hang: %s, above", attached->code);
	case VERDICT_UNKNOWN:
		return arena_printf(&page->arena, "cannot be judged: %s", attached->reason);
	case VERDICT_NOT_HUNG:
		break;
	}
	return arena_printf(&page->arena, "has no hang that a fork made: %s", attached->reason);
}

static void put_verdict(struct page *page, const struct attached *attached)
{
	const char *words =
		arena_printf(&page->arena, "process %d (%s) %s.", attached->pid,
			     program_name(page, attached), verdict_words(page, attached));

	/* Who could not be looked at was told of at once. */
	if (attached->was_asked && !attached->was_refused)
		page_wrap(page, "forkcheck: ", 11, page_sentence(page, words));
}

static const struct attached *attached_parent(const struct report *report,
					      const struct attached *attached)
{
	for (size_t i = 0; i < report->attached_count; i++)
		if (report->attached[i].pid == attached->parent_pid)
			return &report->attached[i];
	return NULL;
}

static size_t level_of(const struct report *report, const struct attached *attached)
{
	size_t level = 0;

	for (const struct attached *at = attached_parent(report, attached);
	     at != NULL && level < TREE_LEVELS; at = attached_parent(report, at))
		level++;
	return level;
}

static const char *origin_words(struct page *page, const struct attached *attached)
{
	if (attached->has_lost_parent)
		return arena_printf(&page->arena, ", %" PRIu64 " missing, without its parent",
				    attached->missing_threads);
	if (!attached->is_copy)
		return "";
	return attached->missing_threads == 0
		       ? ", forked without exec"
		       : arena_printf(&page->arena, ", %" PRIu64 " missing, forked without exec",
				      attached->missing_threads);
}

static void attached_put_row(struct page *page, const struct report *report,
			     const struct attached *attached)
{
	size_t indent = 2 + TREE_INDENT * level_of(report, attached);
	const char *threads = page_count(page, attached->task_count, "thread", NULL);
	const char *verdict = attached->verdict == VERDICT_NOT_HUNG    ? ""
			      : attached->verdict == VERDICT_HUNG      ? "  <- hangs"
			      : attached->verdict == VERDICT_SUSPECTED ? "  <- seems to hang"
								       : "  <- not known";
	const char *prefix = arena_printf(&page->arena, "%*s%d ", (int)indent, "", attached->pid);

	page_wrap(page, prefix, indent + 4,
		  arena_printf(&page->arena, "%s, %s%s%s", program_name(page, attached), threads,
			       origin_words(page, attached), page_unbroken(page, verdict)));
}

/* Children stand below their parents. */
static void put_branch(struct page *page, const struct report *report,
		       const struct attached *attached, size_t level)
{
	attached_put_row(page, report, attached);
	for (size_t i = 0; level < TREE_LEVELS && i < report->attached_count; i++)
		if (&report->attached[i] != attached &&
		    report->attached[i].parent_pid == attached->pid)
			put_branch(page, report, &report->attached[i], level + 1);
}

static void put_tree(struct page *page, const struct report *report)
{
	fputs("\n", page->stream);
	for (size_t i = 0; i < report->attached_count; i++)
		if (attached_parent(report, &report->attached[i]) == NULL &&
		    !report->attached[i].was_refused)
			put_branch(page, report, &report->attached[i], 0);
}

static void put_task(struct page *page, const struct attached_task *task)
{
	struct arena *arena = &page->arena;
	const char *name = page_name(page, task->name, PROGRAM_COLUMNS);
	const char *in = page_name(page, task->waiting_in, NAME_COLUMNS);
	const struct headline_place place = headline_place(arena, &task->stack);
	const char *call = task->call != NULL ? task->call : "runs";
	const char *label =
		arena_printf(arena, "  thread %d \"%s\" %s%s", task->tid, name != NULL ? name : "",
			     in != NULL ? "in " : "", in != NULL ? in : call);

	if (page->full_stacks && stack_is_known(&task->stack)) {
		put_section(page, label,
			    task->is_partial ? "; not held, frames may be missing:" : ":",
			    &task->stack);
		return;
	}
	page_wrap(page, "", 4,
		  place.frame != NULL ? arena_printf(arena, "%s, %s", label,
						     frame_words(page, place.frame, false))
				      : label);
}

static void put_tasks(struct page *page, const struct attached *attached)
{
	size_t shown = page->full_stacks ? attached->task_count : TASKS_SHOWN;

	if (!attached->was_asked || attached->task_count == 0)
		return;
	fprintf(page->stream, "\n  process %d:\n", attached->pid);
	for (size_t i = 0; i < attached->task_count && i < shown; i++)
		put_task(page, &attached->tasks[i]);
	if (attached->task_count > shown)
		fprintf(page->stream, "  and %zu more (--full-stacks shows them)\n",
			attached->task_count - shown);
}

void put_attached(struct page *page, const struct report *report)
{
	bool any = false;

	for (size_t i = 0; i < report->attached_count; i++) {
		put_verdict(page, &report->attached[i]);
		any |= !report->attached[i].was_refused;
	}
	if (!any)
		return;
	put_tree(page, report);
	for (size_t i = 0; i < report->attached_count; i++)
		put_tasks(page, &report->attached[i]);
	fputs("\n", page->stream);
}
