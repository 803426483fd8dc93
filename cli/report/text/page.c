/*
 * A page of text is composed in memory, line by line, and written to the caller's stream in
 * the end.
 */
#include "page.h"

#include "base/escape.h"
#include "origins/origin.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_WIDTH    80
#define SMALLEST_WIDTH   40
#define LARGEST_WIDTH    200
#define SENTENCE_COLUMNS 1500
#define PACKAGE_COLUMNS  40

static size_t usable_width(int width)
{
	if (width <= 0)
		return DEFAULT_WIDTH;
	if (width < SMALLEST_WIDTH)
		return SMALLEST_WIDTH;
	return width > LARGEST_WIDTH ? LARGEST_WIDTH : (size_t)width;
}

int page_open(struct page *page, const struct render_options *options)
{
	*page = (struct page){.width = usable_width(options->width),
			      .color = options->color,
			      .full_stacks = options->full_stacks};
	page->stream = open_memstream(&page->bytes, &page->size);
	if (page->stream == NULL)
		return -1;
	arena_init(&page->arena);
	return 0;
}

int page_close(struct page *page, FILE *stream)
{
	int result = fclose(page->stream);

	if (result == 0 && fwrite(page->bytes, 1, page->size, stream) != page->size)
		result = -1;
	if (result == 0)
		result = fflush(stream);

	int error = errno;

	free(page->bytes);
	arena_release(&page->arena);
	errno = error;
	return result == 0 ? 0 : -1;
}

static void new_line(struct page *page, size_t indent)
{
	fprintf(page->stream, "\n%*s", (int)indent, "");
}

static bool put_mark(struct page *page, const char *text)
{
	bool is_bold = *text == *PAGE_BOLD;

	if (!is_bold && *text != *PAGE_PLAIN)
		return false;
	if (page->color)
		fputs(is_bold ? "\033[1m" : "\033[0m", page->stream);
	return true;
}

/* Prints a word, in pieces where it is longer than a line. Returns the column behind it. */
static size_t put_word(struct page *page, const char *word, size_t length, size_t column,
		       size_t hanging)
{
	const char *end = word + length;

	while (word < end) {
		const char *next = text_column(word, 1);

		if (put_mark(page, word)) {
			word++;
			continue;
		}
		if (column >= page->width) {
			new_line(page, hanging);
			column = hanging;
		}
		if (*word == *PAGE_SPACE)
			fputc(' ', page->stream);
		else
			fwrite(word, 1, (size_t)(next - word), page->stream);
		word = next;
		column++;
	}
	return column;
}

static size_t word_columns(struct page *page, const char *word, size_t length)
{
	size_t columns = text_columns(arena_strndup(&page->arena, word, length));

	for (size_t i = 0; i < length; i++)
		columns -= word[i] == *PAGE_BOLD || word[i] == *PAGE_PLAIN;
	return columns;
}

/* To the next space that is not between marks. */
static size_t word_length(const char *text)
{
	bool is_marked = false;
	size_t length = 0;

	for (; text[length] != '\0' && (is_marked || text[length] != ' '); length++) {
		is_marked = is_marked || text[length] == *PAGE_BOLD;
		is_marked = is_marked && text[length] != *PAGE_PLAIN;
	}
	return length;
}

void page_wrap(struct page *page, const char *prefix, size_t hanging, const char *text)
{
	size_t column = text_columns(prefix);
	bool first = true;

	fputs(prefix, page->stream);
	while (*text != '\0') {
		size_t spaces = strspn(text, " ");
		size_t length = word_length(text + spaces);
		size_t columns = word_columns(page, text + spaces, length);

		if (!first && column + spaces + columns > page->width) {
			new_line(page, hanging);
			column = hanging;
		} else {
			fprintf(page->stream, "%*s", (int)spaces, "");
			column += spaces;
		}
		column = put_word(page, text + spaces, length, column, hanging);
		text += spaces + length;
		first = false;
	}
	fputc('\n', page->stream);
}

void page_line(struct page *page, const char *text)
{
	fprintf(page->stream, "%s\n", text);
}

const char *page_name(struct page *page, const char *name, size_t columns)
{
	return name == NULL ? NULL : escape_terminal(&page->arena, name, columns);
}

const char *page_package(struct page *page, const struct origin *origin)
{
	const char *name;

	if (origin == NULL || origin->kind != ORIGIN_PACKAGE || origin->package == NULL)
		return NULL;
	name = page_name(page, origin->package, PACKAGE_COLUMNS);
	if (origin->version == NULL)
		return name;
	return arena_printf(&page->arena, "%s %s", name,
			    page_name(page, origin->version, PACKAGE_COLUMNS));
}

const char *page_sentence(struct page *page, const char *text)
{
	return page_name(page, text, SENTENCE_COLUMNS);
}

const char *page_unbroken(struct page *page, const char *text)
{
	char *copy = arena_strdup(&page->arena, text);

	for (char *space = copy; (space = strchr(space, ' ')) != NULL;)
		*space = *PAGE_SPACE;
	return copy;
}

const char *page_count(struct page *page, uint64_t count, const char *singular, const char *plural)
{
	if (count == 1)
		return arena_printf(&page->arena, "1 %s", singular);
	if (plural != NULL)
		return arena_printf(&page->arena, "%" PRIu64 " %s", count, plural);
	return arena_printf(&page->arena, "%" PRIu64 " %ss", count, singular);
}
