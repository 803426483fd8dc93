/*
 * The CLI appends its records to the mapped log here, by the same protocol as the shim
 * (shim/common/log_format.h).
 */
#include "writer.h"
#include "base/clock.h"
#include <string.h>
#include <time.h>

void writer_init(struct writer *writer, struct session_header *live, const struct reader *reader)
{
	writer->live = live;
	writer->cells_offset = reader->header.cells_offset;
	writer->cells_count = reader->header.cells_count;
	writer->own_cells = reader->header.own_cells;
}

/* From `next` up to `end`. False when it does not fit. */
static bool claim(_Atomic uint64_t *next, uint64_t end, uint64_t cells, uint64_t *first)
{
	*first = atomic_fetch_add(next, cells);
	return cells <= end && *first <= end - cells;
}

session_reference writer_append_of(struct writer *writer, uint32_t serial, enum record_type type,
				   const void *facts, size_t size, const void *extra,
				   size_t extra_size)
{
	uint64_t cells = (size + extra_size + SESSION_CELL - 1) / SESSION_CELL;
	unsigned char *chunk;
	struct record *record;
	uint64_t first;

	/* The program's part of the log may be full: ours comes first. */
	if (!claim(&writer->live->next_own_cell, writer->own_cells, cells, &first) &&
	    !claim(&writer->live->next_cell, writer->cells_count, cells, &first)) {
		atomic_fetch_add(&writer->live->counters.dropped, 1);
		return 0;
	}
	chunk = (unsigned char *)writer->live + writer->cells_offset + first * SESSION_CELL;
	record = (struct record *)chunk;
	atomic_store(&record->size, (uint32_t)(size + extra_size));
	memcpy(chunk + sizeof(*record), (const unsigned char *)facts + sizeof(*record),
	       size - sizeof(*record));
	if (extra_size)
		memcpy(chunk + size, extra, extra_size);
	record->process = serial;
	record->time_ns = clock_ns(CLOCK_MONOTONIC);
	atomic_store(&record->count, 1);
	atomic_store_explicit(&record->commit, RECORD_COMMITTED | type, memory_order_release);
	return (session_reference)first;
}

session_reference writer_append(struct writer *writer, enum record_type type, const void *facts,
				size_t size, const void *extra, size_t extra_size)
{
	return writer_append_of(writer, 0, type, facts, size, extra, extra_size);
}
