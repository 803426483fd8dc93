/*
 * What the libc of a process keeps of each thread, in the struct that pthread_self() points to.
 * libc describes the fields for debuggers; the description is that of the process' own libc.
 */
#ifndef FORKCHECK_WATCH_THREAD_DESCRIPTOR_H
#define FORKCHECK_WATCH_THREAD_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the fields are, in bytes from the start. */
struct descriptor_fields {
	uint32_t tid, start_routine, cancelhandling, list;
};

/* Of the libc, or of the static program, that a process has mapped. False: of a libc that
 * describes nothing. Nobody is stopped. */
bool descriptor_find_fields(pid_t pid, struct descriptor_fields *fields);

struct descriptor {
	int32_t tid;            /* 0, or below: of none that lives */
	uint64_t start_routine; /* 0: of the first thread */
	bool has_ended;         /* or is about to */
};
/* What an address has that may be the one of a descriptor. False where it is not. */
bool descriptor_read(pid_t pid, const struct descriptor_fields *fields, uint64_t self,
		     struct descriptor *descriptor);

#endif
