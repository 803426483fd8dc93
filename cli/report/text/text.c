/*
 * A text report shows findings to a person, in 80 columns: title, parts, advice, and the end
 * of the report.
 */
#include "base/escape.h"
#include "page.h"
#include "text_parts.h"

#include <inttypes.h>
#include <string.h>

#define LABEL_INDENT    8
#define SIGHTINGS_SHOWN 8

#define BOLD   "\033[1m"
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define CYAN   "\033[1;36m"
#define PLAIN  "\033[0m"

static const char *severity_color(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR:
		return RED;
	case SEVERITY_WARNING:
		return YELLOW;
	case SEVERITY_NOTE:
		break;
	}
	return CYAN;
}

static void put_title(struct page *page, const struct finding *finding)
{
	fprintf(page->stream, "forkcheck: %s%s%s %s%s%s %s (%s)",
		page->color ? severity_color(finding->severity) : "",
		severity_name(finding->severity), page->color ? PLAIN : "", page->color ? BOLD : "",
		finding->code, page->color ? PLAIN : "", finding->name,
		certainty_name(finding->certainty));
	if (finding->count > 1)
		fprintf(page->stream, ", seen %" PRIu64 " times", finding->count);
	fputc('\n', page->stream);
	if (finding->message != NULL)
		page_wrap(page, "  ", 2, page_sentence(page, finding->message));
}

/* What was done to a process is no repair of it. */
static const char *action_format(const char *action)
{
	static const struct {
		const char *action, *format;
	} table[] = {
		{"killed", "forkcheck ended %s (SIGKILL), so that the run could go on"},
		{"stopped", "forkcheck stopped %s (SIGSTOP), so that it can be looked at"},
		{"aborted", "forkcheck ended %s (SIGABRT), for a core file"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(table[i].action, action) == 0)
			return table[i].format;
	return NULL;
}

static void put_action(struct page *page, const struct finding *finding)
{
	struct arena *arena = &page->arena;
	const char *format = finding->action != NULL ? action_format(finding->action) : NULL;
	const char *role = finding_is_in_fork(finding) ? "process" : "child", *who, *words;

	if (finding->action == NULL)
		return;
	who = finding->child.pid > 0 ? arena_printf(arena, "%s %d", role, finding->child.pid)
				     : arena_printf(arena, "the %s", role);
	if (format == NULL)
		words = arena_printf(arena, "forkcheck %s %s",
				     page_name(page, finding->action, NAME_COLUMNS), who);
	else
		words = arena_printf(arena, format, who);
	page_wrap(page, "  done: ", LABEL_INDENT, words);
}

/* The line for a suppressions file is for copying, and never wrapped: one that is too long is
 * that of the fingerprint. --gen-suppressions writes what others can read. */
static const char *suppression_that_fits(struct page *page, const struct finding *finding)
{
	const char *line = page_sentence(page, finding->suppression);

	if (line == NULL || finding->fingerprint == NULL ||
	    strlen("  suppress: ") + text_columns(line) <= page->width)
		return line;
	return arena_printf(&page->arena, "fingerprint:%s",
			    page_sentence(page, finding->fingerprint));
}

static void put_more(struct page *page, const struct finding *finding)
{
	const char *suppression = suppression_that_fits(page, finding);
	const char *more =
		arena_printf(&page->arena, "  more: forkcheck explain %s", finding->code);
	const char *gap = "       suppress: ";

	if (suppression == NULL)
		page_line(page, more);
	else if (strlen(more) + strlen(gap) + strlen(suppression) <= page->width)
		fprintf(page->stream, "%s%s%s\n", more, gap, suppression);
	else
		fprintf(page->stream, "%s\n  suppress: %s\n", more, suppression);
}

static void put_paragraph(struct page *page, const char *label, const char *text)
{
	if (text != NULL)
		page_wrap(page, label, LABEL_INDENT, page_sentence(page, text));
}

/* What cures it as well begins with "Or", which the label says. */
static void put_remark(struct page *page, const char *remark)
{
	static const char or_else[] = "Or ";
	size_t length = strlen(or_else);

	if (remark != NULL && strncmp(remark, or_else, length) == 0)
		put_paragraph(page, "  or:   ", remark + length);
	else
		put_paragraph(page, "  also: ", remark);
}

/* `a.fc (2 times), b.fc and 3 more` */
static const char *session_names(struct page *page, const struct sighting *seen)
{
	const char *names = "";
	size_t shown = 0, more = 0;

	for (; seen != NULL; seen = seen->next) {
		const char *name = page_name(page, seen->session, NAME_COLUMNS);

		if (shown == SIGHTINGS_SHOWN) {
			more++;
			continue;
		}
		names = arena_printf(&page->arena, "%s%s%s", names, shown++ > 0 ? ", " : "", name);
		if (seen->count > 1)
			names = arena_printf(&page->arena, "%s (%" PRIu64 " times)", names,
					     seen->count);
	}
	return more > 0 ? arena_printf(&page->arena, "%s and %zu more", names, more) : names;
}

/* Where several files of sessions were merged. */
static void put_sightings(struct page *page, const struct finding *finding)
{
	size_t count = 0;

	for (const struct sighting *seen = finding->seen; seen != NULL; seen = seen->next)
		count++;
	if (count > 0)
		page_wrap(page, "  seen: ", LABEL_INDENT,
			  arena_printf(&page->arena, "in %s: %s",
				       page_count(page, count, "session file", NULL),
				       session_names(page, finding->seen)));
}

/* What the library says that is concerned, and where. */
static void put_library(struct page *page, const struct remedy_part *remedy)
{
	if (remedy->library_cure != NULL)
		put_paragraph(page, "  lib:  ",
			      arena_printf(&page->arena, "%s (%s).", remedy->library_cure,
					   remedy->library_source));
}

/* The cure itself stands above; this is why it is one, and what else to know of it. */
static void put_advice(struct page *page, const struct finding *finding)
{
	fputc('\n', page->stream);
	put_paragraph(page, "  why:  ", finding->why);
	put_prediction(page, finding);
	put_paragraph(page, "  also: ", finding->headline.rest);
	if (finding->remedy.present) {
		put_paragraph(page, "  but:  ", finding->remedy.caveat);
		put_remark(page, finding->remedy.remark);
		put_library(page, &finding->remedy);
	}
	if (finding->confirmation.present)
		put_paragraph(page, "  runs: ", finding->confirmation.evidence);
	put_sightings(page, finding);
	put_action(page, finding);
	put_more(page, finding);
	fputc('\n', page->stream);
}

static void put_finding(struct page *page, const struct finding *finding)
{
	put_title(page, finding);
	put_headline(page, finding);
	if (has_parts(finding)) {
		fputc('\n', page->stream);
		put_parts(page, finding);
	}
	put_advice(page, finding);
}

int render_text_finding(FILE *stream, const struct finding *finding,
			const struct render_options *options)
{
	struct page page;

	if (page_open(&page, options) != 0)
		return -1;
	put_finding(&page, finding);
	return page_close(&page, stream);
}

int render_text_summary(FILE *stream, const struct report *report,
			const struct render_options *options)
{
	struct page page;

	if (page_open(&page, options) != 0)
		return -1;
	put_summary(&page, report);
	return page_close(&page, stream);
}

int render_text(FILE *stream, const struct report *report, const struct render_options *options)
{
	struct page page;

	if (page_open(&page, options) != 0)
		return -1;
	for (size_t i = 0; i < report->finding_count; i++)
		if (finding_is_shown(report, &report->findings[i]))
			put_finding(&page, &report->findings[i]);
	put_summary(&page, report);
	return page_close(&page, stream);
}
