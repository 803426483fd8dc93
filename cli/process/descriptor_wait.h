/*
 * Waits for descriptors without a time limit: which descriptors a task waits for, and who could
 * write what would come out there. /proc and memory are read; nothing is stopped or changed.
 */
#ifndef FORKCHECK_DESCRIPTOR_WAIT_H
#define FORKCHECK_DESCRIPTOR_WAIT_H

#include "procfs.h"

enum descriptor_kind {
	DESCRIPTOR_EVENTFD = 1,
	DESCRIPTOR_PIPE,   /* the end that is read; it has no name */
	DESCRIPTOR_SOCKET, /* of this machine, with one other end */
	DESCRIPTOR_TIMER,  /* that nobody has armed: who has it, too, may */
};

struct awaited_descriptor {
	int number;
	enum descriptor_kind kind;
	/* By which its other end is known: the eventfd's id, the pipe's inode, the inode of the
	 * socket at the other end. A timer has nothing but itself. */
	uint64_t other;
};

/* More than an event loop has that waits for its own threads alone. */
#define DESCRIPTORS_AWAITED 32
struct descriptor_wait {
	pid_t pid; /* who waits */
	int epoll; /* the set that it waits by; -1: none */
	size_t count;
	struct awaited_descriptor list[DESCRIPTORS_AWAITED];
};

/* Without a time limit, as far as the call says. */
bool descriptor_wait_is_untimed(const struct task_look *task);

/*
 * What it waits for, no timer first. False where that is nothing, timers alone, anything else than
 * these kinds (a network, a terminal, a file, a timer that runs, a signal), room to write, or
 * cannot be told.
 */
bool descriptor_wait_find(pid_t pid, const struct task_look *task, struct descriptor_wait *wait);

/* Adds what a task waits for beside other things. False: it is no eventfd, or one too many. */
bool descriptor_wait_add_eventfd(pid_t pid, int number, struct descriptor_wait *wait);

/*
 * Calls `visit` for each descriptor of a process that what comes out of one of the list was
 * written to. False where the process may not be read, or is gone.
 */
bool descriptor_wait_each_writer(pid_t pid, const struct descriptor_wait *wait,
				 void (*visit)(size_t index, int number, void *data), void *data);

/* A descriptor is on its way to some process, in a message to a socket of this one. */
bool descriptor_wait_any_on_way(pid_t pid);
/* False where the kernel does not say so. */
bool descriptor_wait_knows_messages(void);

#endif
