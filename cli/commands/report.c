/*
 * The command `forkcheck report` judges kept sessions, one after the other, and writes one
 * report. No more than one session is in memory at a time, and of the others what the report needs.
 * Nothing of a session is acted upon: its processes are long gone, and its numbers are other
 * processes' by now. ELF files are opened by the names that are in it, for reading.
 */
#include "report.h"
#include "findings/assemble.h"
#include "findings/confirm.h"
#include "findings/merge.h"
#include "findings/repairs.h"
#include "run/outputs.h"
#include "session/save.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The arena of one session, kept for as long as the merged report refers to it. */
struct session_arena {
	struct arena arena;
	struct session_arena *next;
};

struct work {
	const struct options *options;
	struct suppressions *suppressions;
	struct arena arena; /* of the merged report */
	struct merge merge; /* of first runs */
	struct session_arena *kept;
	struct predicted_sections sections; /* of the first runs */
	const char **unread;                /* files that could not be read, or not to their end */
	size_t unread_count;
	bool *has_further; /* index: file; further runs are in it */
	bool any_further;
	struct confirm confirm;
};

/* What is done with one session of a file; `report` and `model` end with the call. */
typedef void session_visitor(struct work *work, struct reader *reader, size_t file);

static struct session_arena *arena_of_session(void)
{
	struct session_arena *arena = malloc(sizeof(*arena));

	if (!arena) {
		fprintf(stderr, "forkcheck: out of memory\n");
		exit(EXIT_FORKCHECK);
	}
	arena_init(&arena->arena);
	return arena;
}

static void keep_or_release(struct work *work, struct session_arena *arena, bool is_needed)
{
	if (is_needed) {
		arena->next = work->kept;
		work->kept = arena;
		return;
	}
	arena_release(&arena->arena);
	free(arena);
}

static void judge_session(struct work *work, struct model *model, struct reader *reader,
			  struct arena *arena, struct report *report)
{
	*report = (struct report){.wants_safety = work->options->summarizes_libraries};
	model_init(model, reader, NULL);
	model_update(model);
	assemble_report(model, arena, work->suppressions, outputs_want_notes(work->options),
			report);
}

static void take_first(struct work *work, struct reader *reader, const char *path)
{
	struct session_arena *arena = arena_of_session();
	struct predicted_sections sections;
	struct report report;
	struct model model;

	judge_session(work, &model, reader, &arena->arena, &report);
	merge_take(&work->merge, &report, &arena->arena, path);
	predicted_sections_find(&model, &work->arena, &report, &sections);
	predicted_sections_add(&work->sections, &sections);
	model_release(&model);
	keep_or_release(work, arena, merge_needs(&work->merge, &arena->arena));
}

static size_t count_files(const struct work *work)
{
	size_t count = 0;

	while (work->options->arguments[count])
		count++;
	return count;
}

/* For the sightings of its findings; NULL: it is the only one. */
static const char *name_of(const struct work *work, size_t file)
{
	return count_files(work) > 1 ? work->options->arguments[file] : NULL;
}

/* First runs are merged; further ones wait until all first ones are known. */
static void visit_first(struct work *work, struct reader *reader, size_t file)
{
	if (reader->header.schedule.run)
		work->has_further[file] = work->any_further = true;
	else
		take_first(work, reader, name_of(work, file));
}

/* Further runs decide what the first ones predicted. */
static void visit_further(struct work *work, struct reader *reader, size_t file)
{
	const struct session_header *header = (const void *)reader->bytes;
	struct further_run further = {.schedule = header->schedule};
	size_t added = work->confirm.added_count;
	struct session_arena *arena;
	struct model model;

	(void)file;
	if (!reader->header.schedule.run)
		return;
	arena = arena_of_session();
	judge_session(work, &model, reader, &arena->arena, &further.report);
	repairs_find(&model, &arena->arena, &further.repairs, &further.repair_count);
	confirm_take(&work->confirm, &further);
	model_release(&model);
	keep_or_release(work, arena, work->confirm.added_count > added);
}

static int visit_file(struct work *work, size_t file, session_visitor *visit)
{
	const char *path = work->options->arguments[file];
	struct saved_session saved;
	struct reader reader;
	int result;

	if (session_load(&saved, &reader, path))
		return -1;
	do
		visit(work, &reader, file);
	while ((result = session_load_next(&saved, &reader, path)) > 0);
	session_unload(&saved, &reader);
	return result;
}

/* One that is bad takes nothing from the others. */
static int merge_first_runs(struct work *work)
{
	size_t files = count_files(work);

	work->unread = arena_array(&work->arena, files + 1, sizeof(*work->unread));
	work->has_further = arena_array(&work->arena, files + 1, sizeof(*work->has_further));
	for (size_t file = 0; file < files; file++)
		if (visit_file(work, file, visit_first))
			work->unread[work->unread_count++] = work->options->arguments[file];
	/* Of files that are all damaged, what stands before the damage is no report. */
	if (work->merge.count && work->unread_count < files)
		return 0;
	if (work->any_further && !work->unread_count)
		fprintf(stderr, "forkcheck: these are further runs of --confirm alone; the first "
				"run's session belongs to them\n");
	return -1;
}

static void tell_of_files(struct work *work, struct report *report)
{
	size_t files = count_files(work);

	report->session_count = files > 1 ? files : 0;
	report->unread_sessions = work->unread;
	report->unread_count = work->unread_count;
	if (!work->unread_count)
		return;
	report->complete = false;
	report->incomplete_reason =
		arena_printf(&work->arena, "%zu of %zu session files could not be read",
			     work->unread_count, files);
}

/* All further runs have tried to decide the same. What of a file could not be read is known. */
static void merge_all(struct work *work, struct report *merged)
{
	size_t files = count_files(work);
	struct report first;

	merge_result(&work->merge, &first);
	tell_of_files(work, &first);
	confirm_init(&work->confirm, &work->arena, &first, &work->sections);
	for (size_t file = 0; file < files; file++)
		if (work->has_further[file])
			visit_file(work, file, visit_further);
	confirm_result(&work->confirm, merged);
}

static int print_suppressions(const struct report *report)
{
	if (suppressions_print(report, stdout) == 0)
		return 0;
	fprintf(stderr, "forkcheck: cannot write to standard output: %s\n", strerror(errno));
	return -1;
}

static int write_report(struct work *work)
{
	struct outputs outputs;
	struct report report;
	int status = work->unread_count ? EXIT_FORKCHECK : EXIT_SUCCESS;

	merge_all(work, &report);
	report.show_notes = work->options->notes;
	if (outputs_reach_limit(work->options, &report))
		status = work->options->error_exitcode;
	report.status = status;
	report.has_status = true;
	if (outputs_open(&outputs, work->options) == 0)
		outputs_write(&outputs, &report, OUTPUTS_ALL);
	else
		status = EXIT_FORKCHECK;
	if (outputs_close(&outputs))
		return EXIT_FORKCHECK;
	suppressions_report_unused(work->suppressions, stderr);
	if (work->options->print_suppressions && print_suppressions(&report))
		return EXIT_FORKCHECK;
	if (work->options->gen_suppressions &&
	    suppressions_write(&report, work->options->gen_suppressions))
		return EXIT_FORKCHECK;
	if (work->options->write_baseline &&
	    suppressions_write_baseline(work->suppressions, &report, work->options->write_baseline))
		return EXIT_FORKCHECK;
	return status;
}

static void release_kept(struct work *work)
{
	while (work->kept) {
		struct session_arena *next = work->kept->next;

		arena_release(&work->kept->arena);
		free(work->kept);
		work->kept = next;
	}
}

int command_report(const struct options *options)
{
	struct work work = {.options = options};
	int status = EXIT_FORKCHECK;

	work.suppressions = suppressions_open(options->suppressions, options->suppression_count,
					      options->baseline);
	if (!work.suppressions)
		return status;
	arena_init(&work.arena);
	merge_init(&work.merge, &work.arena);
	if (merge_first_runs(&work) == 0)
		status = write_report(&work);
	merge_release(&work.merge);
	release_kept(&work);
	arena_release(&work.arena);
	suppressions_free(work.suppressions);
	return status;
}
