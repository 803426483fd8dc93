/*
 * Captured memory is read here: a few ranges of bytes that the shim copied. They came from the
 * target, so an address is only ever compared, never followed.
 */
#include "unwind.h"
#include <string.h>

#define RANGES_MAX (sizeof(((struct captured_memory *)NULL)->ranges) / sizeof(struct memory_range))

static bool range_holds(const struct memory_range *range, uint64_t address)
{
	uint64_t offset = address - range->address;

	return address >= range->address && range->length >= sizeof(uint64_t) &&
	       offset <= range->length - sizeof(uint64_t);
}

static int captured_memory_read(const struct memory *memory, uint64_t address, uint64_t *value)
{
	const struct captured_memory *captured = (const struct captured_memory *)memory;

	for (size_t i = 0; i < captured->count; i++) {
		const struct memory_range *range = &captured->ranges[i];

		if (range_holds(range, address)) {
			memcpy(value, range->bytes + (address - range->address), sizeof(*value));
			return 0;
		}
	}
	return -1;
}

static const struct memory_range *range_of(const struct captured_memory *captured, uint64_t address)
{
	for (size_t i = 0; i < captured->count; i++)
		if (range_holds(&captured->ranges[i], address))
			return &captured->ranges[i];
	return NULL;
}

static bool captured_memory_is_apart(const struct memory *memory, uint64_t one, uint64_t other)
{
	const struct captured_memory *captured = (const struct captured_memory *)memory;
	const struct memory_range *first = range_of(captured, one);
	const struct memory_range *second = range_of(captured, other);

	return first && second && first != second;
}

void captured_memory_init(struct captured_memory *captured)
{
	*captured = (struct captured_memory){
		.memory = {.read = captured_memory_read, .is_apart = captured_memory_is_apart}};
}

bool captured_memory_add(struct captured_memory *captured, uint64_t address, const uint8_t *bytes,
			 size_t length)
{
	if (captured->count == RANGES_MAX)
		return false;
	captured->ranges[captured->count++] = (struct memory_range){address, bytes, length};
	return true;
}
