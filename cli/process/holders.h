/*
 * What a task waits for that other processes can give, and which processes
 * those are: /proc/PID/fd, fdinfo and maps, the children of a task, and the
 * peers of socket pairs. Nothing here stops or changes a process.
 */
#ifndef FORKCHECK_HOLDERS_H
#define FORKCHECK_HOLDERS_H

#include "memory_map.h"
#include "procfs.h"

enum awaited {
	AWAITED_UNKNOWN,  /* anybody may end this wait */
	AWAITED_OWN,      /* another task of the same process: private memory */
	AWAITED_CHILD,    /* the end of one child, or of any */
	AWAITED_DATA,     /* in a pipe that is empty: who can write to it */
	AWAITED_ROOM,     /* in a pipe that is full: who can read from it */
	AWAITED_MESSAGE,  /* from the other end of a connected socket */
	AWAITED_RECEIVER, /* at the other end of a connected socket */
	AWAITED_MEMORY,   /* a futex in memory that others have mapped */
	AWAITED_LOCK,     /* on a file: flock, fcntl */
};

struct process_wait {
	enum awaited kind;
	size_t node;      /* the caller's: who waits */
	bool is_answered; /* the caller's: somebody is known who could end it */
	pid_t tid;
	long call;      /* number of the system call */
	int descriptor; /* -1: none */
	pid_t child;    /* the number that it has for its parent; 0: any */
	uint64_t inode; /* of the pipe, the socket, the memory, the file */
	uint64_t peer;  /* inode of the socket at the other end */
	uint64_t device;
	uint64_t address; /* of a futex */
	uint64_t offset;  /* of that in the object that is mapped */
	unsigned major, minor;
	bool is_named; /* memory of a file that others could open */
};

/* What a task that sleeps waits for. */
struct process_wait holders_classify(pid_t pid, const struct task_look *task);

/* The task would lose part of a transfer if it was interrupted. */
bool holders_is_in_transfer(const struct task_look *task);

/*
 * Could this process end each of these waits? Sets can[i]; kinds that are
 * settled otherwise (own, child, unknown) are left alone. False when it cannot
 * be told.
 */
bool holders_ask(pid_t pid, const struct process_wait *waits, size_t count, bool *can);

/*
 * Might a process that cannot be asked, and is no descendant, have what one of
 * these waits for? What has a name, it could have opened; the kernel lists who
 * has locks. To anything else that the session made it has no way.
 */
bool holders_may_be_stranger(pid_t pid, const struct process_wait *waits, size_t count);

/* Is a descriptor of one process the same open file as that of another? */
bool holders_has_same_file(pid_t pid, pid_t other, int descriptor);
/* Does what is written to this descriptor come out of one that the same process has? */
bool holders_reads_itself(pid_t pid, int descriptor);

/* The children of all tasks of a process. False when they cannot be told. */
bool holders_each_child(pid_t pid, const struct process_look *look,
			void (*visit)(pid_t child, void *data), void *data);

#endif
