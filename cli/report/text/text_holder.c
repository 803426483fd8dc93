/*
 * This part of a text report is the thread that held a lock: since when and from where, and who
 * created it.
 */
#include "base/same_text.h"
#include "findings/python_view.h"
#include "shorten.h"
#include "text_parts.h"

#include <string.h>

/* "T2" of "T2 "logger"": what a thread is called once it was introduced. */
static const char *short_label(struct page *page, const char *label)
{
	return arena_strndup(&page->arena, label, strcspn(label, " "));
}

static const char *since_words(const struct holder_part *holder, const char *held)
{
	if (holder->used != NULL)
		return ", at:";
	if (holder->in_window)
		return ", taken at:";
	return held != NULL ? ", since:" : " since:";
}

/* The Python frames of most holders are those at the fork, its native ones those of the
 * acquisition: they are no one stack. False: no Python ran there. */
static bool put_python_acquisition(struct page *page, const struct finding *finding,
				   const char *heading)
{
	const struct frames *acquired = &finding->holder.acquired_at;
	struct frames taken = python_without_interpreter(
		acquired, acquired->python ? acquired->python->module : NULL);
	struct frames at_fork = {.complete = true, .python = acquired->python};

	if (acquired->python == NULL || acquired->python->count == 0)
		return false;
	if (taken.count > 0)
		put_section(page, heading, since_words(&finding->holder, "held"), &taken);
	else
		page_wrap(page, "  ", 4, heading);
	put_section(page, "at the fork it was in", ":", &at_fork);
	return true;
}

static void put_acquisition(struct page *page, const struct finding *finding,
			    const struct cast *cast)
{
	const struct holder_part *holder = &finding->holder;
	const char *held = duration_words(&page->arena, holder->held_ms);
	const char *inside = page_name(page, holder->inside, NAME_COLUMNS);
	const char *heading =
		arena_printf(&page->arena, "%s %s %s by %s", lock_label(finding),
			     finding_is_in_fork(finding) ? "is" : "was",
			     holder->in_window ? "just being taken, or given back," : "held",
			     holder_words(finding, cast));

	if (holder->used != NULL)
		heading = arena_printf(&page->arena, "%s was taken by %s %s", lock_label(finding),
				       holder_words(finding, cast), holder->used);
	if (inside != NULL)
		heading = arena_printf(
			&page->arena, "%s was inside %s%s%s", holder_words(finding, cast), inside,
			holder->used != NULL ? " " : "", holder->used != NULL ? holder->used : "");

	if (held != NULL)
		heading = arena_printf(&page->arena, "%s for %s%s", heading,
				       holder->held_at_most ? "at most " : "", held);
	if (inside == NULL && !holder->python_took &&
	    put_python_acquisition(page, finding, heading))
		return;
	if (holder->acquired_at.count > 0 || !finding->fork.is_outside) {
		put_section(page, heading, since_words(holder, held), &holder->acquired_at);
		return;
	}
	page_wrap(page, "  ", 4, arena_printf(&page->arena, "%s.", heading));
	if (stack_is_known(&holder->stands_at))
		put_section(page,
			    arena_printf(&page->arena, "In the parent %s is now",
					 short_label(page, cast->holder)),
			    " at:", &holder->stands_at);
}

static bool stack_shows(const struct frames *frames, const char *function)
{
	for (size_t i = 0; i < frames->count; i++)
		if (function && same_text(frames->list[i].function, function))
			return true;
	return false;
}

/* "log_thread (libfoo.so)"; NULL where it is not known or a stack shows it anyway. */
static const char *start_routine_label(struct page *page, const struct holder_part *holder)
{
	const char *routine = page_name(page, holder->start_routine, NAME_COLUMNS);
	const char *library = page_name(page, holder->library, NAME_COLUMNS);

	if (routine == NULL || stack_shows(&holder->acquired_at, holder->start_routine))
		return NULL;
	if (library == NULL)
		return routine;
	return arena_printf(&page->arena, "%s (%s)", routine, path_basename(library));
}

/* Where nothing is known but that the thread was made, a line would say nothing. */
static void put_creation(struct page *page, const struct finding *finding, const struct cast *cast)
{
	struct arena *arena = &page->arena;
	const struct frames *stack = &finding->holder.created_at;
	const char *routine = start_routine_label(page, &finding->holder);
	const char *heading = short_label(page, cast->holder);

	if (stack->count == 0 && cast->creator == NULL) {
		if (routine != NULL)
			page_wrap(page, "  ", 4,
				  arena_printf(arena, "%s ran %s", heading, routine));
		return;
	}
	heading = arena_printf(arena, "%s was created", heading);
	if (cast->creator != NULL)
		heading = arena_printf(arena, "%s by %s", heading, cast->creator);
	if (routine != NULL)
		heading = arena_printf(arena, "%s to run %s", heading, routine);
	put_heading(page, heading, routine != NULL ? ", at:" : " at:", stack);
	put_frames_since(page, stack, &finding->fork.stack);
}

/* What libc's functions hold while they run: where that is, stands elsewhere. */
static void put_call(struct page *page, const struct finding *finding, const struct cast *cast)
{
	const char *inside = page_name(page, finding->holder.inside, NAME_COLUMNS);

	page_wrap(page, "  ", 4,
		  arena_printf(&page->arena, "%s is held by %s, which %s inside %s",
			       lock_label(finding), holder_words(finding, cast),
			       finding->holder.is_forker ? "a signal interrupted" : "is", inside));
}

void put_holder(struct page *page, const struct finding *finding, const struct cast *cast)
{
	const struct holder_part *holder = &finding->holder;

	if (!holder_is_known(holder)) {
		page_wrap(page, "  ", 4,
			  arena_printf(&page->arena, "which thread held %s is not known",
				       lock_label(finding)));
		return;
	}
	if (finding_is_in_fork(finding) && holder->inside != NULL)
		put_call(page, finding, cast);
	else
		put_acquisition(page, finding, cast);
	if (!holder->is_forker)
		put_creation(page, finding, cast);
}
