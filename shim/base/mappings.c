/*
 * The mappings of this process are read from /proc/self/maps, line by line, with a buffer on
 * the stack. That may be in any thread, and in signal handlers.
 */
#include "base/mappings.h"
#include "base/process.h"
#include "common/raw.h"
#include <fcntl.h>
#include <string.h>

#define MAPS "/proc/self/maps"
/* All before the path of a line: "7f0000000000-7f0000001000 rw-s 00000000 00:01 4242 " */
#define LINE_HEAD 100
#define READ_SIZE 2048

struct line {
	char text[LINE_HEAD];
	size_t length;
};

uint64_t maps_number(const char **at, unsigned base)
{
	uint64_t value = 0;

	for (;; (*at)++) {
		unsigned digit = (unsigned)(**at - '0');

		if (digit > 9)
			digit = (unsigned)(**at - 'a') + 10;
		if (digit >= base)
			return value;
		value = value * base + digit;
	}
}

/* True when the byte ends the line. */
static bool add_byte(struct line *line, char byte)
{
	if (byte != '\n') {
		if (line->length < sizeof(line->text) - 1)
			line->text[line->length++] = byte;
		return false;
	}
	line->text[line->length] = '\0';
	line->length = 0;
	return true;
}

static bool mappings_walk(int maps, maps_visitor *visit, void *data)
{
	char bytes[READ_SIZE];
	struct line line = {.length = 0};
	long count;

	while ((count = raw_syscall(SYS_read, maps, bytes, sizeof(bytes))) > 0)
		for (long i = 0; i < count; i++)
			if (add_byte(&line, bytes[i]) && visit(line.text, data))
				return true;
	return false;
}

bool maps_walk(maps_visitor *visit, void *data)
{
	int maps = raw_open(MAPS, O_RDONLY | O_CLOEXEC);
	bool is_found;

	if (maps < 0)
		return false;
	is_found = mappings_walk(maps, visit, data);
	raw_close(maps);
	return is_found;
}

struct lookup {
	uint64_t address;
	struct mapping_range range;
};

/* "7f0000000000-7f0000001000 rw-s ..." */
static bool mappings_find_address(const char *line, void *data)
{
	struct lookup *lookup = data;
	struct mapping_range range = {.start = maps_number(&line, 16)};

	line++;
	range.end = maps_number(&line, 16);
	if (lookup->address < range.start || lookup->address >= range.end)
		return false;
	range.kind = line[strlen(" rw-")] == 's' ? MEMORY_SHARED : MEMORY_PRIVATE;
	lookup->range = range;
	return true;
}

/* Not inlined: its buffer would lie over what is left of frames that a record is to show. */
__attribute__((noinline)) struct mapping_range maps_look_up(const void *address)
{
	struct lookup lookup = {.address = (uintptr_t)address};
	int saved = errno;

	if (!process.is_filtered)
		maps_walk(mappings_find_address, &lookup);
	restore_errno(saved);
	return lookup.range;
}
