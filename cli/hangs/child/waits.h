/*
 * One task that waits without a limit: in which function, of whose code, and
 * whether a signal could end the wait.
 */
#ifndef FORKCHECK_WATCH_WAITS_H
#define FORKCHECK_WATCH_WAITS_H

#include "process/procfs.h"
#include "session/model.h"

/* How many modules of a stack are told apart. */
#define WAIT_MODULES 16

struct wait_facts {
	pid_t tid;
	uint64_t address; /* of the futex word; with tid, sp and pc: which wait this is of */
	uint64_t sp, pc;
	uint64_t since_ns;    /* the rest that it was asked in */
	bool is_known;        /* the task could be held, and its stack be read */
	bool begins_again;    /* no signal handler ends it */
	bool is_in_fork;      /* libc's fork() has been entered, and has not made a process */
	const char *function; /* that was called ("sem_wait"); NULL: not known. Arena's */
	const char *caller;   /* where that is syscall(): who called it; else NULL. Arena's */
	const char
		*modules[WAIT_MODULES]; /* whose code is on the stack, innermost first. Arena's */
	size_t module_count;
	uint64_t self; /* pthread_self(); 0: not known */
};

/*
 * Holds the task, and no other, for a millisecond, and reads its stack. False where it
 * is not where the look saw it. Strings go to `arena`. What the process has mapped must
 * be in the model.
 */
bool waits_ask(struct model *model, struct arena *arena, uint32_t process, pid_t pid,
	       const struct process_look *look, const struct task_look *task,
	       struct wait_facts *facts);

/* Are these facts of the wait that the task is in? */
bool waits_are_of(const struct wait_facts *facts, const struct task_look *task);

/* Does the word still have the value that the task went to sleep on? One that was woken, and
 * has not come to run yet (a freezer holds it), finds another. */
bool waits_word_is_same(pid_t pid, const struct task_look *task);

#endif
