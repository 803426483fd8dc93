/*
 * The session file: made, mapped, watched over and removed by the CLI.
 */
#ifndef FORKCHECK_SESSION_FILE_H
#define FORKCHECK_SESSION_FILE_H

#include "shim/common/log_format.h"
#include <stdbool.h>
#include <stddef.h>

/* Names the folder of the session file, instead of /dev/shm. */
#define SESSION_DIRECTORY_VARIABLE "FORKCHECK_SESSION_DIR"

struct session {
	char *path;
	int descriptor; /* holds a lock that tells the next run that we live */
	struct session_header *header;
	size_t size;
	bool is_small; /* there was no room for the default size */
};

/*
 * Makes a session file: private, fully allocated (a write past the end of a
 * full tmpfs would be SIGBUS in the program). Removes what runs that were
 * killed left behind. Returns 0, or -1 after one line on stderr.
 */
int session_create(struct session *session);

/*
 * The same in this process' own memory, without a file: for processes that the shim is not in.
 * Returns 0, or -1 after one line on stderr.
 */
int session_create_private(struct session *session);
/* Unmaps and removes the file. */
void session_remove(struct session *session);

/* Renews the coarse clock that the shim stamps with, from a thread of its own,
 * until session_remove(). 0, or an errno. */
int session_start_clock(struct session *session);

#endif
