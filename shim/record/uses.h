/*
 * Who creates threads, takes locks and registers atfork handlers: facts for the
 * table of libraries. Interned, so that a million uses are one record each.
 */
#ifndef FORKCHECK_RECORD_USES_H
#define FORKCHECK_RECORD_USES_H

#include "common/log_format.h"
#include "shim.h"

struct thread;

/* A thread was created. It may have ended by now: only what its creator wrote is read. */
void use_record_creation(const struct thread *thread);

/* The locks in a thread's table, for thread_each(). In a fork child: the tables are at rest. */
bool use_record_locks(struct thread *thread, void *unused);

/* A futex is asked for by number at `site`. Once a place. */
void use_record_futex(const void *site);

void use_record_handlers(const void *site, void (*prepare)(void), void (*parent)(void),
			 void (*child)(void));

#endif
