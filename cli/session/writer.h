/*
 * The CLI as one more writer of the log: what it saw from the outside becomes
 * a record like any other, so that a saved session is judged like a live one.
 */
#ifndef FORKCHECK_WRITER_H
#define FORKCHECK_WRITER_H

#include "reader.h"

/* The program can write over the mapped header: offsets come from the checked copy. */
struct writer {
	struct session_header *live;
	uint64_t cells_offset;
	uint64_t cells_count;
	uint64_t own_cells;
};

/* `live` is the mapped file that `reader` was opened on. */
void writer_init(struct writer *writer, struct session_header *live, const struct reader *reader);

/*
 * Appends a record: `facts` is the whole struct (its header is filled in here),
 * `extra` what follows it. Returns its reference; 0 when the log is full, which
 * is counted as for every other writer.
 */
session_reference writer_append(struct writer *writer, enum record_type type, const void *facts,
				size_t size, const void *extra, size_t extra_size);

/* The same of a record about what process `serial` itself did. */
session_reference writer_append_of(struct writer *writer, uint32_t serial, enum record_type type,
				   const void *facts, size_t size, const void *extra,
				   size_t extra_size);

#endif
