/*
 * The reports of several sessions become one here: plain data is added up. Of findings those that
 * are new are kept as they are, with their session's arena; of all else that comes again and
 * again (libraries, places, names of programs) what is new is copied.
 */
#include "merge.h"
#include "base/array.h"
#include "fork_safety.h"
#include "fork_sites.h"
#include "judge.h"
#include "libraries.h"
#include "narrow.h"
#include "origins/origin.h"
#include <stdlib.h>
#include <string.h>

/* Of a thousand jobs, each with its thousand static tools: the others are counted. */
#define UNOBSERVED_MAX 4096

void merge_init(struct merge *merge, struct arena *arena)
{
	*merge = (struct merge){.arena = arena};
}

void merge_release(struct merge *merge)
{
	free(merge->findings);
	free(merge->libraries);
	free(merge->sites);
	free(merge->unobserved);
	free(merge->left);
}

/* --- copies ------------------------------------------------------------------------------------
 */

/* Less than all is no clean report. */
static void ran_out(struct merge *merge)
{
	merge->report.complete = false;
	merge->report.incomplete_reason = "memory ran out while sessions were merged";
}

static const char *copy_text(struct merge *merge, const char *text)
{
	return text ? arena_strdup(merge->arena, text) : NULL;
}

static const struct origin *copy_origin(struct merge *merge, const struct origin *origin)
{
	struct origin *copy;

	if (!origin)
		return NULL;
	copy = arena_zalloc(merge->arena, sizeof(*copy));
	*copy = (struct origin){.kind = origin->kind,
				.package = copy_text(merge, origin->package),
				.version = copy_text(merge, origin->version),
				.path = copy_text(merge, origin->path)};
	if (origin->file)
		copy->file = copy_origin(merge, origin->file);
	return copy;
}

static const struct frame *copy_frame(struct merge *merge, const struct frame *frame)
{
	struct frame *copy;

	if (!frame)
		return NULL;
	copy = arena_zalloc(merge->arena, sizeof(*copy));
	*copy = *frame;
	copy->function = copy_text(merge, frame->function);
	copy->file = copy_text(merge, frame->file);
	copy->directory = copy_text(merge, frame->directory);
	copy->module = copy_text(merge, frame->module);
	copy->origin = copy_origin(merge, frame->origin);
	return copy;
}

/* The rows of a prediction, which may become those of another session's. */
static struct predicted_lock *copy_locks(struct merge *merge, const struct predicted_lock *locks)
{
	struct predicted_lock *first = NULL, **next = &first;

	for (; locks; locks = locks->next) {
		struct predicted_lock *copy = arena_zalloc(merge->arena, sizeof(*copy));

		*copy = *locks;
		copy->next = NULL;
		copy->kind = copy_text(merge, locks->kind);
		copy->name = copy_text(merge, locks->name);
		copy->user = copy_text(merge, locks->user);
		copy->order = copy_text(merge, locks->order);
		*next = copy;
		next = &copy->next;
	}
	return first;
}

/* --- findings -----------------------------------------------------------------------------------
 */

static struct sighting *sighting_of(struct merge *merge, const struct finding *finding,
				    const char *session)
{
	struct sighting *sighting;

	if (!session)
		return NULL;
	sighting = arena_zalloc(merge->arena, sizeof(*sighting));
	*sighting = (struct sighting){.session = session, .count = finding->count};
	return sighting;
}

static void merge_findings(struct merge *merge, const struct report *report,
			   const struct arena *own, const char *session)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		struct finding *finding;

		if (!ARRAY_MAKE_ROOM(merge->findings, merge->finding_count,
				     merge->finding_capacity)) {
			ran_out(merge);
			break;
		}
		finding = &merge->findings[merge->finding_count++];
		*finding = report->findings[i];
		finding->arena = own;
		finding->seen = sighting_of(merge, finding, session);
		finding->locks = copy_locks(merge, finding->locks);
		finding->action = copy_text(merge, finding->action);
	}
	merge->finding_count = judge_merge_sessions(merge->findings, merge->finding_count);
}

/* From those that came last to those that came first; a file that has several is one. */
static struct sighting *in_order(struct sighting *list)
{
	struct sighting *first = NULL;

	while (list) {
		struct sighting *next = list->next;

		if (first && first->session == list->session) {
			first->count += list->count;
		} else {
			list->next = first;
			first = list;
		}
		list = next;
	}
	return first;
}

/* --- libraries and places that forked ----------------------------------------------------------
 */

static int by_path(const void *left, const void *right)
{
	return strcmp(((const struct library *)left)->path, ((const struct library *)right)->path);
}

static void add_library(struct library *to, const struct library *from)
{
	to->threads_created += from->threads_created;
	to->locks_used += from->locks_used;
	to->atfork_handlers += from->atfork_handlers;
	to->prepare_handlers += from->prepare_handlers;
	to->parent_handlers += from->parent_handlers;
	to->child_handlers += from->child_handlers;
}

static void append_library(struct merge *merge, const struct library *library)
{
	struct library *copy;

	if (!ARRAY_MAKE_ROOM(merge->libraries, merge->library_count, merge->library_capacity)) {
		ran_out(merge);
		return;
	}
	copy = &merge->libraries[merge->library_count++];
	*copy = *library;
	copy->path = copy_text(merge, library->path);
	copy->origin = copy_origin(merge, library->origin);
}

/* What was known before is sorted; within one report no path comes twice. */
static void merge_libraries(struct merge *merge, const struct report *report)
{
	size_t known = merge->library_count;

	for (size_t i = 0; i < report->library_count; i++) {
		const struct library *library = &report->libraries[i];
		struct library *same =
			known ? bsearch(library, merge->libraries, known, sizeof(*library), by_path)
			      : NULL;

		if (same)
			add_library(same, library);
		else
			append_library(merge, library);
	}
	if (merge->library_count > known)
		qsort(merge->libraries, merge->library_count, sizeof(*merge->libraries), by_path);
}

static void append_site(struct merge *merge, const struct fork_site *site)
{
	if (!ARRAY_MAKE_ROOM(merge->sites, merge->site_count, merge->site_capacity)) {
		ran_out(merge);
		return;
	}
	merge->sites[merge->site_count++] =
		(struct fork_site){.program = copy_text(merge, site->program),
				   .function = copy_text(merge, site->function),
				   .frame = copy_frame(merge, site->frame),
				   .count = site->count};
}

static void merge_sites(struct merge *merge, const struct report *report)
{
	size_t known = merge->site_count;

	for (size_t i = 0; i < report->fork_site_count; i++) {
		const struct fork_site *site = &report->fork_sites[i];
		struct fork_site *same = known ? bsearch(site, merge->sites, known, sizeof(*site),
							 fork_sites_compare)
					       : NULL;

		if (same)
			same->count += site->count;
		else
			append_site(merge, site);
	}
	merge->site_count = fork_sites_join(merge->sites, merge->site_count);
}

/* --- processes --------------------------------------------------------------------------------
 */

static void append_unobserved(struct merge *merge, const struct unobserved *unobserved)
{
	if (merge->unobserved_count == UNOBSERVED_MAX ||
	    !ARRAY_MAKE_ROOM(merge->unobserved, merge->unobserved_count,
			     merge->unobserved_capacity)) {
		merge->report.unobserved_more++;
		return;
	}
	merge->unobserved[merge->unobserved_count++] =
		(struct unobserved){.pid = unobserved->pid,
				    .path = copy_text(merge, unobserved->path),
				    .reason = copy_text(merge, unobserved->reason)};
}

static void append_left(struct merge *merge, const struct left_running *left)
{
	if (!ARRAY_MAKE_ROOM(merge->left, merge->left_count, merge->left_capacity)) {
		ran_out(merge);
		return;
	}
	merge->left[merge->left_count++] =
		(struct left_running){.pid = left->pid, .path = copy_text(merge, left->path)};
}

static void merge_processes(struct merge *merge, const struct report *report)
{
	for (size_t i = 0; i < report->unobserved_count; i++)
		append_unobserved(merge, &report->unobserved[i]);
	for (size_t i = 0; i < report->left_running_count; i++)
		append_left(merge, &report->left_running[i]);
}

/* --- reports ---------------------------------------------------------------------------------- */

static void add_numbers(struct merge *merge, const struct report *report)
{
	struct report *merged = &merge->report;

	if (merged->duration_ms >= 0 && report->duration_ms >= 0)
		merged->duration_ms += report->duration_ms;
	merged->forks += report->forks;
	merged->processes += report->processes;
	merged->threads += report->threads;
	merged->events_lost += report->events_lost;
	merged->sections_unjudged += report->sections_unjudged;
	merged->unobserved_more += report->unobserved_more;
	if (merged->ended == NULL)
		merged->ended = copy_text(merge, report->ended);
	merged->observed &= report->observed;
	if (merged->complete && !report->complete) {
		merged->complete = false;
		merged->incomplete_reason = copy_text(merge, report->incomplete_reason);
	}
}

static char *const *copy_command(struct merge *merge, char *const *command)
{
	size_t count = 0;
	char **copy;

	while (command && command[count])
		count++;
	copy = arena_array(merge->arena, count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = arena_strdup(merge->arena, command[i]);
	return copy;
}

/* Of its lists none: they are taken in like those of the others. */
static void begin_with(struct merge *merge, const struct report *report, const struct arena *own)
{
	merge->report = *report;
	fork_safety_empty(&merge->report);
	merge->first = report->attached_count > 0 ? own : NULL;
	merge->report.command = copy_command(merge, report->command);
	merge->report.ended = copy_text(merge, report->ended);
	merge->report.incomplete_reason = copy_text(merge, report->incomplete_reason);
}

void merge_take(struct merge *merge, const struct report *report, const struct arena *own,
		const char *session)
{
	if (merge->count++ == 0)
		begin_with(merge, report, own);
	else
		add_numbers(merge, report);
	merge_findings(merge, report, own, session);
	merge_libraries(merge, report);
	merge_sites(merge, report);
	merge_processes(merge, report);
	fork_safety_add(merge->arena, &merge->report, report);
}

bool merge_needs(const struct merge *merge, const struct arena *own)
{
	for (size_t i = 0; i < merge->finding_count; i++)
		if (merge->findings[i].arena == own)
			return true;
	return own == merge->first;
}

void merge_result(struct merge *merge, struct report *merged)
{
	for (size_t i = 0; i < merge->finding_count; i++)
		merge->findings[i].seen = in_order(merge->findings[i].seen);
	*merged = merge->report;
	merged->findings = merge->findings;
	merged->finding_count = merge->finding_count;
	suppressions_narrow(merge->arena, merged->findings, merged->finding_count);
	/* Findings that were merged are one error, not several. */
	libraries_blame(merge->libraries, merge->library_count, merged);
	libraries_sort(merge->libraries, merge->library_count);
	merged->libraries = merge->libraries;
	merged->library_count = merge->library_count;
	merged->fork_sites = merge->sites;
	merged->fork_site_count = merge->site_count;
	merged->unobserved = merge->unobserved;
	merged->unobserved_count = merge->unobserved_count;
	merged->left_running = merge->left;
	merged->left_running_count = merge->left_count;
	fork_safety_blame(merge->arena, merged);
}
