/*
 * A file that is replaced in one step: who reads it has the old one or the new one, whole.
 */
#ifndef FORKCHECK_REPLACED_FILE_H
#define FORKCHECK_REPLACED_FILE_H

#include <stdio.h>

struct replaced_file {
	FILE *stream;
	char *path;      /* where it goes; NULL: it is written in its place */
	char *temporary; /* its name until then, in the same folder */
};

/* The new file, empty. One that is there and is no regular file (a device, a pipe) is written to
 * in its place; a symbolic link stays, and its target is replaced. 0, or -1 with errno. */
int replaced_file_open(struct replaced_file *file, const char *path);

/* The new one takes the place of the old. 0; -1 with errno: the old one is as it was. */
int replaced_file_commit(struct replaced_file *file);

/* The old one stays. Keeps errno. */
void replaced_file_discard(struct replaced_file *file);

#endif
