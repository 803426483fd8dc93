/*
 * The threads that a process does not have because a fork, its own or that of an
 * ancestor, left them behind.
 */
#ifndef FORKCHECK_WATCH_LOST_H
#define FORKCHECK_WATCH_LOST_H

#include "session/model.h"

/*
 * Calls `visit` for each, the latest fork first, until it returns false. `parent` is the
 * process that the thread lived in. Returns false where `visit` did.
 */
bool lost_each(const struct model *model, const struct process_facts *process,
	       bool (*visit)(const struct record_thread *thread, uint32_t parent, void *data),
	       void *data);

/* Whether a pthread_t is that of such a thread. */
bool lost_has_self(const struct model *model, const struct process_facts *process, uint64_t self);

/* Whether a use of an object (struct session_object) is one by such a thread. */
bool lost_used(const struct model *model, const struct process_facts *process, uint64_t use);

#endif
