/* Lays a session log out in memory and fills it. No file, no process. */
#include "session_builder.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define INTERNS 64

void session_builder_open(struct session_builder *builder, uint32_t births, uint64_t cells)
{
	struct session_header *header;
	uint64_t births_offset = sizeof(*header);
	uint64_t intern_offset = births_offset + births * sizeof(struct session_birth);
	uint64_t cells_offset = intern_offset + INTERNS * sizeof(struct session_intern);

	builder->size = cells_offset + cells * SESSION_CELL;
	builder->time_ns = 1000000000;
	builder->header = header = aligned_alloc(SESSION_CELL, builder->size);
	ck_assert_ptr_nonnull(header);
	memset(header, 0, builder->size);
	memcpy(header->magic, SESSION_MAGIC, sizeof(header->magic));
	header->version = SESSION_VERSION;
	header->header_size = sizeof(*header);
	header->file_size = builder->size;
	header->births_offset = births_offset;
	header->births_count = births;
	header->intern_offset = intern_offset;
	header->intern_count = INTERNS;
	header->cells_offset = cells_offset;
	header->cells_count = cells;
	header->next_cell = 1;
}

void session_builder_close(struct session_builder *builder)
{
	free(builder->header);
	builder->header = NULL;
}

session_reference session_builder_claim(struct session_builder *builder, uint64_t cells)
{
	return (session_reference)atomic_fetch_add(&builder->header->next_cell, cells);
}

void *session_builder_cell(const struct session_builder *builder, session_reference reference)
{
	return (char *)builder->header + builder->header->cells_offset +
	       (uint64_t)reference * SESSION_CELL;
}

session_reference session_builder_add(struct session_builder *builder, enum record_type type,
				      uint32_t process, const void *record, size_t size,
				      const void *extra, size_t extra_size)
{
	uint64_t cells = (size + extra_size + SESSION_CELL - 1) / SESSION_CELL;
	session_reference reference = session_builder_claim(builder, cells);
	struct record *chunk = session_builder_cell(builder, reference);

	ck_assert_uint_le(reference + cells, builder->header->cells_count);
	memcpy(chunk, record, size);
	if (extra_size)
		memcpy((char *)chunk + size, extra, extra_size);
	chunk->process = process;
	chunk->time_ns = builder->time_ns;
	if (!chunk->count)
		chunk->count = 1;
	chunk->size = (uint32_t)(size + extra_size);
	chunk->commit = RECORD_COMMITTED | type;
	builder->time_ns += 1000000;
	return reference;
}

session_reference session_builder_process(struct session_builder *builder,
					  struct record_process process, const char *path)
{
	process.path_length = (uint16_t)(path ? strlen(path) : 0);
	return session_builder_add(builder, RECORD_PROCESS, process.serial, &process,
				   sizeof(process), path, process.path_length);
}

session_reference session_builder_module(struct session_builder *builder, uint32_t image,
					 const char *path, uint64_t bias)
{
	struct record_module module = {
		.image = image, .bias = bias, .path_length = (uint16_t)strlen(path)};

	return session_builder_add(builder, RECORD_MODULE, image, &module, sizeof(module), path,
				   module.path_length);
}

session_reference session_builder_lost(struct session_builder *builder, uint32_t process,
				       session_reference fork, const session_reference *threads,
				       uint32_t count)
{
	struct record_fork *owner = session_builder_cell(builder, fork);
	struct record_lost lost = {.count = count};
	session_reference reference =
		session_builder_add(builder, RECORD_LOST, process, &lost, sizeof(lost), threads,
				    count * sizeof(*threads));

	owner->lost = reference;
	return reference;
}

struct session_birth *session_builder_birth_at(const struct session_builder *builder,
					       uint64_t number)
{
	struct session_birth *ring =
		(void *)((char *)builder->header + builder->header->births_offset);

	return &ring[number & (builder->header->births_count - 1)];
}

uint64_t session_builder_birth(struct session_builder *builder, struct session_birth birth)
{
	uint64_t number = atomic_fetch_add(&builder->header->next_birth, 1);

	birth.sequence = number + 1;
	*session_builder_birth_at(builder, number) = birth;
	return number;
}
