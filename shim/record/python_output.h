/*
 * Output that file objects of Python code had not written yet at a fork, as
 * stdio_output.h has it for the streams of stdio.
 */
#ifndef FORKCHECK_RECORD_PYTHON_OUTPUT_H
#define FORKCHECK_RECORD_PYTHON_OUTPUT_H

#include <stddef.h>

struct thread;

/* Before a fork, in the parent: what waits to be written? */
void python_output_before_fork(struct thread *thread);
/* First thing in the child: it has a copy of all that. */
void python_output_in_child(void);
/* A call has written so many bytes from there. Leaves errno alone. */
void python_output_written(int descriptor, const void *from, size_t length);

#endif
