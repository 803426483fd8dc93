/*
 * Reads a session log. A pure function over bytes: it makes no system call,
 * keeps nothing of what it is shown, and trusts no byte. The bytes may be
 * changing while they are read, so each record is copied first and judged then.
 */
#ifndef FORKCHECK_READER_H
#define FORKCHECK_READER_H

#include "shim/common/log_format.h"
#include <stdbool.h>
#include <stddef.h>

#define READER_UNWRITTEN 64

struct reader {
	const unsigned char *bytes;
	size_t size;
	struct session_header header; /* a checked copy of the fixed part */
	uint64_t own_position;        /* the same, for the cells of the CLI */
	uint64_t position;            /* cells before it belong to this or an earlier pass */
	/* What this pass looks at, and what it leaves to the next one: chunks that
	 * their writer had not committed, and runs of cells that nobody had begun. */
	struct reader_ranges {
		struct reader_range {
			uint64_t start, end;
		} * list;
		size_t count, capacity;
	} current, unfinished;
	size_t range; /* of `current` */
	bool in_pass;
	uint64_t corrupt; /* chunks whose size or type makes no sense */
	uint64_t next_birth;
	uint64_t births_missed;
	/* Births that were begun and not written when it was their turn. */
	uint64_t unwritten[READER_UNWRITTEN];
	size_t unwritten_count;
};

/* NULL when the bytes are a session log, else why not (one clause). */
const char *reader_open(struct reader *reader, const void *bytes, size_t size);
void reader_close(struct reader *reader);

/*
 * The next record that is committed and was not returned before. Copies it
 * into `buffer` (malloc'ed, grown as needed, the caller's) and says where it
 * stands. False when there is none now; more may come while writers live.
 */
struct record_buffer {
	struct record *record;
	size_t capacity;
	size_t size;
	enum record_type type;
	session_reference reference;
};
bool reader_next(struct reader *reader, struct record_buffer *buffer);

/* The next process that was born. False when there is none now. */
bool reader_next_birth(struct reader *reader, struct session_birth *birth);

/* The ring entry of a birth, as it is now; false when another took its place. */
bool reader_birth(const struct reader *reader, uint64_t number, struct session_birth *birth);

/* The words of a record that change after it is committed, as they are now. */
uint64_t reader_count(const struct reader *reader, session_reference reference);
uint32_t reader_fork_execs(const struct reader *reader, session_reference reference);
session_reference reader_fork_lost(const struct reader *reader, session_reference reference);
uint64_t reader_wait_ended(const struct reader *reader, session_reference reference);
/* What the call returned; worth something only once it has ended. */
int reader_wait_result(const struct reader *reader, session_reference reference);
/* Of a SHARED_USE record, when it was used last. */
uint64_t reader_shared_last(const struct reader *reader, session_reference reference);
/* And whether its process has tried to read from what it wrote to. */
bool reader_shared_is_read(const struct reader *reader, session_reference reference);
/* Of an UNOBSERVED record: the process did not become that program. */
bool reader_exec_failed(const struct reader *reader, session_reference reference);

/* A SHARE record as it is now. False when it belongs to nobody. */
bool reader_share(const struct reader *reader, session_reference reference,
		  struct record_share *share);

/* A SECTION record as it is now. False: it is none. */
bool reader_section(const struct reader *reader, session_reference reference,
		    struct record_section *section);

/* Records that are lost for certain, given that nobody writes any more: dropped
 * for want of room, begun and never committed, or damaged. */
uint64_t reader_lost(const struct reader *reader);

#endif
