/*
 * A new file is written beside the old one, and renamed. Its name until then is that of the old
 * one and six more characters behind it: what is collected by the end of its name leaves it out.
 */
#include "replaced_file.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_written_in_place(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static void replaced_file_free(struct replaced_file *file)
{
	free(file->path);
	free(file->temporary);
	*file = (struct replaced_file){0};
}

/* As fopen() makes it: mkstemp() makes one for its owner alone. There is no other way to ask. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(077);

	umask(mask);
	return 0666 & ~mask;
}

static FILE *open_temporary(const char *name, char *template)
{
	int descriptor = mkstemp(template);
	struct stat status;
	/* The old one's permissions stay, where there is one. */
	mode_t mode = stat(name, &status) == 0 ? status.st_mode & 0777 : usual_mode();
	FILE *stream;

	if (descriptor < 0)
		return NULL;
	stream = fchmod(descriptor, mode) == 0 ? fdopen(descriptor, "w") : NULL;
	if (!stream) {
		close(descriptor);
		unlink(template);
	}
	return stream;
}

int replaced_file_open(struct replaced_file *file, const char *path)
{
	*file = (struct replaced_file){0};
	if (is_written_in_place(path)) {
		file->stream = fopen(path, "we");
		return file->stream ? 0 : -1;
	}
	file->path = realpath(path, NULL);
	if (!file->path)
		file->path = strdup(path);
	if (file->path && asprintf(&file->temporary, "%s.XXXXXX", file->path) < 0)
		file->temporary = NULL;
	if (file->temporary)
		file->stream = open_temporary(file->path, file->temporary);
	if (file->stream)
		return 0;
	replaced_file_free(file);
	return -1;
}

int replaced_file_commit(struct replaced_file *file)
{
	bool failed = fflush(file->stream) != 0 || ferror(file->stream);

	if (failed) {
		replaced_file_discard(file);
		return -1;
	}
	failed = fclose(file->stream) != 0;
	file->stream = NULL;
	if (!failed && file->path)
		failed = rename(file->temporary, file->path) != 0;
	if (failed)
		replaced_file_discard(file);
	else
		replaced_file_free(file);
	return failed ? -1 : 0;
}

void replaced_file_discard(struct replaced_file *file)
{
	int error = errno;

	if (file->stream)
		fclose(file->stream);
	if (file->temporary)
		unlink(file->temporary);
	replaced_file_free(file);
	errno = error;
}
