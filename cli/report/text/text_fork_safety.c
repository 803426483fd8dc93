/*
 * This part of a text report is the table of --summary=libraries: a row for each package or
 * library, and below it what the table cannot know.
 */
#include "base/escape.h"
#include "shorten.h"
#include "text_parts.h"
#include <inttypes.h>

#define NAME_WIDTH 27 /* a row has 80 columns */

static const char *row_name(struct page *page, const struct fork_safety *row)
{
	const char *name = page_name(page, row->name, 1024);
	const char *version = page_name(page, row->version, NAME_WIDTH);

	if (name == NULL)
		name = "(unknown)";
	if (version != NULL)
		name = arena_printf(&page->arena, "%s %s", name, version);
	return shorten_middle(&page->arena, name, NAME_WIDTH);
}

static const char *number(struct page *page, uint64_t value)
{
	return value == 0 ? "-" : arena_printf(&page->arena, "%" PRIu64, value);
}

/* "1/0/2": prepare, parent, child. */
static const char *handlers(struct page *page, const struct fork_safety *row)
{
	if (!row->prepare_handlers && !row->parent_handlers && !row->child_handlers)
		return "-";
	return arena_printf(&page->arena, "%" PRIu64 "/%" PRIu64 "/%" PRIu64, row->prepare_handlers,
			    row->parent_handlers, row->child_handlers);
}

/* "FC002", "FC002 +1". */
static const char *codes(struct page *page, const struct fork_safety *row)
{
	if (row->code_count < 2)
		return row->code_count ? row->codes[0] : "-";
	return arena_printf(&page->arena, "%s +%zu", row->codes[0], row->code_count - 1);
}

static void put_safety_row(struct page *page, const struct fork_safety *row)
{
	const char *name = row_name(page, row);
	bool is_marked = page->color && row->errors;

	fprintf(page->stream, "  %s%*s", name, (int)(NAME_WIDTH - text_columns(name)), "");
	fprintf(page->stream, "%9s%9s", number(page, row->threads_started),
		number(page, row->threads_at_forks));
	fprintf(page->stream, "%7s%6s%10s", number(page, row->locks_used),
		number(page, row->locks_held), handlers(page, row));
	fprintf(page->stream, "  %s%s%s\n", is_marked ? "\033[1;31m" : "", codes(page, row),
		is_marked ? "\033[0m" : "");
}

static void put_title(struct page *page, const struct report *report)
{
	const char *forks = page_count(page, report->safety_forks, "fork", NULL);
	const char *title =
		arena_printf(&page->arena, "libraries, at %s without exec beside other threads%s",
			     forks, report->safety_count ? ":" : ": nothing was seen.");

	page_wrap(page, "forkcheck: ", 11, title);
}

static void put_note(struct page *page, const char *text)
{
	page_wrap(page, "  ", 2, text);
}

/* Of what was not observed the table says nothing, and that is not that it is safe. */
static void put_limits(struct page *page, const struct report *report)
{
	uint64_t unobserved = report->unobserved_count + report->unobserved_more;

	put_note(page, "at fork: alive at the fork with most; locks: last taken before a fork; "
		       "held: at a fork; handlers: prepare/parent/child.");
	put_note(page,
		 "- is not seen in this run, which is no promise: hooks of a language (Python's "
		 "os.register_at_fork) and locks that a library makes itself are in no "
		 "column.");
	if (!report->observed)
		put_note(page, "the program was not observed: the table knows nothing of it.");
	else if (unobserved)
		put_note(page,
			 arena_printf(
				 &page->arena, "%s not observed: what is used there is in no row.",
				 page_count(page, unobserved, "process was", "processes were")));
	if (report->events_lost)
		put_note(page, "events were lost: numbers may be too small.");
}

void put_fork_safety(struct page *page, const struct report *report)
{
	if (!report->wants_safety)
		return;
	put_title(page, report);
	if (report->safety_count)
		fprintf(page->stream, "  %-*s  threads  at fork  locks  held  handlers  findings\n",
			NAME_WIDTH, "library");
	for (size_t i = 0; i < report->safety_count; i++)
		put_safety_row(page, &report->safety[i]);
	put_limits(page, report);
}
