/*
 * The tables of an HTML report: libraries, places that forked, processes that were attached to,
 * that were not observed or outlived the program, and findings that do not count.
 */
#include "base/library_names.h"
#include "findings/attached.h"
#include "findings/libraries.h"
#include "html_parts.h"
#include "origins/origin.h"

#include <inttypes.h>

/* Each list is bounded; the JSON report has all. */
#define ROWS_MAX 500

/* `heads`: rows of <th>, our own. */
static void begin_table(struct html *html, const char *title, const char *heads)
{
	fprintf(html->stream,
		"<h2>%s</h2>\n<div class=\"scroll\"><table>\n<thead><tr>%s</tr></thead>\n<tbody>\n",
		title, heads);
}

static void end_table(struct html *html, size_t rows)
{
	fputs("</tbody></table></div>\n", html->stream);
	if (rows > ROWS_MAX)
		fprintf(html->stream, "<p class=\"soft\">and %zu more</p>\n", rows - ROWS_MAX);
}

static void put_cell(struct html *html, const char *text)
{
	fprintf(html->stream, "<td>%s</td>", html_text(html, text, HTML_NAME_COLUMNS));
}

static void put_number(struct html *html, uint64_t number)
{
	fprintf(html->stream, "<td class=\"n\">%" PRIu64 "</td>", number);
}

/* "polars 2.1.0", else the file's name */
static const char *library_words(struct html *html, const struct library *library)
{
	const struct origin *origin = library->origin;

	if (origin == NULL || origin->kind != ORIGIN_PACKAGE || origin->package == NULL)
		return library_file_name(library->path);
	return arena_printf(&html->arena, "%.128s (%.128s%s%.64s)",
			    library_file_name(library->path), origin->package,
			    origin->version ? " " : "", origin->version ? origin->version : "");
}

static void put_library(struct html *html, const struct library *library)
{
	fputs("<tr>", html->stream);
	put_cell(html, library_words(html, library));
	put_number(html, library->threads_created);
	put_number(html, library->locks_used);
	put_number(html, library->atfork_handlers);
	put_number(html, library->errors);
	put_number(html, library->warnings);
	fputs("</tr>\n", html->stream);
}

static void put_libraries(struct html *html)
{
	const struct report *report = html->report;
	size_t rows = 0;

	for (size_t i = 0; i < report->library_count; i++) {
		if (!library_is_telling(&report->libraries[i]))
			continue;
		if (rows == 0)
			begin_table(html, "Fork safety by library",
				    "<th>library</th><th class=\"n\">threads</th><th "
				    "class=\"n\">locks</th><th class=\"n\">handlers</th><th "
				    "class=\"n\">errors</th><th class=\"n\">warnings</th>");
		if (rows++ < ROWS_MAX)
			put_library(html, &report->libraries[i]);
	}
	if (rows > 0)
		end_table(html, rows);
}

static void put_sites(struct html *html)
{
	const struct report *report = html->report;

	if (report->fork_site_count == 0)
		return;
	begin_table(html, "Places that forked",
		    "<th>place</th><th>program</th><th>how</th><th class=\"n\">forks</th>");
	for (size_t i = 0; i < report->fork_site_count && i < ROWS_MAX; i++) {
		const struct fork_site *site = &report->fork_sites[i];
		const char *words = site->frame ? html_frame_words(html, site->frame) : NULL;

		fputs("<tr>", html->stream);
		put_cell(html, words ? words : "not known");
		put_cell(html, library_file_name(site->program));
		put_cell(html, site->function);
		put_number(html, site->count);
		fputs("</tr>\n", html->stream);
	}
	end_table(html, report->fork_site_count);
}

static void put_attached(struct html *html)
{
	const struct report *report = html->report;

	if (report->attached_count == 0)
		return;
	begin_table(html, "Processes that were attached to",
		    "<th>program</th><th class=\"n\">process</th><th>verdict</th><th>state</th>"
		    "<th>reason</th>");
	for (size_t i = 0; i < report->attached_count && i < ROWS_MAX; i++) {
		const struct attached *attached = &report->attached[i];

		fputs("<tr>", html->stream);
		put_cell(html, library_file_name(attached->program));
		fprintf(html->stream, "<td class=\"n\">%d</td>", attached->pid);
		put_cell(html, attached_verdict_name(attached->verdict));
		put_cell(html, attached->state);
		put_cell(html, attached->reason);
		fputs("</tr>\n", html->stream);
	}
	end_table(html, report->attached_count);
}

static void put_process(struct html *html, int pid, const char *path, const char *words)
{
	fputs("<tr>", html->stream);
	put_cell(html, path ? path : "not known");
	fprintf(html->stream, "<td class=\"n\">%d</td>", pid);
	put_cell(html, words);
	fputs("</tr>\n", html->stream);
}

static void put_processes(struct html *html)
{
	const struct report *report = html->report;
	size_t rows = report->unobserved_count + report->left_running_count;

	if (rows == 0)
		return;
	begin_table(html, "Processes that were not observed to their end",
		    "<th>program</th><th class=\"n\">process</th><th>reason</th>");
	for (size_t i = 0; i < report->unobserved_count && i < ROWS_MAX; i++)
		put_process(html, report->unobserved[i].pid, report->unobserved[i].path,
			    report->unobserved[i].reason);
	for (size_t i = 0;
	     report->unobserved_count + i < rows && report->unobserved_count + i < ROWS_MAX; i++)
		put_process(html, report->left_running[i].pid, report->left_running[i].path,
			    "outlived the program");
	end_table(html, rows);
}

static void put_discounted(struct html *html)
{
	const struct report *report = html->report;
	size_t rows = 0;

	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (finding_counts(finding))
			continue;
		if (rows == 0)
			begin_table(html, "Findings that do not count",
				    "<th>finding</th><th>message</th><th>why</th>");
		if (rows++ >= ROWS_MAX)
			continue;
		fputs("<tr>", html->stream);
		put_cell(html, finding->code);
		fprintf(html->stream, "<td>%s</td>",
			html_text(html, finding->message, HTML_TEXT_COLUMNS));
		put_cell(html, finding->suppressed ? "suppressed" : "in the baseline");
		fputs("</tr>\n", html->stream);
	}
	if (rows > 0)
		end_table(html, rows);
}

void html_put_tables(struct html *html)
{
	put_libraries(html);
	put_sites(html);
	put_attached(html);
	put_processes(html);
	put_discounted(html);
}
