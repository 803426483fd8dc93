/*
 * The report of a session is filled here, from the model and nothing else: what the CLI saw of
 * the run itself is in the log too.
 */
#include "assemble.h"
#include "attached.h"
#include "fork_safety.h"
#include "fork_sites.h"
#include "judge.h"
#include "libraries.h"
#include "narrow.h"
#include "unobserved.h"
#include <string.h>

static void apply_suppressions(struct suppressions *suppressions, struct report *report)
{
	if (!suppressions)
		return;
	report->has_baseline = suppressions_have_baseline(suppressions);
	for (size_t i = 0; i < report->finding_count; i++) {
		struct finding *finding = &report->findings[i];

		finding->suppressed = suppressions_match(suppressions, finding);
		finding->is_known = suppressions_know(suppressions, finding);
	}
}

/* `arguments` strings in `length` bytes; both are only claims. */
static char *const *command_of(struct arena *arena, const struct record_run *run)
{
	size_t count = run->arguments < run->length ? run->arguments : run->length;
	char **words = arena_array(arena, count + 1, sizeof(*words));
	size_t used = 0;

	for (size_t at = 0; used < count && at < run->length;) {
		size_t length = strnlen(run->command + at, run->length - at);

		words[used++] = arena_strndup(arena, run->command + at, length);
		at += length + 1;
	}
	return words;
}

static void fill_run(const struct model *model, struct arena *arena, struct report *report)
{
	const struct model_list *list = model_list(model, RECORD_RUN);
	const struct record_run *run =
		list->count ? model_run(model, list->references[list->count - 1]) : NULL;

	report->exit_status = -1;
	report->duration_ms = -1;
	report->observed = model_list(model, RECORD_PROCESS)->count > 0;
	if (!run)
		return;
	report->command = command_of(arena, run);
	report->exit_status = run->exit_status;
	report->signal = run->signal;
	report->duration_ms = (double)run->duration_ns / 1e6;
	report->observed = run->is_observed;
}

static void fill_ended(const struct model *model, struct arena *arena, struct report *report)
{
	const struct model_list *list = model_list(model, RECORD_ACTION);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_action *action = model_action(model, list->references[i]);

		if (action->pid == 0)
			report->ended = arena_strndup(arena, action->what, action->what_length);
	}
}

/* Locks of lost threads that found no slot in the shim's tables. */
static uint64_t count_overflowed(const struct model *model)
{
	const struct model_list *list = model_list(model, RECORD_LOST);
	uint64_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += model_lost(model, list->references[i])->overflowed;
	return count;
}

/* It waits for what libc's fork() takes between the prepare handlers and the clone. */
static bool hangs_before_clone(const struct model *model, const struct record_hang *hang)
{
	const struct record_blocked *blocked =
		hang && hang->kind == HANG_IN_FORK ? model_blocked(model, hang->about) : NULL;

	return blocked && (blocked->kind == LOCK_STREAMS || blocked->kind == LOCK_ALLOCATOR);
}

/* Children that were announced, and that there never were: their births stay unwritten. */
static uint64_t count_unborn(const struct model *model)
{
	const struct model_list *hangs = model_list(model, RECORD_HANG);
	uint64_t count = 0;

	for (size_t i = 0; i < hangs->count; i++)
		count += hangs_before_clone(model, model_last_hang(model, i));
	return count < model->reader->unwritten_count ? count : model->reader->unwritten_count;
}

/* The first reason that there is; all of them are in the number. */
static const char *why_lost(const struct reader *reader, uint64_t births)
{
	const struct session_header *live = (const void *)reader->bytes;

	if (atomic_load(&live->counters.dropped))
		return "the session log had no room for all events";
	if (reader->corrupt)
		return "the session log is damaged";
	if (reader->unfinished.count)
		return "a process was ended while it wrote to the session log";
	if (births)
		return "some processes came and went too fast to be followed";
	return "a thread held more locks than are followed";
}

static void fill_counters(const struct model *model, struct report *report)
{
	const struct session_header *live = (const void *)model->reader->bytes;
	uint64_t unborn = count_unborn(model);
	uint64_t births = model->reader->births_missed + model->reader->unwritten_count - unborn;

	report->forks = atomic_load(&live->counters.forks);
	report->processes = atomic_load(&live->counters.processes);
	/* Every process has a main thread, which nobody created. */
	report->threads = atomic_load(&live->counters.threads) + report->processes;
	report->sections_unjudged = atomic_load(&live->counters.unjudged);
	report->events_lost = reader_lost(model->reader) - unborn + count_overflowed(model);
	report->complete = report->events_lost == 0;
	if (!report->complete)
		report->incomplete_reason = why_lost(model->reader, births);
}

static void fill_left_running(const struct model *model, struct arena *arena, struct report *report)
{
	const struct model_list *list = model_list(model, RECORD_LEFT);
	struct left_running *left = arena_array(arena, list->count, sizeof(*left));

	for (size_t i = 0; i < list->count; i++) {
		const struct record_left *record = model_left(model, list->references[i]);

		left[i].pid = record->pid;
		left[i].path = record->path_length
				       ? arena_strndup(arena, record->path, record->path_length)
				       : NULL;
	}
	report->left_running = left;
	report->left_running_count = list->count;
}

static void note_missing_end(const struct model *model, struct report *report)
{
	if (!report->complete || model_list(model, RECORD_RUN)->count)
		return;
	report->complete = false;
	report->incomplete_reason = "the session was written before the run had ended";
}

void assemble_report(struct model *model, struct arena *arena, struct suppressions *suppressions,
		     bool all, struct report *report)
{
	judge(model, arena, all, &report->findings, &report->finding_count);
	suppressions_narrow(arena, report->findings, report->finding_count);
	apply_suppressions(suppressions, report);
	fill_run(model, arena, report);
	fill_ended(model, arena, report);
	unobserved_fill(model, arena, report);
	fill_counters(model, report);
	fill_left_running(model, arena, report);
	note_missing_end(model, report);
	attached_fill(model, arena, report);
	if (all)
		fork_sites_fill(model, arena, report);
	/* Walking stacks is for a table that somebody reads. */
	if (all || report->finding_count || report->wants_safety)
		libraries_fill(model, arena, report);
	if (report->wants_safety)
		fork_safety_fill(model, arena, report);
}
