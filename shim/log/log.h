/*
 * Writing to the session log. No function blocks or fails visibly: what finds
 * no room is counted in the header's `dropped`.
 */
#ifndef FORKCHECK_LOG_LOG_H
#define FORKCHECK_LOG_LOG_H

#include "common/log_format.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Maps the session file. Returns false where there is none that fits. */
bool log_open(const char *path);

struct session_header *log_header(void);

/* A fact's place in the intern table, between the search and the publication. */
struct intern_place {
	struct session_intern *entry; /* NULL: the table was full */
};

/* Beyond this many steps a full neighbourhood of the intern table counts as full. */
#define LOG_PROBES 16

/*
 * Looks a fact up by the hash of its identity. Known: adds one to its count
 * and returns it. Unknown: returns 0, and the caller writes the record and
 * publishes it with log_publish(). A writer that dies in between leaves the
 * fact to be written again by everybody else: never wrong, only longer.
 */
session_reference log_find(uint64_t hash, struct intern_place *place);
void log_publish(const struct intern_place *place, session_reference reference);

/* Claims a chunk and fills its header. NULL when the log is full (counted). Before its
 * first record a process says who it is. */
void *log_claim(size_t size, session_reference *reference);
/* For a record that says so itself. */
void *log_claim_alone(size_t size, session_reference *reference);
void log_commit(void *record, enum record_type type);

/* The record behind a reference that this process wrote or inherited. */
void *log_record(session_reference reference);

/* Tells the CLI to look at once. */
void log_announce(void);

/*
 * Births of processes. A place in the ring is reserved before a fork and filled
 * by the parent after it: a page that the child need not touch is a page fault
 * less in every child. A fork that failed fills in a birth of kind 0.
 */
uint64_t log_birth_reserve(void);
void log_birth_fill(uint64_t index, const struct session_birth *birth);
/* Sets BIRTH_EXECED, for a process that sees itself as `pid`. */
void log_birth_execed(uint64_t index, pid_t pid);
void log_birth_mark(uint64_t index, enum birth_state bit);
void log_birth_unmark(uint64_t index, enum birth_state bit);

/* A thread has entered fork(), and left it. */
void log_birth_forking(uint64_t index, int32_t tid);
void log_birth_forked(uint64_t index, int32_t tid);

/* 64-bit hash of facts, for log_find(). Start with HASH_SEED. */
#define HASH_SEED 0x9e3779b97f4a7c15u
static inline uint64_t hash_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0xff51afd7ed558ccdu;
	return hash ^ hash >> 32;
}
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length);

#endif
