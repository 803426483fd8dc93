/*
 * A session log in memory, written record by record: what the shim would have
 * left, or what a hostile program would. The bytes end where their allocation
 * ends, so that a sanitizer sees every step beyond.
 */
#ifndef UNIT_SESSION_BUILDER_H
#define UNIT_SESSION_BUILDER_H

#include "../../shim/common/log_format.h"
#include <stddef.h>

struct session_builder {
	struct session_header *header; /* the first of `size` bytes */
	size_t size;
	uint64_t time_ns; /* of the next record; a millisecond more each time */
};

/* `births` and the 64 entries of the intern table are powers of two. */
void session_builder_open(struct session_builder *builder, uint32_t births, uint64_t cells);
void session_builder_close(struct session_builder *builder);

/* Moves the counter on as a writer does who is killed right after. Returns the first cell. */
session_reference session_builder_claim(struct session_builder *builder, uint64_t cells);
void *session_builder_cell(const struct session_builder *builder, session_reference reference);

/* Appends a committed record, `extra` after it; the header of `record` is filled in here. */
session_reference session_builder_add(struct session_builder *builder, enum record_type type,
				      uint32_t process, const void *record, size_t size,
				      const void *extra, size_t extra_size);

/* session_add(builder, HELD, held, 2, .lock = 0x1000): a record of a fixed size. */
#define session_add(builder, TYPE, type, process, ...)                                             \
	session_builder_add(builder, RECORD_##TYPE, process, &(struct record_##type){__VA_ARGS__}, \
			    sizeof(struct record_##type), NULL, 0)

/* The records with texts and lists. `path` may be NULL. */
session_reference session_builder_process(struct session_builder *builder,
					  struct record_process process, const char *path);
session_reference session_builder_module(struct session_builder *builder, uint32_t image,
					 const char *path, uint64_t bias);
/* Also becomes the LOST record of `fork`. */
session_reference session_builder_lost(struct session_builder *builder, uint32_t process,
				       session_reference fork, const session_reference *threads,
				       uint32_t count);

/* Takes the next place in the ring. Returns its number. */
uint64_t session_builder_birth(struct session_builder *builder, struct session_birth birth);
struct session_birth *session_builder_birth_at(const struct session_builder *builder,
					       uint64_t number);

#endif
