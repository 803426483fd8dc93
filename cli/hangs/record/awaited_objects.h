/*
 * What a process that hangs waits on: the shim keeps who used semaphores,
 * condition variables, barriers and futexes last in private memory.
 */
#ifndef FORKCHECK_WATCH_OBJECTS_H
#define FORKCHECK_WATCH_OBJECTS_H

#include "process/procfs.h"
#include "session/model.h"
#include "session/writer.h"
#include <sys/types.h>

/* The table of a process, OBJECTS of them, malloc'ed; NULL: it cannot be had. */
struct session_object *objects_read(const struct process_facts *process, pid_t pid);
/* The object of a table that `waited`, a futex word, is in; NULL: it is not known. */
const struct session_object *objects_find(const struct session_object *objects, uint64_t waited);

/* Appends an OBJECT record for the object that `waited`, a futex word, is in, if it is known. */
void objects_record(const struct process_facts *process, pid_t pid, struct writer *writer,
		    uint64_t waited);
/* The same for what each task waits on, known or not. */
void objects_record_all(const struct process_facts *process, pid_t pid, struct writer *writer,
			const struct process_look *look);

/* HANDED records of what the process gave to lost threads, the latest first. */
void objects_record_handed(const struct process_facts *process, pid_t pid, struct writer *writer);

#endif
