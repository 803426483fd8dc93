/*
 * Files that a stranger may have put there: only regular ones are opened, for a device or a
 * pipe may act or block, and none is read further than a bound.
 */
#include "small_files.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

static bool put_path(char path[PATH_BYTES], const struct origins *origins, const char *below)
{
	const char *root = origins->root ? origins->root : "";
	size_t before = strlen(root), length = strnlen(below, PATH_BYTES);

	if (below[0] != '/' || before + length >= PATH_BYTES)
		return false;
	memcpy(path, root, before);
	memcpy(path + before, below, length + 1);
	return true;
}

static int open_regular(const char *path)
{
	struct stat status;
	int descriptor;

	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return -1;
	descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (descriptor >= 0 && (fstat(descriptor, &status) || !S_ISREG(status.st_mode))) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

int small_file_open(const struct origins *origins, const char *path)
{
	char full[PATH_BYTES];

	return put_path(full, origins, path) ? open_regular(full) : -1;
}

static void read_into(int descriptor, struct small_file *file, size_t limit)
{
	ssize_t got;

	while (file->length < limit &&
	       (got = read(descriptor, file->bytes + file->length, limit - file->length)) > 0)
		file->length += (size_t)got;
	file->bytes[file->length] = '\0';
}

bool small_file_read(const struct origins *origins, const char *path, size_t limit,
		     struct small_file *file)
{
	struct stat status;
	int descriptor = small_file_open(origins, path);

	*file = (struct small_file){0};
	if (descriptor < 0)
		return false;
	if (fstat(descriptor, &status) == 0 && (size_t)status.st_size < limit)
		limit = (size_t)status.st_size;
	file->bytes = malloc(limit + 1);
	if (file->bytes)
		read_into(descriptor, file, limit);
	close(descriptor);
	return file->bytes != NULL;
}

void small_file_free(struct small_file *file)
{
	free(file->bytes);
	*file = (struct small_file){0};
}

char *small_file_target(const struct origins *origins, const char *path)
{
	size_t before = origins->root ? strlen(origins->root) : 0;
	char full[PATH_BYTES];
	char *target = put_path(full, origins, path) ? realpath(full, NULL) : NULL;

	if (!target || strncmp(target, origins->root ? origins->root : "", before) != 0) {
		free(target);
		return NULL;
	}
	memmove(target, target + before, strlen(target) - before + 1);
	return target;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

size_t small_files_list(const struct origins *origins, struct arena *arena, const char *directory,
			size_t limit, const char ***names)
{
	char full[PATH_BYTES];
	DIR *stream = put_path(full, origins, directory) ? opendir(full) : NULL;
	size_t count = 0;

	*names = arena_array(arena, stream ? limit : 0, sizeof(**names));
	if (!stream)
		return 0;
	for (struct dirent *entry; count < limit && (entry = readdir(stream));)
		(*names)[count++] = arena_strdup(arena, entry->d_name);
	closedir(stream);
	if (count)
		qsort(*names, count, sizeof(**names), compare_names);
	return count;
}

const char *small_file_header(const struct small_file *file, const char *start, size_t *length)
{
	size_t wanted = strlen(start);

	for (const char *line = file->bytes; *line && *line != '\n' && *line != '\r';) {
		const char *end = line + strcspn(line, "\n");

		if (strncmp(line, start, wanted) == 0) {
			*length = strcspn(line + wanted, "\r\n");
			return line + wanted;
		}
		line = *end ? end + 1 : end;
	}
	return NULL;
}
