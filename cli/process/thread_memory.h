/*
 * What a thread has to itself: its thread-local variables and libc's descriptor
 * of it. Reads a process from the outside; the copy is a stranger's.
 */
#ifndef FORKCHECK_WATCH_THREAD_MEMORY_H
#define FORKCHECK_WATCH_THREAD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct thread_memory {
	pid_t pid;
	uint64_t self; /* pthread_self() */
	uint64_t
		reach; /* no variable of a module of the start is further from the thread pointer */
	uint64_t largest; /* of the modules' shares of variables */
};

/* False where the process may not be read, or no module has such variables. */
bool thread_memory_find(struct thread_memory *memory, pid_t pid, uint64_t self);

/* Is a word at this address among the thread's variables? */
bool thread_memory_has(const struct thread_memory *memory, uint64_t address);

/*
 * Calls `visit` for every word of the variables of the modules of the start, and of libc's
 * descriptor with the thread-specific data (pthread_setspecific).
 */
void thread_memory_each(const struct thread_memory *memory,
			void (*visit)(uint64_t value, void *data), void *data);

/* One word of the process. False where there is none. */
bool thread_memory_read(pid_t pid, uint64_t address, uint64_t *value);

#endif
