/*
 * Reports of hostile names: every format, with and without colour. An input
 * says what stands in each field of a report: unknown, a text of the input, or
 * that text again and again up to 10 MB. Whatever it is, what comes out is text
 * in UTF-8 without a character that a terminal would obey, JSON is JSON, no
 * name ends an attribute or an element of XML or HTML, and GitHub gets one line.
 */
#include "cli/findings/headline.h"
#include "cli/report/formats.h"
#include "fuzz.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG (10u << 20)
/* What formats may write about a report of this size, whatever its names. */
#define OUTPUT_MAX (8u << 20)
#define TEXTS      256
#define FRAMES     4

struct input {
	const uint8_t *at;
	size_t left;
};

static char *texts[TEXTS];
static size_t text_count;
static size_t long_count;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	return 0;
}

static unsigned take(struct input *input)
{
	return input->left ? (input->left--, *input->at++) : 0;
}

static char *repeat(const uint8_t *bytes, size_t length, size_t size)
{
	char *text = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = bytes[i % length] ? (char)bytes[i % length] : ' ';
	text[size] = '\0';
	return text;
}

/* One of them is long: two would only be slower. */
static const char *take_text(struct input *input)
{
	size_t length = take(input), size;
	const uint8_t *bytes = input->at;
	int is_long = length == 255 && long_count++ == 0;

	if (length == 0 || text_count == TEXTS)
		return NULL;
	length = is_long ? 1 + take(input) % 16 : length % 64;
	bytes = input->at;
	length = length < input->left ? length : input->left;
	input->at += length;
	input->left -= length;
	size = is_long ? LONG : length;
	return texts[text_count++] = length ? repeat(bytes, length, size) : strdup("");
}

static void forget_texts(void)
{
	while (text_count)
		free(texts[--text_count]);
	long_count = 0;
}

static uint64_t take_number(struct input *input)
{
	static const uint64_t special[] = {0, 1, UINT32_MAX, INT64_MAX, UINT64_MAX};
	unsigned choice = take(input);

	return choice < 5 ? special[choice] : choice * 77u;
}

static bool take_bool(struct input *input)
{
	return take(input) & 1;
}

static struct frames take_frames(struct input *input, struct frame *list)
{
	struct frames frames = {.list = list, .count = take(input) % (FRAMES + 1)};

	frames.complete = take_bool(input);
	for (size_t i = 0; i < frames.count; i++)
		list[i] = (struct frame){.function = take_text(input),
					 .file = take_text(input),
					 .line = (int)take_number(input),
					 .module = take_text(input),
					 .offset = take_number(input)};
	return frames;
}

/* The parts of a finding, and what they point to. */
struct made {
	struct finding finding;
	struct frame frames[9][FRAMES];
	struct missing_group missing;
	struct cycle_edge edge;
	const char *name;
};

static void make_words(struct input *input, struct finding *finding)
{
	finding->code = "FC001";
	finding->name = "orphaned-lock";
	finding->severity = take(input) % 3;
	finding->certainty = take(input) % (CERTAINTY_SUSPECTED + 1);
	finding->message = take_text(input);
	finding->why = take_text(input);
	finding->advice = take_text(input);
	finding->fingerprint = take_text(input);
	finding->suppression = take_text(input);
	finding->count = take_number(input);
	finding->action = take_text(input);
}

static void make_sides(struct input *input, struct made *made)
{
	struct finding *finding = &made->finding;

	finding->fork = (struct fork_part){.present = take_bool(input),
					   .pid = (int)take_number(input),
					   .child_pid = (int)take_number(input),
					   .program = take_text(input),
					   .function = take_text(input),
					   .serial = take_number(input),
					   .tid = (int)take_number(input),
					   .thread_name = take_text(input),
					   .python_name = take_text(input),
					   .stack = take_frames(input, made->frames[0])};
	finding->child = (struct child_part){.present = take_bool(input),
					     .pid = (int)take_number(input),
					     .tid = (int)take_number(input),
					     .waiting_in = take_text(input),
					     .after_ms = (double)take_number(input) - 1,
					     .stack = take_frames(input, made->frames[1])};
}

static void make_lock(struct input *input, struct made *made)
{
	struct finding *finding = &made->finding;

	finding->lock = (struct lock_part){.present = take_bool(input),
					   .kind = take_text(input),
					   .name = take_text(input),
					   .attributes = take_text(input),
					   .module = take_text(input),
					   .offset = take_number(input),
					   .address = take_number(input),
					   .place = take_text(input),
					   .user = take_text(input),
					   .initialised_at = take_frames(input, made->frames[2])};
	finding->holder = (struct holder_part){.present = take_bool(input),
					       .tid = (int)take_number(input),
					       .name = take_text(input),
					       .python_name = take_text(input),
					       .start_routine = take_text(input),
					       .library = take_text(input),
					       .creator_name = take_text(input),
					       .creator_tid = (int)take_number(input),
					       .created_at = take_frames(input, made->frames[3]),
					       .acquired_at = take_frames(input, made->frames[4]),
					       .held_ms = (double)take_number(input) - 1,
					       .inside = take_text(input)};
	finding->handler =
		(struct handler_part){take_bool(input), take_text(input), take_text(input)};
	finding->gave = (struct use_part){.present = take_bool(input),
					  .verb = take_text(input),
					  .tid = (int)take_number(input),
					  .thread_name = take_text(input),
					  .library = take_text(input),
					  .stack = take_frames(input, made->frames[5])};
}

static void make_ending(struct input *input, struct made *made)
{
	made->finding.ending = (struct ending_part){.present = take_bool(input),
						    .pid = (int)take_number(input),
						    .signal = take_text(input),
						    .is_seen = take_bool(input),
						    .sender_pid = (int)take_number(input),
						    .stack = take_frames(input, made->frames[8])};
}

static void make_lists(struct input *input, struct made *made)
{
	struct finding *finding = &made->finding;

	made->name = take_text(input);
	made->missing = (struct missing_group){.library = take_text(input),
					       .count = take_number(input),
					       .names = &made->name,
					       .name_count = made->name != NULL,
					       .created_at = take_frames(input, made->frames[6])};
	finding->missing = &made->missing;
	finding->missing_count = take_bool(input);
	made->edge = (struct cycle_edge){.pid = (int)take_number(input),
					 .waits_for = (int)take_number(input),
					 .via = take_text(input),
					 .tid = (int)take_number(input),
					 .waiting_in = take_text(input),
					 .stack = take_frames(input, made->frames[7])};
	finding->cycle = &made->edge;
	finding->cycle_count = take_bool(input);
}

/* A character of more than one byte that is allowed: its length; 0 for what is no UTF-8, and for
 * controls, line separators and what turns the direction of writing. */
static size_t valid_length(const unsigned char *byte)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
	uint32_t code = byte[0] & (0xffu >> (length + 1));

	if (byte[0] < 0xc2 || byte[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (byte[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ||
	    code < 0xa0)
		return 0;
	return (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ? 0
											: length;
}

/* ESC [ digits and semicolons m: all that colour is. */
static size_t colour_length(const char *text)
{
	size_t length = strspn(text + 2, "0123456789;");

	return text[1] == '[' && text[2 + length] == 'm' ? length + 3 : 0;
}

static void check_text(const char *text, size_t size, bool color)
{
	size_t step;

	if (strlen(text) != size || size > OUTPUT_MAX)
		abort();
	for (; *text; text += step) {
		unsigned char byte = (unsigned char)*text;

		step = byte == '\033' && color ? colour_length(text) : 1;
		if (byte >= 0x80)
			step = valid_length((const unsigned char *)text);
		else if ((byte < 0x20 && byte != '\n' && !(byte == '\033' && color)) ||
			 byte == 0x7f)
			abort();
		if (!step)
			abort();
	}
}

static void check_json(const char *text)
{
	json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!document)
		abort();
	json_decref(document);
}

/* Elements are as junit.c writes them: no < or & stands where a name could have put it. */
static void check_xml(const char *text)
{
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;", NULL};

	for (const char *at = text; (at = strpbrk(at, "<&")) != NULL; at++) {
		int i = 0;

		if (*at == '<') {
			if (!strchr("?/stef", at[1]))
				abort();
			continue;
		}
		while (entities[i] && strncmp(at, entities[i], strlen(entities[i])) != 0)
			i++;
		if (!entities[i])
			abort();
	}
}

/* Each tag is one that cli/report/html writes: none is a name's. */
static void check_html(const char *text)
{
	static const char *const tags[] = {
		"!DOCTYPE", "html",    "head",  "meta",  "title",   "style",  "body", "h1",
		"h2",       "h3",      "h4",    "p",     "b",       "br",     "code", "pre",
		"ul",       "ol",      "li",    "span",  "article", "figure", "div",  "figcaption",
		"details",  "summary", "table", "thead", "tbody",   "tr",     "th",   "td",
		"svg",      "rect",    "text",  "path",  "polygon", NULL};

	for (const char *at = text; (at = strchr(at, '<')) != NULL;) {
		const char *tag = at[1] == '/' ? at + 2 : at + 1;
		size_t length = strcspn(tag, " />");
		int i = 0;

		while (tags[i] && (strlen(tags[i]) != length || memcmp(tags[i], tag, length) != 0))
			i++;
		if (!tags[i])
			abort();
		at = tag;
	}
}

static void check_command(const char *text)
{
	if (strncmp(text, "::", 2) != 0 || strchr(text, '\n') != text + strlen(text) - 1)
		abort();
}

static void render(const struct report_format *format, const struct report *report, bool color)
{
	const struct render_options look = {
		.width = 80, .color = color, .full_stacks = color, .root = color ? "/srv" : NULL};
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream || format->render(stream, report, &look) || fclose(stream))
		abort();
	check_text(text, size, color);
	if (text[0] == '{' || text[0] == '[')
		check_json(text);
	if (format->render == render_junit)
		check_xml(text);
	if (format->render == render_html)
		check_html(text);
	if (format->render == render_github)
		check_command(text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct input input = {data, length};
	struct made made = {0};
	char *command[3] = {0};
	struct library library = {0};
	struct unobserved unobserved;
	struct left_running left;
	struct report report = {.findings = &made.finding, .finding_count = 1};
	struct arena arena;

	make_words(&input, &made.finding);
	make_sides(&input, &made);
	make_lock(&input, &made);
	make_ending(&input, &made);
	make_lists(&input, &made);
	command[0] = (char *)(uintptr_t)take_text(&input);
	command[1] = command[0] ? (char *)(uintptr_t)take_text(&input) : NULL;
	library = (struct library){.path = take_text(&input),
				   .threads_created = take_number(&input),
				   .locks_used = take_number(&input),
				   .atfork_handlers = take_number(&input),
				   .errors = 1,
				   .warnings = 1};
	unobserved =
		(struct unobserved){(int)take_number(&input), take_text(&input), take_text(&input)};
	left = (struct left_running){(int)take_number(&input), take_text(&input)};
	report.command = command;
	report.exit_status = (int)take_number(&input);
	report.signal = (int)take_number(&input);
	report.observed = take_bool(&input);
	report.complete = take_bool(&input);
	report.incomplete_reason = take_text(&input);
	report.unobserved = &unobserved;
	report.unobserved_count = take_bool(&input);
	report.left_running = &left;
	report.left_running_count = take_bool(&input);
	report.unobserved_more = take_number(&input);
	report.forks = report.events_lost = take_number(&input);
	report.libraries = &library;
	report.library_count = take_bool(&input);
	report.show_notes = true;
	arena_init(&arena);
	headline_fill(&arena, &made.finding);
	for (const struct report_format *format = report_formats; format->name; format++) {
		render(format, &report, false);
		render(format, &report, true);
	}
	arena_release(&arena);
	forget_texts();
	return 0;
}
