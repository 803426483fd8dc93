/*
 * The locks that the threads of a living process hold, as the shim keeps them in the memory of
 * that process (shim/common/thread_layout.h). What is read may be damaged, and may change
 * meanwhile.
 */
#ifndef FORKCHECK_WATCH_THREAD_TABLES_H
#define FORKCHECK_WATCH_THREAD_TABLES_H

#include "process/procfs.h"
#include "session/model.h"
#include "shim/common/thread_layout.h"

/* A thread that the shim knows. Numbers of threads are those that the process itself has. */
struct table_thread {
	uint64_t block; /* address */
	pid_t tid;
	uint32_t serial;
	uint64_t self; /* pthread_self() */
};

struct thread_tables {
	pid_t pid;
	struct session_threads where;
	struct table_thread threads[TASKS_MAX];
	size_t count;
};

/* False where there are none: the process is not observed. */
bool thread_tables_read(struct thread_tables *tables, const struct process_facts *process,
			pid_t pid);

/* NULL: not known. The tables'. */
const struct table_thread *thread_tables_find(const struct thread_tables *tables, pid_t tid);
const struct table_thread *thread_tables_find_self(const struct thread_tables *tables,
						   uint64_t self);

/* pthread_self() of a task, for who must not hold it; 0: not known. */
uint64_t thread_tables_self_of(const struct process_facts *process, pid_t pid, pid_t tid);

/* A lock that a thread holds, or is asking for. */
struct table_claim {
	uint64_t lock;
	uint32_t kind;  /* enum lock_kind */
	uint32_t flags; /* enum held_flag */
	uint32_t depth; /* how often it was taken beyond the first time */
	uint64_t site, site_sp, since_ns;
};
bool thread_tables_find_claim(const struct thread_tables *tables, const struct table_thread *thread,
			      uint64_t lock, struct table_claim *claim);

/* What its stack was when it first came by where it took a lock. */
bool thread_tables_find_snapshot(const struct thread_tables *tables,
				 const struct table_thread *thread, const struct table_claim *claim,
				 struct snapshot *snapshot);

/* The lock that a thread inside fork() asks for again and again; false: there is none. */
bool thread_tables_find_tried(const struct thread_tables *tables, const struct table_thread *thread,
			      struct tried_lock *tried);

#endif
