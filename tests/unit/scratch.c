/* Lays a session out as the CLI does, but small and on the heap. */
#include "scratch.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define CELLS 4096

void scratch_open(struct scratch *scratch, uint32_t births)
{
	struct session_header *header;
	uint64_t cells_offset = sizeof(*header) + births * sizeof(struct session_birth) + 64;

	memset(scratch, 0, sizeof(*scratch));
	scratch->size = cells_offset + CELLS * SESSION_CELL;
	header = aligned_alloc(64, scratch->size);
	ck_assert_ptr_nonnull(header);
	memset(header, 0, scratch->size);
	memcpy(header->magic, SESSION_MAGIC, sizeof(header->magic));
	header->version = SESSION_VERSION;
	header->header_size = sizeof(*header);
	header->file_size = scratch->size;
	header->births_count = births;
	header->births_offset = sizeof(*header);
	header->intern_count = 1;
	header->intern_offset = cells_offset - 64;
	header->cells_count = CELLS;
	header->cells_offset = cells_offset;
	atomic_store(&header->next_cell, 1);
	scratch->header = header;
	ck_assert_ptr_null(reader_open(&scratch->reader, header, scratch->size));
	writer_init(&scratch->writer, header, &scratch->reader);
	model_init(&scratch->model, &scratch->reader, NULL);
}

void scratch_close(struct scratch *scratch)
{
	model_release(&scratch->model);
	reader_close(&scratch->reader);
	free(scratch->header);
}

session_reference scratch_add(struct scratch *scratch, uint32_t process, enum record_type type,
			      const void *facts, size_t size, const void *extra, size_t extra_size)
{
	session_reference reference =
		writer_append(&scratch->writer, type, facts, size, extra, extra_size);
	unsigned char *cells = (unsigned char *)scratch->header + scratch->header->cells_offset;

	ck_assert_uint_ne(reference, 0);
	((struct record *)(cells + reference * (size_t)SESSION_CELL))->process = process;
	return reference;
}

void scratch_add_image(struct scratch *scratch, uint32_t serial, const char *path)
{
	const struct record_process record = {.serial = serial,
					      .image = serial,
					      .pid = (int32_t)(1000 + serial),
					      .kind = BIRTH_IMAGE,
					      .path_length = (uint16_t)strlen(path)};

	scratch_add(scratch, serial, RECORD_PROCESS, &record, sizeof(record), path, strlen(path));
}

void scratch_add_module(struct scratch *scratch, uint32_t image, const char *path, uint64_t bias)
{
	const struct record_module record = {
		.image = image, .bias = bias, .path_length = (uint16_t)strlen(path)};

	scratch_add(scratch, image, RECORD_MODULE, &record, sizeof(record), path, strlen(path));
}

session_reference scratch_add_fork(struct scratch *scratch, uint32_t parent)
{
	const struct record_fork record = {.parent = parent, .function = FORK_FORK};

	return scratch_add(scratch, parent, RECORD_FORK, &record, sizeof(record), NULL, 0);
}

void scratch_add_birth(struct scratch *scratch, uint32_t serial, int pid)
{
	struct session_header *header = scratch->header;
	uint64_t number = atomic_fetch_add(&header->next_birth, 1);
	struct session_birth *ring = (void *)((unsigned char *)header + header->births_offset);
	struct session_birth *birth = &ring[number & (header->births_count - 1)];

	birth->process = serial;
	birth->pid = pid;
	birth->kind = BIRTH_CHILD;
	atomic_store(&birth->sequence, number + 1);
	atomic_fetch_add(&header->counters.processes, 1);
}
