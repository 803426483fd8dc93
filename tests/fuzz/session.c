/*
 * Damaged sessions: reader, model, rules and renderers. An input is a list of
 * patches to one of the kept sessions in the folder FORKCHECK_FUZZ_BASES, so
 * that it need not find its way through half a megabyte of valid records.
 */
#include "cli/findings/assemble.h"
#include "cli/report/formats.h"
#include "cli/session/reader.h"
#include "fuzz.h"
#include "input.h"
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASES 16

static struct base {
	unsigned char *bytes;
	size_t size;
	size_t cells; /* where the records begin */
} bases[BASES];
static size_t base_count;
static FILE *sink;

/* Without the files that it names, a session takes a hundredth of the time. */
static void misname_modules(struct base *base)
{
	struct reader reader;
	struct record_buffer buffer = {0};

	if (reader_open(&reader, base->bytes, base->size))
		errx(2, "not a session");
	while (reader_next(&reader, &buffer)) {
		size_t at = base->cells + (size_t)buffer.reference * SESSION_CELL;
		struct record_module *module = (void *)(base->bytes + at);

		if (buffer.type == RECORD_MODULE && module->path_length)
			module->text[0] = '?';
	}
	free(buffer.record);
	reader_close(&reader);
}

static void load_base(const char *path)
{
	struct base *base = &bases[base_count];
	FILE *file = fopen(path, "r");

	if (!file || fseek(file, 0, SEEK_END))
		err(2, "%s", path);
	base->size = (size_t)ftell(file);
	rewind(file);
	base->bytes = malloc(base->size);
	if (!base->bytes || fread(base->bytes, 1, base->size, file) != base->size)
		err(2, "%s", path);
	fclose(file);
	base->cells = ((struct session_header *)(void *)base->bytes)->cells_offset;
	if (base->size < sizeof(struct session_header) || base->cells >= base->size)
		errx(2, "%s: not a session", path);
	misname_modules(base);
	base_count++;
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	const char *folder = getenv("FORKCHECK_FUZZ_BASES");
	DIR *directory = folder ? opendir(folder) : NULL;
	const struct dirent *entry;
	char path[4096];

	(void)count;
	(void)arguments;
	if (!directory)
		errx(2, "FORKCHECK_FUZZ_BASES must name a folder with kept sessions");
	while (base_count < BASES && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			load_base(path);
	}
	closedir(directory);
	sink = fopen("/dev/null", "w");
	if (!base_count || !sink)
		errx(2, "%s: no kept session", folder);
	return 0;
}

/* What one patch does to the bytes. */
enum patch_kind {
	PATCH_HEADER,  /* bytes of the header */
	PATCH_BIRTHS,  /* bytes between the header and the records */
	PATCH_CELLS,   /* bytes of a record */
	PATCH_SPECIAL, /* a word that is often mishandled, at any word of a record */
	PATCH_COPY,    /* one record's first cell over another's */
	PATCH_CUT,     /* the file ends here */
	PATCH_KINDS
};

static size_t apply_patch(const struct base *base, unsigned char *bytes, size_t size,
			  struct input *input)
{
	size_t header = sizeof(struct session_header);
	size_t cells = (base->size - base->cells) / SESSION_CELL;
	size_t words = (base->size - base->cells) / sizeof(uint64_t);
	unsigned char *records = bytes + base->cells;
	uint64_t value;
	size_t at;

	switch (input_take(input, 1) % PATCH_KINDS) {
	case PATCH_HEADER:
		input_overwrite(input, bytes, header);
		break;
	case PATCH_BIRTHS:
		input_overwrite(input, bytes + header, base->cells - header);
		break;
	case PATCH_CELLS:
		input_overwrite(input, records, base->size - base->cells);
		break;
	case PATCH_SPECIAL:
		at = input_take(input, 3) % words * sizeof(uint64_t);
		value = input_take_special(input);
		memcpy(records + at, &value, sizeof(value));
		break;
	case PATCH_COPY:
		memmove(records + input_take(input, 2) % cells * SESSION_CELL,
			records + input_take(input, 2) % cells * SESSION_CELL, SESSION_CELL);
		break;
	case PATCH_CUT:
		/* Rarely: most of what can be wrong needs a whole file. */
		if (input_take(input, 1) == 0)
			return input_take(input, 3) % (size + 1);
		break;
	}
	return size;
}

static void render(const struct report *report)
{
	const struct render_options look = {.width = 80};

	for (const struct report_format *format = report_formats; format->name; format++)
		format->render(sink, report, &look);
}

static void judge_bytes(const unsigned char *bytes, size_t size)
{
	struct suppressions *suppressions;
	struct report report = {0};
	struct reader reader;
	struct model model;
	struct arena arena;

	if (reader_open(&reader, bytes, size))
		return;
	suppressions = suppressions_new();
	arena_init(&arena);
	model_init(&model, &reader, NULL);
	model_update(&model);
	assemble_report(&model, &arena, suppressions, true, &report);
	report.show_notes = true;
	render(&report);
	model_release(&model);
	arena_release(&arena);
	suppressions_free(suppressions);
	reader_close(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct input input = {data, length};
	const struct base *base = &bases[input_take(&input, 1) % base_count];
	size_t size = base->size;
	unsigned char *bytes = malloc(size), *exact;

	memcpy(bytes, base->bytes, size);
	while (input.left && size == base->size)
		size = apply_patch(base, bytes, size, &input);
	/* Of the very size, so that a step beyond is seen. */
	exact = aligned_alloc(64, (size + 63) / 64 * 64);
	memcpy(exact, bytes, size);
	judge_bytes(exact, size);
	free(exact);
	free(bytes);
	return 0;
}
