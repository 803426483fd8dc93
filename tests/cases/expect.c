/* Comparing a report with what is true. Reads sources to learn line numbers; changes nothing. */
#include "expect.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD 128

static const char *wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *wrong(const char *format, ...)
{
	static char text[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return text;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

const char *expect_text(const json_t *object, const char *key, const char *expected)
{
	if (expected == NULL || strcmp(text_of(object, key), expected) == 0)
		return NULL;
	return wrong("%s is \"%s\", not \"%s\"", key, text_of(object, key), expected);
}

const char *expect_words(const json_t *object, const char *key, const char *words)
{
	if (strstr(text_of(object, key), words) != NULL)
		return NULL;
	return wrong("%s is \"%s\", which does not say \"%s\"", key, text_of(object, key), words);
}

const json_t *expect_member(const json_t *list, const char *key, const char *text)
{
	size_t index;
	json_t *object;

	json_array_foreach((json_t *)list, index, object)
	{
		if (expect_text(object, key, text) == NULL)
			return object;
	}
	return NULL;
}

/* --- stacks ---------------------------------------------------------------- */

/* Copies the next blank-separated word; returns what follows, NULL at the end. */
static const char *next_word(const char *text, char word[WORD])
{
	size_t length;

	if (text == NULL)
		return NULL;
	text += strspn(text, " ");
	length = strcspn(text, " ");
	if (length == 0 || length >= WORD)
		return NULL;
	memcpy(word, text, length);
	word[length] = '\0';
	return text + length;
}

static int line_in_file(const char *path, const char *mark)
{
	char comment[WORD + 8], in_python[WORD + 8];
	char line[512];
	int number = 0;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return 0;
	snprintf(comment, sizeof(comment), "/* %s */", mark);
	snprintf(in_python, sizeof(in_python), "# %s\n", mark);
	while (fgets(line, sizeof(line), file) != NULL) {
		number++;
		if (strstr(line, comment) != NULL || strstr(line, in_python) != NULL) {
			fclose(file);
			return number;
		}
	}
	fclose(file);
	return 0;
}

static int line_of(const char *sources, const char *mark)
{
	char source[WORD];
	char path[4096];
	int line = 0;

	while (line == 0 && (sources = next_word(sources, source)) != NULL) {
		snprintf(path, sizeof(path), SOURCE_DIRECTORY "/tests/cases/%s", source);
		line = line_in_file(path, mark);
	}
	return line;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int is_of(const json_t *frame, const char *sources)
{
	const char *file = base_name(text_of(frame, "file"));
	char source[WORD];

	while ((sources = next_word(sources, source)) != NULL)
		if (strcmp(base_name(source), file) == 0)
			return 1;
	return 0;
}

static const json_t *next_frame(const json_t *stack, size_t *index, const char *sources)
{
	while (*index < json_array_size(stack)) {
		const json_t *frame = json_array_get(stack, (*index)++);

		if (is_of(frame, sources))
			return frame;
	}
	return NULL;
}

/* A C++ function may be given with its parameters. */
static int is_function(const char *function, const char *name)
{
	size_t length = strlen(name);

	return strncmp(function, name, length) == 0 &&
	       (function[length] == '\0' || function[length] == '(');
}

static const char *expect_frame(const json_t *frame, char *expected, const char *sources)
{
	char *mark = strchr(expected, '@');
	const char *function = text_of(frame, "function");
	int line = (int)json_integer_value(json_object_get(frame, "line"));
	int expected_line;

	if (mark == NULL)
		return wrong("the test says %s, which has no mark", expected);
	*mark++ = '\0';
	expected_line = line_of(sources, mark);
	if (expected_line == 0)
		return wrong("no line of %s is marked %s", sources, mark);
	if (!is_function(function, expected) || line != expected_line)
		return wrong("frame is %s:%d, not %s:%d", function, line, expected, expected_line);
	return NULL;
}

const char *expect_stack(const json_t *stack, const char *frames, const char *sources)
{
	char expected[WORD];
	size_t index = 0;

	while ((frames = next_word(frames, expected)) != NULL) {
		const json_t *frame = next_frame(stack, &index, sources);
		const char *difference;

		if (frame == NULL)
			return wrong("there is no frame %s", expected);
		difference = expect_frame(frame, expected, sources);
		if (difference != NULL)
			return difference;
	}
	return NULL;
}

/* --- the whole report ------------------------------------------------------ */

static json_int_t count_severity(const json_t *findings, const char *severity)
{
	json_int_t count = 0;
	size_t index;
	json_t *finding;

	json_array_foreach((json_t *)findings, index, finding) count +=
		strcmp(text_of(finding, "severity"), severity) == 0;
	return count;
}

static const char *expect_count(const json_t *report, const char *key, const char *severity)
{
	const json_t *number = json_object_get(json_object_get(report, "summary"), key);
	json_int_t count = count_severity(json_object_get(report, "findings"), severity);

	if (!json_is_integer(number) || json_integer_value(number) != count)
		return wrong("summary.%s does not agree with %lld findings", key, (long long)count);
	return NULL;
}

static const char *expect_finding_fields(const json_t *finding)
{
	static const char *const texts[] = {"code",      "name",    "severity",
					    "certainty", "message", "fingerprint"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (text_of(finding, texts[i])[0] == '\0')
			return wrong("a finding has no %s", texts[i]);
	if (strstr(text_of(finding, "fingerprint"), "0x") != NULL)
		return wrong("a fingerprint has an address: %s", text_of(finding, "fingerprint"));
	if (json_integer_value(json_object_get(finding, "count")) < 1)
		return wrong("a finding has no count");
	return NULL;
}

static const char *expect_findings(const json_t *report)
{
	size_t index;
	json_t *finding;

	json_array_foreach(json_object_get(report, "findings"), index, finding)
	{
		const char *difference = expect_finding_fields(finding);

		if (difference != NULL)
			return difference;
	}
	return NULL;
}

static const char *expect_whole(const json_t *report)
{
	const json_t *run = json_object_get(report, "run");

	if (!json_is_true(json_object_get(run, "observed")))
		return wrong("the program was not observed");
	if (!json_is_true(json_object_get(run, "complete")))
		return wrong("the report is not complete: %s",
			     json_string_value(json_object_get(run, "incomplete_reason")));
	if (json_integer_value(json_object_get(json_object_get(report, "summary"), "events_lost")))
		return wrong("events were lost");
	return NULL;
}

const char *expect_contract(const json_t *report)
{
	const char *difference = expect_text(report, "schema", "forkcheck-report/1");

	if (difference == NULL)
		difference = expect_text(json_object_get(report, "tool"), "name", "forkcheck");
	if (difference == NULL)
		difference = expect_whole(report);
	if (difference == NULL)
		difference = expect_findings(report);
	if (difference == NULL)
		difference = expect_count(report, "errors", "error");
	if (difference == NULL)
		difference = expect_count(report, "warnings", "warning");
	return difference;
}
