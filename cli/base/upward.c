/* A file is looked for here in the working directory, in the one above, and so on to the root. */
#include "upward.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What memory does not suffice for is not there. */
static bool folder_has(const char *folder, const char *name)
{
	struct stat status;
	char *path = NULL;
	bool found;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return false;
	found = lstat(path, &status) == 0;
	free(path);
	return found;
}

/* "/a/b" becomes "/a", "/a" becomes "/". False: there is none above. */
static bool go_up(char *folder)
{
	char *last = strrchr(folder, '/');

	if (last == NULL || folder[1] == '\0')
		return false;
	last[last == folder] = '\0';
	return true;
}

char *upward_find(const char *name)
{
	char *folder = getcwd(NULL, 0);

	/* One that was taken out of the tree has no name that begins at the root. */
	if (folder == NULL || *folder != '/') {
		free(folder);
		return NULL;
	}
	while (!folder_has(folder, name)) {
		if (go_up(folder))
			continue;
		free(folder);
		return NULL;
	}
	return folder;
}
