/*
 * Suppressions are read here, and matched with findings. The files are the user's, but may be
 * anything by mistake: every length is bounded. What they are matched with is the target's.
 */
#include "suppressions.h"
#include "base/arena.h"
#include "base/escape.h"
#include "base/line_reader.h"
#include "baseline.h"
#include "suppression_words.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX    100000 /* of all files */
#define WORD_COLUMNS 60     /* of a word that is quoted in a complaint */
#define TEXT_COLUMNS 400

struct suppression {
	struct suppression *next;
	const char *file;
	unsigned int line;
	const char *text;
	struct suppression_word *words;
	bool used;
};

struct suppressions {
	struct arena arena;
	struct suppression *first;
	struct suppression **end;
	unsigned int lines;
	struct baseline *baseline; /* NULL: none */
};

struct suppressions *suppressions_new(void)
{
	struct suppressions *suppressions = calloc(1, sizeof(*suppressions));

	if (!suppressions) {
		fputs("forkcheck: out of memory\n", stderr);
		exit(125);
	}
	arena_init(&suppressions->arena);
	suppressions->end = &suppressions->first;
	return suppressions;
}

void suppressions_free(struct suppressions *suppressions)
{
	if (!suppressions)
		return;
	arena_release(&suppressions->arena);
	baseline_free(suppressions->baseline);
	free(suppressions);
}

/* --- reading --------------------------------------------------------------- */

struct source {
	struct suppressions *suppressions;
	const char *path;
	struct line_reader reader;
};

static bool is_blank(int byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static const char *quoted(struct source *source, const char *word)
{
	return escape_terminal(&source->suppressions->arena, word, WORD_COLUMNS);
}

static const char *problem_with(struct source *source, const char *format, const char *word)
{
	return arena_printf(&source->suppressions->arena, "%s '%s'; a word is %s and a glob",
			    format, quoted(source, word),
			    suppression_key_list(&source->suppressions->arena));
}

static struct suppression_word *parse_word(struct source *source, const char *text)
{
	struct suppression_word word = {0};

	switch (suppression_word_parse(text, &word)) {
	case SUPPRESSION_WORD_GOOD:
		break;
	case SUPPRESSION_WORD_NO_KEY:
		source->reader.problem = problem_with(source, "no key in", text);
		return NULL;
	case SUPPRESSION_WORD_UNKNOWN_KEY:
		source->reader.problem = problem_with(source, "unknown key in", text);
		return NULL;
	case SUPPRESSION_WORD_EMPTY:
		source->reader.problem = problem_with(source, "nothing follows", text);
		return NULL;
	}
	return memcpy(arena_zalloc(&source->suppressions->arena, sizeof(word)), &word,
		      sizeof(word));
}

/* Cuts the text at its blanks; a word that begins with # begins a comment. */
static struct suppression_word *suppressions_parse_words(struct source *source, char *text)
{
	struct suppression_word *words = NULL, **end = &words;

	for (char *part;
	     !source->reader.problem && (part = strsep(&text, " \t\r")) && *part != '#';) {
		struct suppression_word *word = *part ? parse_word(source, part) : NULL;

		if (!word)
			continue;
		*end = word;
		end = &word->next;
	}
	return words;
}

static void trim(char *text)
{
	size_t length = strlen(text);

	while (length && is_blank(text[length - 1]))
		length--;
	text[length] = '\0';
}

static void take_line(struct source *source, char *text)
{
	struct suppressions *suppressions = source->suppressions;
	struct suppression *suppression;

	trim(text);
	text += strspn(text, " \t\r");
	if (*text == '\0' || *text == '#')
		return;
	suppression = arena_zalloc(&suppressions->arena, sizeof(*suppression));
	suppression->file = source->path;
	suppression->line = source->reader.number;
	suppression->text = arena_strdup(&suppressions->arena, text);
	suppression->words =
		suppressions_parse_words(source, arena_strdup(&suppressions->arena, text));
	*suppressions->end = suppression;
	suppressions->end = &suppression->next;
}

static int complain_of_file(const char *path)
{
	fprintf(stderr, "forkcheck: cannot read '%s': %s\n", path, strerror(errno));
	return -1;
}

static int read_lines(struct source *source)
{
	char text[LINE_BYTES];

	while (!source->reader.problem && line_reader_next(&source->reader, text)) {
		take_line(source, text);
		if (++source->suppressions->lines > LINES_MAX && !source->reader.problem)
			source->reader.problem = "too many lines";
	}
	if (!source->reader.problem)
		return ferror(source->reader.stream) ? complain_of_file(source->path) : 0;
	fprintf(stderr, "forkcheck: %s:%u: %s\n", source->path, source->reader.number,
		source->reader.problem);
	return -1;
}

int suppressions_read(struct suppressions *suppressions, const char *path)
{
	struct source source = {.suppressions = suppressions,
				.reader = {.stream = fopen(path, "re")}};
	int result;

	if (!source.reader.stream)
		return complain_of_file(path);
	source.path = arena_strdup(&suppressions->arena, path);
	result = read_lines(&source);
	fclose(source.reader.stream);
	return result;
}

void suppressions_add(struct suppressions *suppressions, const char *line)
{
	struct source source = {.suppressions = suppressions, .path = ""};

	take_line(&source, arena_strdup(&suppressions->arena, line));
}

struct suppressions *suppressions_open(const char *const *paths, size_t count, const char *baseline)
{
	struct suppressions *suppressions = suppressions_new();
	bool failed = false;

	for (size_t i = 0; i < count && !failed; i++)
		failed = suppressions_read(suppressions, paths[i]) != 0;
	if (baseline && !failed) {
		suppressions->baseline = baseline_read(baseline);
		failed = !suppressions->baseline;
	}
	if (!failed)
		return suppressions;
	suppressions_free(suppressions);
	return NULL;
}

bool suppressions_have_baseline(const struct suppressions *suppressions)
{
	return suppressions->baseline != NULL;
}

bool suppressions_know(const struct suppressions *suppressions, const struct finding *finding)
{
	return baseline_has(suppressions->baseline, finding->fingerprint);
}

int suppressions_write_baseline(const struct suppressions *suppressions,
				const struct report *report, const char *path)
{
	return baseline_write(report, suppressions->baseline, path);
}

/* --- matching -------------------------------------------------------------- */

static bool all_match(const struct suppression *suppression, const struct finding *finding)
{
	for (const struct suppression_word *word = suppression->words; word; word = word->next)
		if (!suppression_word_matches(word, finding))
			return false;
	return true;
}

bool suppressions_match(struct suppressions *suppressions, const struct finding *finding)
{
	bool any = false;

	for (struct suppression *suppression = suppressions->first; suppression;
	     suppression = suppression->next) {
		if (!all_match(suppression, finding))
			continue;
		suppression->used = true;
		any = true;
	}
	return any;
}

void suppressions_report_unused(const struct suppressions *suppressions, FILE *stream)
{
	struct arena arena;

	arena_init(&arena);
	for (const struct suppression *suppression = suppressions->first; suppression;
	     suppression = suppression->next)
		if (!suppression->used)
			fprintf(stream, "forkcheck: %s:%u: unused suppression: %s\n",
				suppression->file, suppression->line,
				escape_terminal(&arena, suppression->text, TEXT_COLUMNS));
	arena_release(&arena);
}

/* --- writing --------------------------------------------------------------- */

static bool suppressions_is_shown(const struct report *report, const struct finding *finding)
{
	return finding->suppression && finding_is_shown(report, finding);
}

static bool came_before(const struct report *report, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (suppressions_is_shown(report, &report->findings[i]) &&
		    strcmp(report->findings[i].suppression, report->findings[index].suppression) ==
			    0)
			return true;
	return false;
}

int suppressions_print(const struct report *report, FILE *stream)
{
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (!suppressions_is_shown(report, finding) || came_before(report, i))
			continue;
		fprintf(stream, "# %s %s: %s\n%s\n", finding->code, finding->name,
			escape_terminal(&arena, finding->message ? finding->message : "",
					TEXT_COLUMNS),
			finding->suppression);
	}
	arena_release(&arena);
	return fflush(stream) || ferror(stream) ? -1 : 0;
}

int suppressions_write(const struct report *report, const char *path)
{
	FILE *stream = fopen(path, "we");
	int result;

	if (stream) {
		result = suppressions_print(report, stream);
		if (fclose(stream) == 0 && result == 0)
			return 0;
	}
	fprintf(stderr, "forkcheck: cannot write '%s': %s\n", path, strerror(errno));
	return -1;
}
