/*
 * Hostile files of the user's, suppressions above all: the first half of an input
 * is the file, the rest are the texts of a finding that it is matched with. The
 * same file is a baseline, and one of options.
 */
#include "cli/findings/suppressions.h"
#include "cli/commands/options_file.h"
#include "fuzz.h"
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	return 0;
}

static char *text_of(const uint8_t *data, size_t length)
{
	char *text = malloc(length + 1);

	memcpy(text, data, length);
	text[length] = '\0';
	return text;
}

static void match(struct suppressions *suppressions, char *text)
{
	struct frame frame = {.function = text, .module = text};
	struct missing_group group = {.library = text, .count = 1};
	struct finding finding = {
		.code = "FC001",
		.name = "orphaned-lock",
		.lock = {.present = true, .kind = "mutex", .name = text},
		.holder = {.present = true, .library = text},
		.child = {.present = true, .stack = {.list = &frame, .count = 1}},
		.missing = &group,
		.missing_count = 1,
	};

	suppressions_match(suppressions, &finding);
}

static void read_options(const char *path)
{
	struct options_file file;
	const char *problem;
	struct arena arena;
	int count;

	arena_init(&arena);
	if (options_file_open(&file, &arena, path, &problem))
		while (options_file_next(&file, &arena, &count))
			;
	options_file_close(&file);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct suppressions *suppressions = suppressions_new();
	int file = memfd_create("suppressions", 0);
	char path[64], *text = text_of(data + length / 2, length - length / 2);
	FILE *sink = fopen("/dev/null", "w");

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (!sink || file < 0 || write(file, data, length / 2) != (ssize_t)(length / 2))
		err(2, "memfd");
	suppressions_read(suppressions, path);
	suppressions_free(suppressions_open(NULL, 0, path));
	read_options(path);
	match(suppressions, text);
	suppressions_report_unused(suppressions, sink);
	fclose(sink);
	close(file);
	suppressions_free(suppressions);
	free(text);
	return 0;
}
