/*
 * The command of --drive, which gives the program its load while it runs.
 */
#ifndef FORKCHECK_DRIVE_H
#define FORKCHECK_DRIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Tells the command which process it drives. */
#define DRIVE_VARIABLE "FORKCHECK_PID"

struct drive {
	pid_t pid; /* of the process that looks after the command; 0: there is none (any more) */
	bool has_ended;
	int status; /* the command's exit status, or 128 and its signal; once it has ended */
};

/* Starts it. Returns 0, or -1 after one line on stderr. */
int drive_start(struct drive *drive, const char *command, pid_t program);

/* For every child of ours that has ended: true when it was this one. */
bool drive_take(struct drive *drive, pid_t pid, int status);

/* Ends the command and whatever it has started, and waits for that. */
void drive_end(struct drive *drive);

#endif
