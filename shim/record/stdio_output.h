/*
 * Output that stdio had not written yet at a fork. Parent and child have the
 * bytes; whoever writes its copy writes a COPIED record.
 */
#ifndef FORKCHECK_RECORD_STDIO_OUTPUT_H
#define FORKCHECK_RECORD_STDIO_OUTPUT_H

#include "shim.h"
#include <stdio.h>

struct thread;

/* Before a fork, in the parent: what waits to be written? */
void output_before_fork(struct thread *thread);
/* First thing in the child: what of it came along. */
void output_in_child(void);
/* The process ends, or becomes another program. `flushes`: exit() writes what still waits. */
void output_at_end(bool flushes);

#define OUTPUTS 8

/* What waited in one stream at a fork. */
struct output {
	FILE *stream;
	uint64_t identity;
	const char *start; /* where the bytes wait */
	size_t length;
	uint64_t hash;
	int descriptor;
	dev_t device;
	ino_t inode;
};

/* What a call of the program's is about to write. */
struct writing {
	uint32_t count;
	struct output outputs[OUTPUTS];
};

/* Around a call that writes what waits in a stream, NULL: in all of them. Leaves errno alone. */
void output_begin_write(struct writing *writing, const FILE *stream);
/* After one that succeeded. */
void output_end_write(const struct writing *writing);
/* What waited there is thrown away. */
void output_forget(const FILE *stream);

#endif
