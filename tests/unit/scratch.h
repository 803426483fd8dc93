/* A session log in memory, for tests of what reads one. */
#ifndef UNIT_SCRATCH_H
#define UNIT_SCRATCH_H

#include "cli/session/model.h"
#include "cli/session/writer.h"

struct scratch {
	struct session_header *header;
	size_t size;
	struct reader reader;
	struct writer writer;
	struct model model;
};

/* An empty log with room for that many processes (a power of two) and some hundred records. */
void scratch_open(struct scratch *scratch, uint32_t births);
void scratch_close(struct scratch *scratch);

/* Appends a record as a process of the session would; `extra` follows it. */
session_reference scratch_add(struct scratch *scratch, uint32_t process, enum record_type type,
			      const void *facts, size_t size, const void *extra, size_t extra_size);

/* A program that was started, and its PROCESS record. */
void scratch_add_image(struct scratch *scratch, uint32_t serial, const char *path);
void scratch_add_module(struct scratch *scratch, uint32_t image, const char *path, uint64_t bias);
session_reference scratch_add_fork(struct scratch *scratch, uint32_t parent);
void scratch_add_birth(struct scratch *scratch, uint32_t serial, int pid);

#endif
