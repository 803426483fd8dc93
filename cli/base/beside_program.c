/* The places of files are told here from that of the program that runs, which may be anywhere. */
#include "beside_program.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the name of a file: what is behind the last slash goes. False: there is none. */
static bool cut_file_name(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
	return slash != NULL;
}

char *beside_program(const char *relative)
{
	char own[4096], *path = NULL, *found = NULL;
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (length <= 0)
		return NULL;
	own[length] = '\0';
	if (!cut_file_name(own) || asprintf(&path, "%s/%s", own, relative) < 0)
		return NULL;
	found = realpath(path, NULL);
	free(path);
	return found;
}
