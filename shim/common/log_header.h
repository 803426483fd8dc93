/*
 * Is this the header of a log that can be used? One answer for the process that writes to it
 * and for whoever reads it: the file may be another one, cut, or damaged on purpose.
 */
#ifndef FORKCHECK_COMMON_LOG_HEADER_H
#define FORKCHECK_COMMON_LOG_HEADER_H

#include "log_format.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool log_part_fits(const struct session_header *header, uint64_t offset,
				 uint64_t count, uint64_t size)
{
	return offset >= sizeof(*header) && offset % 64 == 0 && offset <= header->file_size &&
	       count <= (header->file_size - offset) / size;
}

static inline bool log_is_power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

/* What is wrong with the header of a file of `size` bytes, as the end of a sentence; NULL:
 * nothing. */
static inline const char *log_header_problem(const struct session_header *header, size_t size)
{
	if (memcmp(header->magic, SESSION_MAGIC, sizeof(header->magic)) != 0)
		return "it is not a forkcheck session";
	if (header->version != SESSION_VERSION)
		return "it was written by another version of forkcheck";
	if (header->header_size != sizeof(*header) || header->file_size != size)
		return "it is truncated or damaged";
	if (!log_is_power_of_two(header->births_count) ||
	    !log_is_power_of_two(header->intern_count) || header->cells_count >= UINT32_MAX ||
	    header->own_cells > header->cells_count ||
	    !log_part_fits(header, header->births_offset, header->births_count,
			   sizeof(struct session_birth)) ||
	    !log_part_fits(header, header->intern_offset, header->intern_count,
			   sizeof(struct session_intern)) ||
	    !log_part_fits(header, header->cells_offset, header->cells_count, SESSION_CELL))
		return "its header is damaged";
	return NULL;
}

#endif
