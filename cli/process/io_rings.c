/*
 * What a ring has to do is counted in its fdinfo: what was put in, taken in and answered. Of an
 * answer that was not wanted, or one of many to one question, the sums differ.
 */
#include "io_rings.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With room for the list of some entries, none of which an idle ring has. */
#define NOTES_MAX 4096

static bool io_rings_read_notes(int descriptors, const char *number, char text[NOTES_MAX])
{
	char path[64];
	int notes;
	ssize_t length;

	/* Beside the directory of the descriptors. */
	snprintf(path, sizeof(path), "../fdinfo/%.20s", number);
	notes = openat(descriptors, path, O_RDONLY | O_CLOEXEC);
	if (notes < 0)
		return false;
	length = read(notes, text, NOTES_MAX - 1);
	close(notes);
	text[length > 0 ? length : 0] = '\0';
	return length > 0 && length < NOTES_MAX - 1;
}

/* UINT64_MAX: the kernel does not say. */
static uint64_t number_of(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, 10) : UINT64_MAX;
}

static bool is_list_empty(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line && line[strlen(name)] == '\n' && line[strlen(name) + 1] != ' ';
}

/* A registered file could be written to by who has nothing but the ring. */
static bool io_rings_is_idle(const char *text)
{
	uint64_t taken = number_of(text, "\nCachedSqHead:");

	return taken != UINT64_MAX && taken == number_of(text, "\nSqTail:") &&
	       taken == number_of(text, "\nCachedCqTail:") &&
	       number_of(text, "\nUserFiles:") == 0 && is_list_empty(text, "\nPollList:");
}

static bool io_rings_search(pid_t pid, bool (*is_idle)(const char *text))
{
	char path[64], link[64], text[NOTES_MAX];
	const struct dirent *entry;
	bool any = false;
	DIR *descriptors;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	descriptors = opendir(path);
	while (descriptors && !any && (entry = readdir(descriptors))) {
		length = readlinkat(dirfd(descriptors), entry->d_name, link, sizeof(link) - 1);
		link[length > 0 ? length : 0] = '\0';
		any = strstr(link, "[io_uring]") &&
		      !(is_idle && io_rings_read_notes(dirfd(descriptors), entry->d_name, text) &&
			is_idle(text));
	}
	if (descriptors)
		closedir(descriptors);
	return any || !descriptors;
}

bool io_rings_any(pid_t pid)
{
	return io_rings_search(pid, NULL);
}

bool io_rings_any_busy(pid_t pid)
{
	return io_rings_search(pid, io_rings_is_idle);
}
