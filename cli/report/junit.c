/*
 * A report is written as JUnit's XML here, as CI systems read it: a test case for each place
 * that forked. What makes the run fail is its failure; one without a finding has passed.
 *
 * There is no schema that all readers agree on: only what all of them take is written.
 */
#include "base/escape.h"
#include "base/library_names.h"
#include "base/same_text.h"
#include "formats.h"
#include "parts/finding_places.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS 512       /* of an attribute */
#define TEXT_BYTES   (1 << 20) /* of what is said of one finding */

/* A place that forked, and its findings. */
struct junit_case {
	const char *name;            /* "fork at src/pool.c spawn_worker" */
	const char *class_name;      /* the program's file name */
	const struct finding *worst; /* that makes the run fail; NULL: none */
	size_t known, others;        /* findings that do not make it fail */
};

struct junit {
	FILE *stream;
	const struct report *report;
	const struct render_options *options;
	struct arena arena;
	struct junit_case *cases;
	size_t count;
	struct junit_case **owners; /* of each finding; NULL: it is not told */
	bool failed;                /* a text could not be made */
};

/* --- what XML needs ------------------------------------------------------------------------- */

static const char *attribute(struct junit *junit, const char *text)
{
	return escape_xml(&junit->arena, escape_terminal(&junit->arena, text, NAME_COLUMNS),
			  NAME_COLUMNS * 4);
}

/* Seconds, as all readers take them. */
static const char *seconds(struct junit *junit, double milliseconds)
{
	bool is_known = isfinite(milliseconds) && milliseconds >= 0 && milliseconds < 1e12;

	return arena_printf(&junit->arena, "%.3f", is_known ? milliseconds / 1000 : 0.0);
}

/* The finding as it is told to a person. */
static const char *text_of(struct junit *junit, const struct finding *finding)
{
	const struct render_options plain = {.width = 80,
					     .full_stacks = junit->options->full_stacks};
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	const char *escaped = "";

	if (stream == NULL || render_text_finding(stream, finding, &plain) != 0)
		junit->failed = true;
	if (stream != NULL && fclose(stream) == 0)
		escaped = escape_xml(&junit->arena, text, TEXT_BYTES);
	else
		junit->failed = true;
	free(text);
	return escaped;
}

/* --- the cases ------------------------------------------------------------------------------- */

static bool is_told(const struct junit *junit, const struct finding *finding)
{
	bool is_note = finding->severity == SEVERITY_NOTE && !junit->report->show_notes;

	return !finding->suppressed && (!is_note || finding_fails(finding, &junit->options->limit));
}

/* Without its line: a test keeps its name when lines are added above it. */
static const char *site_of(struct junit *junit, const struct frame *frame)
{
	const char *function = frame && frame->function ? frame->function : "";
	struct source_path path = {.text = NULL};

	if (frame)
		path = source_path_of(&junit->arena, frame, junit->options->root);
	if (!path.text && !*function)
		return "fork at a place that is not known";
	return arena_printf(&junit->arena, "fork at %s%s%.256s", path.text ? path.text : "",
			    path.text && *function ? " " : "", function);
}

/* `program`: a path; NULL: it is that of the run. */
static const char *program_of(const struct junit *junit, const char *program)
{
	char *const *command = junit->report->command;

	if (program)
		return library_file_name(program);
	return command && *command ? library_file_name(*command) : "program";
}

/* The case of a place that forked, made where there is none. */
static struct junit_case *case_of(struct junit *junit, const struct frame *frame,
				  const char *program)
{
	const char *name = site_of(junit, frame), *class_name = program_of(junit, program);

	for (size_t i = 0; i < junit->count; i++)
		if (same_text(junit->cases[i].name, name) &&
		    same_text(junit->cases[i].class_name, class_name))
			return &junit->cases[i];
	junit->cases[junit->count] = (struct junit_case){.name = name, .class_name = class_name};
	return &junit->cases[junit->count++];
}

/* Findings are sorted: the first that fails is the worst. */
static void add_to_case(const struct junit *junit, struct junit_case *its,
			const struct finding *finding)
{
	if (finding_fails(finding, &junit->options->limit))
		its->worst = its->worst ? its->worst : finding;
	else if (finding->is_known)
		its->known++;
	else
		its->others++;
}

static void make_cases(struct junit *junit)
{
	const struct report *report = junit->report;
	size_t room = report->finding_count + report->fork_site_count + 1;

	junit->cases = arena_array(&junit->arena, room, sizeof(*junit->cases));
	junit->owners = arena_array(&junit->arena, room, sizeof(struct junit_case *));
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (!is_told(junit, finding))
			continue;
		junit->owners[i] =
			case_of(junit, finding->headline.forked.place.frame, finding->fork.program);
		add_to_case(junit, junit->owners[i], finding);
	}
	for (size_t i = 0; i < report->fork_site_count; i++)
		case_of(junit, report->fork_sites[i].frame, report->fork_sites[i].program);
}

/* --- the document ---------------------------------------------------------------------------- */

/* The texts of the case's findings that make the run fail, or of the others. */
static void put_texts(struct junit *junit, const struct junit_case *its, bool failing)
{
	const struct report *report = junit->report;

	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (junit->owners[i] == its &&
		    finding_fails(finding, &junit->options->limit) == failing)
			fputs(text_of(junit, finding), junit->stream);
	}
}

static void put_failure(struct junit *junit, const struct junit_case *its)
{
	const struct finding *worst = its->worst;
	const char *message = worst->message ? worst->message : worst->name;

	fprintf(junit->stream, "      <failure type=\"%s\" message=\"%s\">",
		attribute(junit, finding_title(&junit->arena, worst)), attribute(junit, message));
	put_texts(junit, its, true);
	fputs("</failure>\n", junit->stream);
}

static void put_case(struct junit *junit, const struct junit_case *its)
{
	fprintf(junit->stream, "    <testcase classname=\"%s\" name=\"%s\" time=\"0.000\">\n",
		attribute(junit, its->class_name), attribute(junit, its->name));
	if (its->worst)
		put_failure(junit, its);
	else if (its->known)
		fputs("      <skipped/>\n", junit->stream);
	if (its->known || its->others) {
		fprintf(junit->stream, "      <system-out>%s",
			its->known ? "forkcheck: in the baseline:\n" : "");
		put_texts(junit, its, false);
		fputs("</system-out>\n", junit->stream);
	}
	fputs("    </testcase>\n", junit->stream);
}

static const char *run_words(struct junit *junit)
{
	const struct report *report = junit->report;

	if (!report->complete)
		return arena_printf(&junit->arena, "this report is not complete: %s",
				    report->incomplete_reason ? report->incomplete_reason
							      : "the reason is not known");
	return arena_printf(&junit->arena, "forks: %" PRIu64 ", processes: %" PRIu64, report->forks,
			    report->processes);
}

/* There is always one: a run without a fork is a test that has passed, and one that nobody saw
 * is one that was in error. */
static void put_run_case(struct junit *junit)
{
	fprintf(junit->stream, "    <testcase classname=\"%s\" name=\"run\" time=\"%s\">\n",
		attribute(junit, program_of(junit, NULL)),
		seconds(junit, junit->report->duration_ms));
	if (!junit->report->observed)
		fputs("      <error type=\"unobserved\" message=\"the program could not be "
		      "observed\"/>\n",
		      junit->stream);
	fprintf(junit->stream, "      <system-out>%s</system-out>\n    </testcase>\n",
		attribute(junit, run_words(junit)));
}

static const char *counts_of(struct junit *junit)
{
	size_t failed = 0, skipped = 0;

	for (size_t i = 0; i < junit->count; i++) {
		failed += junit->cases[i].worst != NULL;
		skipped += !junit->cases[i].worst && junit->cases[i].known;
	}
	return arena_printf(&junit->arena,
			    "tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\"",
			    junit->count + 1, failed, !junit->report->observed, skipped);
}

static void put_document(struct junit *junit)
{
	const char *counts = counts_of(junit);
	const char *time = seconds(junit, junit->report->duration_ms);

	fprintf(junit->stream, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	fprintf(junit->stream, "  <testsuite name=\"forkcheck\" %s time=\"%s\">\n", counts, time);
	put_run_case(junit);
	for (size_t i = 0; i < junit->count; i++)
		put_case(junit, &junit->cases[i]);
	fputs("  </testsuite>\n</testsuites>\n", junit->stream);
}

/* In one piece: standard error is not buffered, and others write to it. */
int render_junit(FILE *stream, const struct report *report, const struct render_options *options)
{
	char *text = NULL;
	size_t size = 0;
	struct junit junit = {
		.stream = open_memstream(&text, &size), .report = report, .options = options};

	if (junit.stream == NULL)
		return -1;
	arena_init(&junit.arena);
	make_cases(&junit);
	put_document(&junit);
	arena_release(&junit.arena);
	if (fclose(junit.stream) != 0 || fputs(text, stream) < 0 || fflush(stream) != 0)
		junit.failed = true;
	free(text);
	return junit.failed ? -1 : 0;
}
