/* The reports of several sessions become one here: plain data is added up. */
#include "merge.h"
#include "judge.h"
#include "libraries.h"
#include "narrow.h"
#include <stdlib.h>
#include <string.h>

static void merge_findings(const struct report *reports, size_t count, struct arena *arena,
			   struct report *merged)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += reports[i].finding_count;
	merged->findings = arena_array(arena, total, sizeof(*merged->findings));
	merged->finding_count = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < reports[i].finding_count; k++)
			merged->findings[merged->finding_count++] = reports[i].findings[k];
	merged->finding_count = judge_merge(merged->findings, merged->finding_count);
	suppressions_narrow(arena, merged->findings, merged->finding_count);
}

static int by_path(const void *left, const void *right)
{
	return strcmp(((const struct library *)left)->path, ((const struct library *)right)->path);
}

static void add_library(struct library *to, const struct library *from)
{
	to->threads_created += from->threads_created;
	to->locks_used += from->locks_used;
	to->atfork_handlers += from->atfork_handlers;
}

/* Equal paths stand side by side. */
static size_t join_equal(struct library *libraries, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept && by_path(&libraries[kept - 1], &libraries[i]) == 0)
			add_library(&libraries[kept - 1], &libraries[i]);
		else
			libraries[kept++] = libraries[i];
	}
	return kept;
}

static void merge_libraries(const struct report *reports, size_t count, struct arena *arena,
			    struct report *merged)
{
	struct library *libraries;
	size_t total = 0, next = 0;

	for (size_t i = 0; i < count; i++)
		total += reports[i].library_count;
	libraries = arena_array(arena, total, sizeof(*libraries));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < reports[i].library_count; k++)
			libraries[next++] = reports[i].libraries[k];
	if (total)
		qsort(libraries, total, sizeof(*libraries), by_path);
	merged->library_count = join_equal(libraries, total);
	/* Findings that were merged are one error, not several. */
	libraries_blame(libraries, merged->library_count, merged);
	libraries_sort(libraries, merged->library_count);
	merged->libraries = libraries;
}

static void merge_unobserved(const struct report *reports, size_t count, struct arena *arena,
			     struct report *merged)
{
	struct unobserved *list;
	size_t total = 0, next = 0;

	for (size_t i = 0; i < count; i++)
		total += reports[i].unobserved_count;
	list = arena_array(arena, total, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < reports[i].unobserved_count; k++)
			list[next++] = reports[i].unobserved[k];
	merged->unobserved = list;
	merged->unobserved_count = total;
}

static void merge_left_running(const struct report *reports, size_t count, struct arena *arena,
			       struct report *merged)
{
	struct left_running *list;
	size_t total = 0, next = 0;

	for (size_t i = 0; i < count; i++)
		total += reports[i].left_running_count;
	list = arena_array(arena, total, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < reports[i].left_running_count; k++)
			list[next++] = reports[i].left_running[k];
	merged->left_running = list;
	merged->left_running_count = total;
}

static void add_numbers(struct report *merged, const struct report *report)
{
	if (merged->duration_ms >= 0 && report->duration_ms >= 0)
		merged->duration_ms += report->duration_ms;
	merged->forks += report->forks;
	merged->processes += report->processes;
	merged->threads += report->threads;
	merged->events_lost += report->events_lost;
	merged->sections_unjudged += report->sections_unjudged;
	merged->unobserved_more += report->unobserved_more;
	if (merged->ended == NULL)
		merged->ended = report->ended;
	merged->observed &= report->observed;
	if (merged->complete && !report->complete) {
		merged->complete = false;
		merged->incomplete_reason = report->incomplete_reason;
	}
}

void merge_reports(const struct report *reports, size_t count, struct arena *arena,
		   struct report *merged)
{
	*merged = reports[0];
	for (size_t i = 1; i < count; i++)
		add_numbers(merged, &reports[i]);
	merge_findings(reports, count, arena, merged);
	merge_libraries(reports, count, arena, merged);
	merge_unobserved(reports, count, arena, merged);
	merge_left_running(reports, count, arena, merged);
}
