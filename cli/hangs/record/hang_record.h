/*
 * A process that hangs: its evidence goes into the log, and where the user
 * wants it, its end is made.
 */
#ifndef FORKCHECK_HANG_H
#define FORKCHECK_HANG_H

#include "process/procfs.h"
#include "session/model.h"
#include "session/writer.h"
#include <stdbool.h>

struct hang {
	enum hang_kind kind;
	bool is_proven;
	const char *reason;          /* why it is not proven; NULL where it is */
	enum hang_evidence evidence; /* what ties it to lost threads */
	/* Nothing in the process has anything left to do. */
	bool may_be_killed;
	/* What was suspected of it has come to an end: no hang. */
	bool is_withdrawn;
	uint32_t serial;
	pid_t pid;   /* here; in a PID namespace of its own it has another one */
	pid_t tid;   /* the task whose stack tells the story */
	int process; /* pidfd; the watch's */
	uint64_t since_ns;
	const struct process_look *look; /* the watch's */
	session_reference wait;          /* the WAIT record that announced it; else 0 */
	session_reference region;        /* the WAIT_PERHAPS record that explains it; else 0 */
	/* The third look has been taken already, and the stack copied then. */
	bool is_looked_at;
	session_reference stack;
	uint32_t about; /* see struct record_hang */
	/* A descriptor that the task waits for; kind 0: none. */
	struct {
		uint32_t kind; /* enum lock_kind */
		int number;
		uint64_t gave; /* as in struct session_object */
	} descriptor;
};

/* MODULE records for what a process has mapped and the shim has not recorded. */
void hang_record_modules(struct model *model, struct writer *writer, uint32_t serial, pid_t pid);

/* Whose stack it is. */
struct held_task {
	pid_t pid;
	uint64_t thread;      /* its pthread_self(); 0: not known */
	struct go_runtime go; /* of its process; all 0: none is known */
};

/* `thread` is its pthread_self(), 0 where that is not known. */
struct held_task hang_task(const struct process_facts *process, pid_t pid, uint64_t thread);

/* Appends a STACK record of a process that stands still. 0 when there is no room. */
session_reference hang_record_stack(struct writer *writer, const struct held_task *task,
				    const struct stack_registers *registers);

/* Appends that what was suspected of a process has come to an end. */
void hang_withdraw(struct writer *writer, const struct hang *hang);

/*
 * Stops the process (its task, where others go on) for milliseconds, looks a third
 * time, copies the task's stack, and appends STACK, MODULE and HANG records. False
 * when it has moved. A process that may not be stopped yields a record without a
 * stack; a full log, which is counted, yields none.
 */
bool hang_record(struct model *model, struct writer *writer, const struct hang *hang);

/*
 * Stops the process, looks once more, and sends it a signal through its pidfd
 * while it is held. False when it has moved: then nothing was sent.
 */
bool hang_signal(const struct hang *hang, int signal);

#endif
