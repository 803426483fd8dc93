/*
 * The lock that a task waits for, where no shim has seen it ask: by the function that it called and
 * by the bytes around its futex word. Nothing of what is read is trusted.
 */
#ifndef FORKCHECK_UNSEEN_LOCK_H
#define FORKCHECK_UNSEEN_LOCK_H

#include "process/procfs.h"
#include "shim/common/log_format.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct unseen_lock {
	enum lock_kind kind;
	enum lock_operation operation;
	uint64_t address; /* of LOCK_REGION its number */
	/* The id of the thread that has it, as its process knows it; 0: the lock names nobody. */
	pid_t owner;
	uint64_t self;     /* the same of a stream: its pthread_self() */
	bool crosses_fork; /* the thread that forked may give it back in the child */
	uint32_t state_length;
	uint8_t state[SESSION_LOCK_STATE_MAX];
};

/*
 * `function` is what the program called that led to the wait; NULL: not known. `is_word_of_libc`:
 * the futex word is libc's own. False where it is no lock that a thread could have, or one that
 * several processes share.
 */
bool unseen_lock_find(pid_t pid, const struct task_look *task, const char *function,
		      bool is_word_of_libc, struct unseen_lock *lock);

/* What a function of libc waits for by its name, as `kind` and `operation`; the rest is zero. False
 * where it is none that takes something, or waits for somebody to give. */
bool unseen_lock_called(const char *function, struct unseen_lock *lock);

/* From a futex word to the lock, or the object, of that kind that it lies in. */
uint64_t unseen_lock_start(pid_t pid, enum lock_kind kind, uint64_t word);

#endif
