/* The kind of memory that a process waits in is read from its list of mappings. */
#include "awaited_place.h"
#include "process/memory_map.h"
#include <string.h>

static enum place_kind kind_of(const struct mapping *mapping)
{
	if (mapping->shared)
		return PLACE_SHARED;
	if (mapping->inode)
		return PLACE_FILE;
	if (strcmp(mapping->path, "[heap]") == 0)
		return PLACE_HEAP;
	return strcmp(mapping->path, "[stack]") == 0 ? PLACE_STACK : PLACE_ANONYMOUS;
}

void place_record(uint32_t serial, pid_t pid, pid_t tid, struct writer *writer, uint64_t address)
{
	struct mapping mapping;
	struct record_place record = {.serial = serial, .address = address, .tid = tid};

	if (!maps_find(pid, address, &mapping))
		return;
	record.kind = kind_of(&mapping);
	record.start = mapping.start;
	record.end = mapping.end;
	record.name_length = mapping.inode ? (uint32_t)strlen(mapping.path) : 0;
	writer_append(writer, RECORD_PLACE, &record, sizeof(record), mapping.path,
		      record.name_length);
}
