/*
 * A report is written as workflow commands of GitHub Actions here: a line for each finding, which
 * GitHub shows at its file and line. A message has one line of its own for each of the finding's.
 */
#include "base/escape.h"
#include "formats.h"
#include "parts/finding_places.h"

#include <string.h>

#define NAME_COLUMNS 1024 /* of a property */
#define TEXT_COLUMNS 4096 /* of a line of the message */

/* What GitHub reads as the end of a command, of a property or of the line. */
static const char *github_escape(struct arena *arena, const char *text, const char *special)
{
	char *out = arena_zalloc(arena, strlen(text) * 3 + 1), *end = out;

	for (; *text != '\0'; text++) {
		if (strchr(special, *text) != NULL)
			end += sprintf(end, "%%%02X", (unsigned char)*text);
		else
			*end++ = *text;
	}
	return out;
}

static const char *property(struct arena *arena, const char *text)
{
	return github_escape(arena, escape_terminal(arena, text, NAME_COLUMNS), "%\r\n:,");
}

static const char *line_of_message(struct arena *arena, const char *text)
{
	return github_escape(arena, escape_terminal(arena, text, TEXT_COLUMNS), "%\r\n");
}

static const char *github_level(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR:
		return "error";
	case SEVERITY_WARNING:
		return "warning";
	case SEVERITY_NOTE:
		break;
	}
	return "notice";
}

/* "file=src/log.c,line=28,", or nothing where no source is known. */
static const char *place_properties(struct arena *arena, const struct place *place)
{
	const char *file;

	if (place == NULL || place->path.text == NULL)
		return "";
	file = property(arena, place->path.text);
	if (place->frame->line <= 0)
		return arena_printf(arena, "file=%s,", file);
	return arena_printf(arena, "file=%s,line=%d,", file, place->frame->line);
}

/* The message, the places, and the cure, with the mark for a new line between them. */
static const char *github_message(struct arena *arena, const struct finding *finding,
				  const struct places *places)
{
	const char *said = finding->message != NULL ? finding->message : finding->name;
	const char *cure = finding->headline.cure, *text = line_of_message(arena, said);
	const char *line = finding->remedy.present ? finding->remedy.line : NULL;

	for (size_t i = 0; i < places->count; i++)
		text = arena_printf(arena, "%s%%0A%s", text,
				    line_of_message(arena, places->list[i].line));
	if (cure != NULL)
		text = arena_printf(arena, "%s%%0Acure: %s", text, line_of_message(arena, cure));
	if (cure != NULL && line != NULL)
		text = arena_printf(arena, "%s:%%0A%s", text, line_of_message(arena, line));
	return text;
}

static int github_write(FILE *stream, struct arena *arena, const struct finding *finding,
			const char *root)
{
	struct places places;

	places_fill(arena, finding, root, &places);
	return fprintf(stream, "::%s %stitle=%s::%s\n", github_level(finding->severity),
		       place_properties(arena, places.shown),
		       property(arena, finding_title(arena, finding)),
		       github_message(arena, finding, &places));
}

int render_github(FILE *stream, const struct report *report, const struct render_options *options)
{
	struct arena arena;
	int result = 0;

	arena_init(&arena);
	for (size_t i = 0; i < report->finding_count && result >= 0; i++)
		if (finding_is_shown(report, &report->findings[i]))
			result = github_write(stream, &arena, &report->findings[i], options->root);
	arena_release(&arena);
	return result < 0 || fflush(stream) ? -1 : 0;
}
