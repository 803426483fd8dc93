/*
 * What a CPython interpreter is doing in a process that is held: the frames of
 * one of its threads, as records in the log.
 */
#ifndef FORKCHECK_WATCH_PYTHON_H
#define FORKCHECK_WATCH_PYTHON_H

#include "parked_threads.h"
#include "process/procfs.h"
#include "session/model.h"
#include "session/writer.h"
#include <stdint.h>
#include <sys/types.h>

/*
 * Appends PYTHON_CODE and PYTHON records. `self` is the thread's pthread_self():
 * before PyOS_AfterFork_Child is done, an interpreter in a fork child knows its
 * threads by no other number. `sp` is that of the stack the frames belong to.
 * 0 where there is no interpreter, or it runs nothing in that thread.
 */
session_reference python_record(struct writer *writer, const struct process_facts *process,
				pid_t pid, uint64_t self, uint64_t sp);

/* Where a thread of the interpreter's is, without what Python itself waits by. */
struct python_place {
	char file[SESSION_PYTHON_FILE]; /* of the innermost frame outside of it; "" : none */
	bool awaits_notice; /* for a lock that it took itself, until another gives it back */
};
bool python_find_place(const struct process_facts *process, pid_t pid, uint64_t self,
		       struct python_place *place);
/* True where `is_it` says so of the file of any frame of such a thread; innermost first. */
bool python_any_file(const struct process_facts *process, pid_t pid, uint64_t self,
		     bool (*is_it)(const char *file, size_t length, void *data), void *data);
/* Is this a file of Python's that others wait by (threading, queue)? */
bool python_is_waiting_room(const char *file, size_t length);

/* Which of the interpreter's locks a task waits for that waits on a futex word. */
bool python_find_lock(const struct process_facts *process, pid_t pid, const struct task_look *task,
		      struct parked *parked);

/* The same where it is a PyMutex: its users nobody has seen. */
bool python_find_mutex(const struct process_facts *process, pid_t pid, const struct task_look *task,
		       struct parked *parked);

/* The threading.Lock of a version up to 3.13 that it waits for: it names no owner. */
bool python_find_plain_lock(const struct process_facts *process, pid_t pid,
			    const struct task_look *task, struct parked *parked);

#endif
