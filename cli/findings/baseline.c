/*
 * Baselines are read and written here. A file is the user's, but may be anything by mistake:
 * every length is bounded. What is written of a finding is the target's, and escaped.
 */
#include "baseline.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/escape.h"
#include "base/line_reader.h"
#include "base/replaced_file.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX    100000
#define WORD_COLUMNS 60 /* of what is quoted in a complaint */
#define TEXT_COLUMNS 400

struct entry {
	const char *fingerprint;
	const char *line; /* all of it, without its newline */
};

struct baseline {
	struct arena arena;
	struct entry *list; /* sorted by fingerprint */
	size_t count, capacity;
};

/* --- the entries ------------------------------------------------------------------------------ */

static int by_fingerprint(const void *left, const void *right)
{
	const struct entry *one = left, *other = right;

	return strcmp(one->fingerprint, other->fingerprint);
}

/* In one order, whatever the findings came in. */
static int by_line(const void *left, const void *right)
{
	const struct entry *one = left, *other = right;
	int order = by_fingerprint(left, right);

	return order ? order : strcmp(one->line, other->line);
}

static void baseline_add(struct baseline *baseline, const char *fingerprint, const char *line)
{
	if (!ARRAY_MAKE_ROOM(baseline->list, baseline->count, baseline->capacity)) {
		fputs("forkcheck: out of memory\n", stderr);
		exit(125);
	}
	baseline->list[baseline->count++] = (struct entry){fingerprint, line};
}

static void sort(struct baseline *baseline)
{
	if (baseline->count)
		qsort(baseline->list, baseline->count, sizeof(*baseline->list), by_line);
}

static struct baseline *baseline_new(void)
{
	struct baseline *baseline = calloc(1, sizeof(*baseline));

	if (!baseline) {
		fputs("forkcheck: out of memory\n", stderr);
		exit(125);
	}
	arena_init(&baseline->arena);
	return baseline;
}

void baseline_free(struct baseline *baseline)
{
	if (!baseline)
		return;
	arena_release(&baseline->arena);
	free(baseline->list);
	free(baseline);
}

bool baseline_has(const struct baseline *baseline, const char *fingerprint)
{
	const struct entry key = {.fingerprint = fingerprint};

	return baseline && fingerprint && baseline->count &&
	       bsearch(&key, baseline->list, baseline->count, sizeof(key), by_fingerprint);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* "FC001-0123456789abcdef", as evidence_identify() makes them. */
static bool is_fingerprint(const char *word)
{
	static const char form[] = "FC000-xxxxxxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form); i++) {
		unsigned char byte = (unsigned char)word[i];
		bool is_hex = isdigit(byte) || (byte >= 'a' && byte <= 'f');

		if (form[i] == '0' ? !isdigit(byte) : form[i] == 'x' ? !is_hex : byte != form[i])
			return false;
	}
	return true;
}

/* A problem with the line is left in the reader. */
static void baseline_take_line(struct baseline *baseline, struct line_reader *reader,
			       const char *text)
{
	struct arena *arena = &baseline->arena;
	const char *start = text + strspn(text, " \t\r");
	size_t length = strcspn(start, " \t\r#");
	const char *rest = start + length + strspn(start + length, " \t\r");
	const char *word = arena_strndup(arena, start, length);

	if (*start == '\0' || *start == '#')
		return;
	if (!is_fingerprint(word) || (*rest != '\0' && *rest != '#'))
		reader->problem = arena_printf(arena, "'%s' is no line of a baseline",
					       escape_terminal(arena, start, WORD_COLUMNS));
	else if (baseline->count == LINES_MAX)
		reader->problem = "too many lines";
	else
		baseline_add(baseline, word, arena_strdup(arena, start));
}

static int baseline_read_lines(struct baseline *baseline, struct line_reader *reader,
			       const char *path)
{
	char text[LINE_BYTES];

	while (!reader->problem && line_reader_next(reader, text))
		baseline_take_line(baseline, reader, text);
	if (reader->problem)
		fprintf(stderr, "forkcheck: %s:%u: %s\n", path, reader->number, reader->problem);
	else if (ferror(reader->stream))
		fprintf(stderr, "forkcheck: cannot read '%s': %s\n", path, strerror(errno));
	else
		return 0;
	return -1;
}

struct baseline *baseline_read(const char *path)
{
	struct line_reader reader = {.stream = fopen(path, "re")};
	struct baseline *baseline;
	int result;

	if (!reader.stream) {
		fprintf(stderr, "forkcheck: cannot read '%s': %s\n", path, strerror(errno));
		return NULL;
	}
	baseline = baseline_new();
	result = baseline_read_lines(baseline, &reader, path);
	fclose(reader.stream);
	sort(baseline);
	if (result == 0)
		return baseline;
	baseline_free(baseline);
	return NULL;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* A suppression says what it is about, without a number that changes. */
static const char *line_of(struct arena *arena, const struct finding *finding)
{
	const char *about = finding->suppression ? finding->suppression : "";

	return arena_printf(arena, "%s # %s %s", finding->fingerprint, finding->name,
			    escape_terminal(arena, about, TEXT_COLUMNS));
}

/* The lines of an old one are the user's, and stay. */
static void add_findings(struct baseline *baseline, const struct baseline *old,
			 const struct report *report)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (finding->fingerprint && !finding->suppressed &&
		    !baseline_has(old, finding->fingerprint) &&
		    (finding->severity > SEVERITY_NOTE || report->show_notes))
			baseline_add(baseline, finding->fingerprint,
				     line_of(&baseline->arena, finding));
	}
}

static int write_lines(const struct baseline *baseline, FILE *stream)
{
	fputs("# forkcheck: findings that are known; those that are not listed fail\n", stream);
	for (size_t i = 0; i < baseline->count; i++)
		if (i == 0 || by_fingerprint(&baseline->list[i - 1], &baseline->list[i]) != 0)
			fprintf(stream, "%s\n", baseline->list[i].line);
	return fflush(stream) || ferror(stream) ? -1 : 0;
}

static int replace_with(const struct baseline *baseline, const char *path)
{
	struct replaced_file file;

	if (replaced_file_open(&file, path) != 0)
		return -1;
	if (write_lines(baseline, file.stream) != 0) {
		replaced_file_discard(&file);
		return -1;
	}
	return replaced_file_commit(&file);
}

int baseline_write(const struct report *report, const struct baseline *old, const char *path)
{
	struct baseline *baseline = baseline_new();
	int result;

	for (size_t i = 0; old && i < old->count; i++)
		baseline_add(baseline, old->list[i].fingerprint, old->list[i].line);
	add_findings(baseline, old, report);
	sort(baseline);
	result = replace_with(baseline, path);
	if (result != 0)
		fprintf(stderr, "forkcheck: cannot write '%s': %s\n", path, strerror(errno));
	baseline_free(baseline);
	return result;
}
