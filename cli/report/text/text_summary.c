/*
 * This part of a text report is its end: what was not seen, the fork-safety table, the summary
 * line. A clean run that was wholly seen gets none of them.
 */
#include "base/same_text.h"
#include "text_parts.h"

#include "base/escape.h"
#include "findings/libraries.h"
#include "shorten.h"
#include <inttypes.h>

#define PATH_COLUMNS        48
#define UNOBSERVED_LINES    12
#define LIBRARY_COLUMNS     17 /* at least */
#define LIBRARY_COLUMNS_MAX 36
#define LEFT_RUNNING_SHOWN  8

static bool is_clean(const struct report *report)
{
	return report->observed && report->complete && report->unobserved_count == 0 &&
	       report->unobserved_more == 0 && report->events_lost == 0 &&
	       report_count(report, SEVERITY_ERROR) == 0 &&
	       report_count(report, SEVERITY_WARNING) == 0 &&
	       (!report->show_notes || report_count(report, SEVERITY_NOTE) == 0);
}

static void put_sentence(struct page *page, const char *text)
{
	page_wrap(page, "forkcheck: ", 11, text);
}

static const char *unobserved_label(struct page *page, const struct unobserved *unobserved)
{
	struct arena *arena = &page->arena;
	const char *path = page_name(page, unobserved->path, 1024);
	const char *reason = page_name(page, unobserved->reason, NAME_COLUMNS);

	path = path != NULL ? shorten_path(arena, path, PATH_COLUMNS) : "(path not known)";
	return arena_printf(arena, "%s: %s", path, reason != NULL ? reason : "reason not known");
}

static uint64_t count_unobserved(const struct report *report)
{
	return report->unobserved_count + report->unobserved_more;
}

static bool is_alike(const struct unobserved *one, const struct unobserved *other)
{
	return same_text(one->path, other->path) && same_text(one->reason, other->reason);
}

/* The same program, for the same reason, further up in the list. */
static bool is_repeat(const struct report *report, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_alike(&report->unobserved[i], &report->unobserved[index]))
			return true;
	return false;
}

static size_t count_repeats(const struct report *report, size_t index)
{
	size_t count = 0;

	for (size_t i = index + 1; i < report->unobserved_count; i++)
		count += is_alike(&report->unobserved[i], &report->unobserved[index]);
	return count;
}

static void put_unobserved_line(struct page *page, const struct unobserved *unobserved,
				size_t repeats)
{
	const char *pid =
		unobserved->pid > 0 ? arena_printf(&page->arena, "%d ", unobserved->pid) : "";
	const char *more =
		repeats > 0 ? arena_printf(&page->arena, " (and %zu more like it)", repeats) : "";

	page_wrap(page, "  ", 4,
		  arena_printf(&page->arena, "%s%s%s", pid, unobserved_label(page, unobserved),
			       more));
}

static void put_unobserved_list(struct page *page, const struct report *report)
{
	const char *count = page_count(page, count_unobserved(report), "process", "processes");
	size_t shown = 0;

	put_sentence(page, arena_printf(&page->arena, "%s could not be observed:", count));
	for (size_t i = 0; i < report->unobserved_count; i++) {
		if (is_repeat(report, i))
			continue;
		if (shown++ == UNOBSERVED_LINES) {
			page_line(page, "  and others");
			return;
		}
		put_unobserved_line(page, &report->unobserved[i], count_repeats(report, i));
	}
}

/* The program itself is the only entry where nothing else was started. */
static void put_unobserved(struct page *page, const struct report *report)
{
	static const char consequence[] = "its forks were not checked";

	if (!report->observed && count_unobserved(report) == 1 && report->unobserved_count == 1) {
		put_sentence(page,
			     arena_printf(&page->arena, "could not observe %s; %s",
					  unobserved_label(page, report->unobserved), consequence));
		return;
	}
	if (!report->observed)
		put_sentence(page, arena_printf(&page->arena, "could not observe the program; %s",
						consequence));
	if (count_unobserved(report) > 0)
		put_unobserved_list(page, report);
}

static void put_ended(struct page *page, const struct report *report)
{
	const char *reason = page_sentence(page, report->ended);

	if (reason != NULL)
		put_sentence(page, arena_printf(&page->arena, "ended the run: %s", reason));
}

/* Who is left of a run that was ended has not outlived anything: the program may be among them. */
static const char *left_running_verb(const struct report *report)
{
	bool is_one = report->left_running_count == 1;

	if (report->ended != NULL)
		return is_one ? "is" : "are";
	return is_one ? "outlived the program and is" : "outlived the program and are";
}

/* It is watched no more, so what it does from here on is in no report. */
static void put_left_running(struct page *page, const struct report *report)
{
	struct arena *arena = &page->arena;
	const char *list = "";

	if (report->left_running_count == 0)
		return;
	for (size_t i = 0; i < report->left_running_count && i < LEFT_RUNNING_SHOWN; i++) {
		const struct left_running *left = &report->left_running[i];
		const char *name = left->path != NULL ? path_basename(left->path) : "a program";

		list = arena_printf(arena, "%s%s%s (%d)", list, i > 0 ? ", " : "",
				    shorten_middle(arena, page_name(page, name, 1024), 36),
				    left->pid);
	}
	put_sentence(
		page,
		arena_printf(arena, "%s %s left running: %s%s",
			     page_count(page, report->left_running_count, "process", "processes"),
			     left_running_verb(report), list,
			     report->left_running_count > LEFT_RUNNING_SHOWN ? ", ..." : ""));
}

static void put_incomplete(struct page *page, const struct report *report)
{
	const char *reason = page_sentence(page, report->incomplete_reason);

	if (!report->complete)
		put_sentence(page, arena_printf(&page->arena, "this report is not complete: %s",
						reason != NULL ? reason : "reason not known"));
}

/* "libgomp.so.1 (libgomp1 12.2.0-14)", or the package alone where both are too long. */
static const char *library_name(struct page *page, const struct library *library)
{
	const char *name = library->path != NULL ? path_basename(library->path) : "(unknown)";
	const char *package = page_package(page, library->origin), *both;

	name = page_name(page, name, 1024);
	if (package == NULL)
		return shorten_middle(&page->arena, name, LIBRARY_COLUMNS_MAX);
	both = arena_printf(&page->arena, "%s (%s)", name, package);
	if (text_columns(both) <= LIBRARY_COLUMNS_MAX)
		return both;
	return shorten_middle(&page->arena, package, LIBRARY_COLUMNS_MAX);
}

struct table {
	size_t rows;
	size_t name_columns;
	bool warnings; /* a column of its own, where one has any */
};

static struct table measure_table(struct page *page, const struct report *report)
{
	struct table table = {.name_columns = LIBRARY_COLUMNS};

	for (size_t i = 0; i < report->library_count; i++) {
		const struct library *library = &report->libraries[i];
		size_t columns;

		if (!library_is_telling(library))
			continue;
		columns = text_columns(library_name(page, library));
		table.rows++;
		table.name_columns = columns > table.name_columns ? columns : table.name_columns;
		table.warnings = table.warnings || library->warnings > 0;
	}
	return table;
}

static void put_cell(struct page *page, int columns, uint64_t value)
{
	const char *text = value == 0 ? "-" : arena_printf(&page->arena, "%" PRIu64, value);

	fprintf(page->stream, "%*s", columns, text);
}

static void put_row(struct page *page, const struct table *table, const struct library *library)
{
	const char *name = library_name(page, library);

	fprintf(page->stream, "  %s%*s", name, (int)(table->name_columns - text_columns(name)), "");
	put_cell(page, 9, library->threads_created);
	put_cell(page, 7, library->locks_used);
	put_cell(page, 8, library->atfork_handlers);
	put_cell(page, 8, library->errors);
	if (table->warnings)
		put_cell(page, 10, library->warnings);
	fputc('\n', page->stream);
}

static void put_table(struct page *page, const struct report *report)
{
	struct table table = measure_table(page, report);

	/* One row is no table: the finding has named the library. */
	if (table.rows < 2)
		return;
	fprintf(page->stream, "  %-*s  threads  locks  atfork  errors%s\n", (int)table.name_columns,
		"library", table.warnings ? "  warnings" : "");
	for (size_t i = 0; i < report->library_count; i++)
		if (library_is_telling(&report->libraries[i]))
			put_row(page, &table, &report->libraries[i]);
}

static const char *notes_label(struct page *page, const struct report *report)
{
	size_t notes = report_count(report, SEVERITY_NOTE);

	if (notes == 0)
		return "";
	return arena_printf(&page->arena, "%s%s", page_count(page, notes, "note", NULL),
			    report->show_notes ? "" : " (--notes shows them)");
}

static const char *suppressed_label(struct page *page, const struct report *report)
{
	size_t suppressed = report_count_suppressed(report);

	return suppressed == 0 ? "" : arena_printf(&page->arena, "%zu suppressed", suppressed);
}

static const char *known_label(struct page *page, const struct report *report)
{
	size_t known = report_count_known(report);

	return known == 0 ? "" : arena_printf(&page->arena, "%zu in the baseline", known);
}

static const char *unobserved_count_label(struct page *page, const struct report *report)
{
	uint64_t count = count_unobserved(report);

	return count == 0 ? ""
			  : arena_printf(&page->arena, "%s not observed",
					 page_count(page, count, "process", "processes"));
}

static const char *join_labels(struct page *page, const char *left, const char *right)
{
	bool both = *left != '\0' && *right != '\0';

	return arena_printf(&page->arena, "%s%s%s", left, both ? ", " : "", right);
}

/* They bound what FC004 knows. */
static const char *unjudged_label(struct page *page, const struct report *report)
{
	return report->sections_unjudged == 0
		       ? ""
		       : arena_printf(&page->arena, "%s not judged",
				      page_count(page, report->sections_unjudged,
						 "section next to a fork",
						 "sections next to forks"));
}

/* What is not in every summary; empty, or "3 notes (--notes shows them), 1 suppressed". */
static const char *extra_counts(struct page *page, const struct report *report)
{
	const char *others =
		join_labels(page, notes_label(page, report), suppressed_label(page, report));

	others = join_labels(page, others, known_label(page, report));
	others = join_labels(page, unjudged_label(page, report), others);
	return join_labels(page, unobserved_count_label(page, report), others);
}

static void put_counts(struct page *page, const struct report *report)
{
	const char *extra = extra_counts(page, report);
	const char *counts = arena_printf(
		&page->arena, "forkcheck: %s, %s, %s, %s, %s lost",
		page_count(page, report_count(report, SEVERITY_ERROR), "error", NULL),
		page_count(page, report_count(report, SEVERITY_WARNING), "warning", NULL),
		page_count(page, report->forks, "fork", NULL),
		page_count(page, report->processes, "process", "processes"),
		page_count(page, report->events_lost, "event", NULL));
	bool fits = text_columns(counts) + 2 + text_columns(extra) <= page->width;

	if (*extra == '\0')
		page_line(page, counts);
	else
		fprintf(page->stream, "%s,%s%s\n", counts, fits ? " " : "\n           ", extra);
}

void put_summary(struct page *page, const struct report *report)
{
	put_attached(page, report);
	put_ended(page, report);
	put_left_running(page, report);
	put_fork_safety(page, report);
	if (is_clean(report))
		return;
	if (!report->wants_safety)
		put_table(page, report);
	put_unobserved(page, report);
	put_incomplete(page, report);
	/* Six zeroes under "could not observe" would read like a clean run. */
	if (report->observed || report->processes > 0 || report->finding_count > 0)
		put_counts(page, report);
}
