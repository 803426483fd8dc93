/*
 * What a process that hangs waits on: the shim keeps who used semaphores,
 * condition variables, barriers and futexes last in private memory.
 */
#ifndef FORKCHECK_WATCH_OBJECTS_H
#define FORKCHECK_WATCH_OBJECTS_H

#include "../session/model.h"
#include "../session/writer.h"
#include "procfs.h"
#include <sys/types.h>

/* Appends an OBJECT record for the object that `waited`, a futex word, is in, if it is known. */
void objects_record(const struct process_facts *process, pid_t pid, struct writer *writer,
		    uint64_t waited);
/* The same for what each task waits on, known or not. */
void objects_record_all(const struct process_facts *process, pid_t pid, struct writer *writer,
			const struct process_look *look);

#endif
