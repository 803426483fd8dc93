/*
 * The command `forkcheck report` judges kept sessions, one after the other, and writes one
 * report. Nothing of a session is acted upon: its processes are long gone, and its numbers are
 * other processes' by now. ELF files are opened by the names that are in it, for reading.
 */
#include "report.h"
#include "findings/assemble.h"
#include "findings/merge.h"
#include "run/outputs.h"
#include "session/save.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHIM "libforkcheck.so"

struct work {
	const struct options *options;
	struct suppressions *suppressions;
	struct arena arena;
	struct report *reports;
	size_t count;
	bool all; /* notes and tables of every session, also of those without findings */
};

static bool report_ends_with(const char *text, size_t length, const char *end)
{
	size_t end_length = strlen(end);

	return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

/* Where the shim was in that run, to leave its frames out. NULL: it was not noted. */
static const char *find_shim(const struct model *model, struct arena *arena)
{
	const struct model_list *list = model_list(model, RECORD_MODULE);

	for (size_t i = 0; i < list->count; i++) {
		const struct record_module *module = model_module(model, list->references[i]);

		if (report_ends_with(module->text, module->path_length, "/" SHIM))
			return arena_strndup(arena, module->text, module->path_length);
	}
	return NULL;
}

static void report_session(struct work *work, struct reader *reader, struct report *report)
{
	struct model model;

	model_init(&model, reader, NULL);
	model_update(&model);
	model.shim_path = find_shim(&model, &work->arena);
	assemble_report(&model, &work->arena, work->suppressions, outputs_want_notes(work->options),
			report);
	model_release(&model);
}

static int report_file(struct work *work, const char *path)
{
	struct saved_session saved;
	struct reader reader;

	if (session_load(&saved, &reader, path))
		return -1;
	report_session(work, &reader, &work->reports[work->count++]);
	session_unload(&saved, &reader);
	return 0;
}

static int report_files(struct work *work)
{
	char *const *paths = work->options->arguments;
	size_t count = 0;

	while (paths[count])
		count++;
	work->reports = arena_array(&work->arena, count, sizeof(*work->reports));
	work->all = count > 1 || outputs_want_notes(work->options);
	while (*paths)
		if (report_file(work, *paths++))
			return -1;
	return 0;
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

	merge_reports(work->reports, work->count, &work->arena, &report);
	report.show_notes = work->options->notes;
	if (outputs_open(&outputs, work->options) == 0) {
		outputs_write(&outputs, &report, OUTPUTS_ALL);
		if (outputs_reach_limit(work->options, &report))
			status = work->options->error_exitcode;
	} else {
		status = EXIT_FORKCHECK;
	}
	if (outputs_close(&outputs))
		return EXIT_FORKCHECK;
	suppressions_report_unused(work->suppressions, stderr);
	if (work->options->print_suppressions && print_suppressions(&report))
		return EXIT_FORKCHECK;
	if (work->options->gen_suppressions &&
	    suppressions_write(&report, work->options->gen_suppressions))
		return EXIT_FORKCHECK;
	return status;
}

int command_report(const struct options *options)
{
	struct work work = {.options = options};
	int status = EXIT_FORKCHECK;

	work.suppressions = suppressions_open(options->suppressions, options->suppression_count);
	if (!work.suppressions)
		return status;
	arena_init(&work.arena);
	if (report_files(&work) == 0)
		status = write_report(&work);
	arena_release(&work.arena);
	suppressions_free(work.suppressions);
	return status;
}
