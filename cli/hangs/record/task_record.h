/*
 * What a task of a living process is doing: its stack, and what the interpreter in it runs.
 */
#ifndef FORKCHECK_TASK_RECORD_H
#define FORKCHECK_TASK_RECORD_H

#include "process/procfs.h"
#include "session/model.h"
#include "session/writer.h"
#include <stdbool.h>

struct task_question {
	struct model *model;
	struct writer *writer;
	uint32_t serial; /* of its process */
	pid_t pid;
	const struct process_look *look; /* of the process, from just now */
	bool has_rested;                 /* it has not run for a while */
};

/* Appends STACK, PYTHON and TASK records of a task of the look. It is held for a millisecond, where
 * that does not end the call that it is in; else the stack is read without, and may lack frames. */
void task_record(const struct task_question *question, const struct task_look *task);

#endif
