/*
 * Output that stdio had not written yet at a fork. Parent and child have the
 * bytes; whoever writes its copy writes a COPIED record.
 */
#ifndef FORKCHECK_OUTPUT_H
#define FORKCHECK_OUTPUT_H

#include "shim.h"

struct thread;

/* Before a fork, in the parent: what waits to be written? */
void output_announce(struct thread *thread);
/* First thing in the child: what of it came along. */
void output_inherit(void);
/* The process ends, or becomes another program. `flushes`: exit() writes what still waits. */
void output_end(bool flushes);

#endif
