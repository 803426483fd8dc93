/*
 * Which library does a thread belong to? The one that asked for it: most
 * threads are started through a library that starts threads for others, and
 * run a function of that library first.
 */
#ifndef FORKCHECK_ATTRIBUTION_H
#define FORKCHECK_ATTRIBUTION_H

#include "findings/rules/rule.h"

/* The file name of the thread's library, the arena's; NULL: unknown. */
const char *attribute_thread(struct judgement *judgement, uint32_t process,
			     const struct record_thread *thread);

/* The same library's path. */
const char *attribute_thread_path(struct judgement *judgement, uint32_t process,
				  const struct record_thread *thread);

/* The path of the library that created a thread at this stack, with this start
 * routine (either may be 0), in the program of a process. NULL: unknown. */
const char *attribute_creation(struct judgement *judgement, uint32_t process,
			       session_reference created_at, uint64_t start_routine);

/* Is code of a library on the stack that a thread was created at? */
bool attribute_created_through(struct judgement *judgement, uint32_t process,
			       session_reference created_at, const char *library);

/* Does a file of this name start threads on behalf of its callers? */
bool is_thread_starter(const char *path);

#endif
