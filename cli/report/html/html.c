/*
 * A report is written as one HTML page here, which needs nothing else: no network, no script. Its
 * own policy forbids both, in case a name of the program under test ever got out of its place.
 */
#include "base/library_names.h"
#include "commands/options.h"
#include "findings/finding_words.h"
#include "html_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#define WORDS_MAX 64 /* of the command */

static void put_head(struct html *html)
{
	char *const *command = html->report->command;
	const char *program = command && *command ? library_file_name(*command) : NULL;

	fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n",
	      html->stream);
	fprintf(html->stream, "<title>forkcheck%s%s</title>\n", program ? ": " : "",
		html_text(html, program, HTML_NAME_COLUMNS));
	html_put_style(html->stream);
	fputs("</head>\n", html->stream);
}

static void put_badge(struct html *html, const char *class, uint64_t count, const char *what)
{
	fprintf(html->stream, "<li class=\"%s\">%" PRIu64 " %s%s</li>\n", class, count, what,
		count == 1 ? "" : "s");
}

static void put_badges(struct html *html)
{
	const struct report *report = html->report;
	size_t errors = report_count(report, SEVERITY_ERROR);
	size_t warnings = report_count(report, SEVERITY_WARNING);

	fputs("<ul class=\"badges\">\n", html->stream);
	put_badge(html, errors ? "error" : "good", errors, "error");
	put_badge(html, warnings ? "warning" : "good", warnings, "warning");
	if (report->show_notes)
		put_badge(html, "note", report_count(report, SEVERITY_NOTE), "note");
	if (report->has_baseline)
		fprintf(html->stream, "<li>%zu in the baseline</li>\n", report_count_known(report));
	if (report_count_suppressed(report) > 0)
		fprintf(html->stream, "<li>%zu suppressed</li>\n", report_count_suppressed(report));
	put_badge(html, "count", report->forks, "fork");
	fprintf(html->stream, "<li>%" PRIu64 " process%s</li>\n", report->processes,
		report->processes == 1 ? "" : "es");
	put_badge(html, "count", report->threads, "thread");
	fputs("</ul>\n", html->stream);
}

static void put_command(struct html *html)
{
	char *const *word = html->report->command;

	if (!word || !*word)
		return;
	fputs("<p><code>", html->stream);
	for (size_t i = 0; i < WORDS_MAX && word[i]; i++)
		fprintf(html->stream, "%s%s", i ? " " : "",
			html_text(html, word[i], HTML_NAME_COLUMNS));
	fputs("</code></p>\n", html->stream);
}

static void put_end(struct html *html)
{
	const struct report *report = html->report;
	const char *time = duration_words(&html->arena, report->duration_ms);

	if (report->attached_count > 0)
		return;
	fputs("<p class=\"soft\">The program ended ", html->stream);
	if (report->exit_status >= 0)
		fprintf(html->stream, "with status %d", report->exit_status);
	else
		fprintf(html->stream, "by signal %d", report->signal);
	fprintf(html->stream, "%s%s", time ? ", after " : "", time ? time : "");
	if (report->has_status)
		fprintf(html->stream, "; forkcheck ended with %d", report->status);
	fputs(".</p>\n", html->stream);
}

/* What makes this report say less than it seems to. */
static void put_gaps(struct html *html)
{
	const struct report *report = html->report;

	if (!report->observed)
		html_put(html, "p class=\"bad\"", "The program could not be observed.",
			 HTML_TEXT_COLUMNS);
	if (!report->complete)
		html_put(html, "p class=\"bad\"",
			 arena_printf(&html->arena, "This report is not complete: %.1024s.",
				      report->incomplete_reason ? report->incomplete_reason
								: "the reason is not known"),
			 HTML_TEXT_COLUMNS);
	if (report->ended)
		html_put(html, "p class=\"bad\"",
			 arena_printf(&html->arena, "forkcheck ended the run: %.1024s",
				      report->ended),
			 HTML_TEXT_COLUMNS);
	for (size_t i = 0; i < report->unread_count; i++)
		html_put(
			html, "p class=\"bad\"",
			arena_printf(&html->arena, "Not read: %.1024s", report->unread_sessions[i]),
			HTML_TEXT_COLUMNS);
}

static void put_findings(struct html *html)
{
	const struct report *report = html->report;
	size_t shown = 0;

	fputs("<h2>Findings</h2>\n", html->stream);
	for (size_t i = 0; i < report->finding_count; i++) {
		if (!finding_is_shown(report, &report->findings[i]))
			continue;
		html_put_finding(html, &report->findings[i]);
		shown++;
	}
	if (shown == 0)
		fputs("<p>None.</p>\n", html->stream);
}

static void put_page(struct html *html)
{
	put_head(html);
	fputs("<body>\n<h1>forkcheck</h1>\n", html->stream);
	put_command(html);
	put_badges(html);
	put_gaps(html);
	put_end(html);
	put_findings(html);
	html_put_tables(html);
	fputs("<p class=\"soft\">forkcheck " FORKCHECK_VERSION "</p>\n</body>\n</html>\n",
	      html->stream);
}

/* In one piece: standard error is not buffered, and others write to it. */
int render_html(FILE *stream, const struct report *report, const struct render_options *options)
{
	char *text = NULL;
	size_t size = 0;
	struct html html = {
		.stream = open_memstream(&text, &size), .report = report, .root = options->root};
	int result;

	if (html.stream == NULL)
		return -1;
	arena_init(&html.arena);
	put_page(&html);
	arena_release(&html.arena);
	result = fclose(html.stream) != 0 || fputs(text, stream) < 0 || fflush(stream) != 0;
	free(text);
	return result ? -1 : 0;
}
