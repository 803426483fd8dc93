/*
 * The command `forkcheck report` judges kept sessions, one after the other, and writes one
 * report. Nothing of a session is acted upon: its processes are long gone, and its numbers are
 * other processes' by now. ELF files are opened by the names that are in it, for reading.
 */
#include "report.h"
#include "base/array.h"
#include "findings/assemble.h"
#include "findings/confirm.h"
#include "findings/merge.h"
#include "findings/repairs.h"
#include "run/outputs.h"
#include "session/save.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct work {
	const struct options *options;
	struct suppressions *suppressions;
	struct arena arena;
	struct report *reports; /* of first runs */
	size_t count, capacity;
	struct further_run *further;
	size_t further_count, further_capacity;
	struct predicted_sections sections; /* of the first runs */
};

/* Further runs decide what the first ones predicted. */
static void keep_further(struct work *work, struct model *model, const struct report *report)
{
	const struct session_header *header = (const void *)model->reader->bytes;
	struct further_run *further;

	if (!ARRAY_MAKE_ROOM(work->further, work->further_count, work->further_capacity))
		return;
	further = &work->further[work->further_count++];
	*further = (struct further_run){.report = *report, .schedule = header->schedule};
	repairs_find(model, &work->arena, &further->repairs, &further->repair_count);
}

static void keep_first(struct work *work, struct model *model, const struct report *report)
{
	struct predicted_sections sections;

	if (!ARRAY_MAKE_ROOM(work->reports, work->count, work->capacity))
		return;
	work->reports[work->count++] = *report;
	predicted_sections_find(model, &work->arena, report, &sections);
	predicted_sections_add(&work->sections, &sections);
}

static void report_session(struct work *work, struct reader *reader)
{
	struct report report = {0};
	struct model model;

	model_init(&model, reader, NULL);
	model_update(&model);
	assemble_report(&model, &work->arena, work->suppressions, outputs_want_notes(work->options),
			&report);
	if (reader->header.schedule.run)
		keep_further(work, &model, &report);
	else
		keep_first(work, &model, &report);
	model_release(&model);
}

static int report_file(struct work *work, const char *path)
{
	struct saved_session saved;
	struct reader reader;
	int result;

	if (session_load(&saved, &reader, path))
		return -1;
	do
		report_session(work, &reader);
	while ((result = session_load_next(&saved, &reader, path)) > 0);
	session_unload(&saved, &reader);
	return result;
}

static int report_files(struct work *work)
{
	char *const *paths = work->options->arguments;

	while (*paths)
		if (report_file(work, *paths++))
			return -1;
	if (work->count)
		return 0;
	fprintf(stderr, "forkcheck: these are further runs of --confirm alone; the first run's "
			"session belongs to them\n");
	return -1;
}

/* All further runs have tried to decide the same. */
static void merge_all(struct work *work, struct report *merged)
{
	struct report first;
	struct confirm confirm;

	merge_reports(work->reports, work->count, &work->arena, &first);
	confirm_init(&confirm, &work->arena, &first, &work->sections);
	for (size_t i = 0; i < work->further_count; i++)
		confirm_take(&confirm, &work->further[i]);
	confirm_result(&confirm, merged);
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
	int status = EXIT_SUCCESS;

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

int command_report(const struct options *options)
{
	struct work work = {.options = options};
	int status = EXIT_FORKCHECK;

	work.suppressions = suppressions_open(options->suppressions, options->suppression_count,
					      options->baseline);
	if (!work.suppressions)
		return status;
	arena_init(&work.arena);
	if (report_files(&work) == 0)
		status = write_report(&work);
	free(work.reports);
	free(work.further);
	arena_release(&work.arena);
	suppressions_free(work.suppressions);
	return status;
}
