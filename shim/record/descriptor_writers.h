/*
 * Who has written to each descriptor, and who has read from it, in private memory: a child that
 * waits for one which only lost threads wrote to waits for them. A write costs a load and a compare
 * where the same thread wrote last from the same line; no system call, no log space.
 */
#ifndef FORKCHECK_RECORD_DESCRIPTOR_WRITERS_H
#define FORKCHECK_RECORD_DESCRIPTOR_WRITERS_H

#include "base/process.h"
#include "common/log_format.h"
#include "state/thread.h"

extern struct session_descriptor session_descriptors[DESCRIPTORS] HIDDEN;

void descriptor_note_written(int descriptor, uint64_t use);

/* The calling thread is about to write. Async-signal-safe, as all here. */
static inline void descriptor_written(int descriptor, const void *site)
{
	uint64_t use = thread_mark | ((uintptr_t)site & OBJECT_ADDRESS);

	if ((unsigned)descriptor < DESCRIPTORS &&
	    unlikely(atomic_load_explicit(&session_descriptors[descriptor].last,
					  memory_order_relaxed) != use))
		descriptor_note_written(descriptor, use);
}

/* It is about to read. What a child reads says nothing of the use before its fork. */
static inline void descriptor_read(int descriptor)
{
	uint64_t bit = DESCRIPTOR_THREAD(thread_mark >> OBJECT_THREAD & OBJECT_SERIAL);
	struct session_descriptor *known;

	if ((unsigned)descriptor >= DESCRIPTORS)
		return;
	known = &session_descriptors[descriptor];
	if (unlikely(!(atomic_load_explicit(&known->readers, memory_order_relaxed) & bit)) &&
	    !process.inherits)
		atomic_fetch_or_explicit(&known->readers, bit, memory_order_relaxed);
}

/* A stream is made of it: stdio reads and writes by names of libc's own, which nobody sees. */
void descriptor_goes_unseen(int descriptor);
/* It is another one from now on; all are. */
void descriptor_writers_forget(int descriptor);
void descriptor_writers_forget_all(void);
/* `to` is what `from` is, from now on. */
void descriptor_writers_copied(int from, int to);

/* Where the CLI finds them. */
uint64_t descriptor_writers_address(void);

#endif
