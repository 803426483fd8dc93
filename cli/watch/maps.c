/* Reads /proc/PID/maps of one process, and of all where memory is shared. */
#include "maps.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse(const char *line, struct mapping *mapping)
{
	char permissions[5];
	int path = 0;

	memset(mapping, 0, sizeof(*mapping));
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n",
		   &mapping->start, &mapping->end, permissions, &mapping->offset, &mapping->major,
		   &mapping->minor, &mapping->inode, &path) < 7)
		return false;
	mapping->writable = permissions[1] == 'w';
	mapping->executable = permissions[2] == 'x';
	mapping->shared = permissions[3] == 's';
	snprintf(mapping->path, sizeof(mapping->path), "%s", path ? line + path : "");
	mapping->path[strcspn(mapping->path, "\n")] = '\0';
	return true;
}

bool maps_each(pid_t pid, bool (*visit)(const struct mapping *mapping, void *data), void *data)
{
	char path[64];
	char *line = NULL;
	size_t capacity = 0;
	struct mapping mapping;
	bool any = false;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	stream = fopen(path, "re");
	if (!stream)
		return false;
	while (getline(&line, &capacity, stream) > 0) {
		any = true;
		if (parse(line, &mapping) && !visit(&mapping, data))
			break;
	}
	free(line);
	fclose(stream);
	return any;
}

struct at {
	uint64_t address;
	bool found;
	struct mapping mapping;
};

static bool find_address(const struct mapping *mapping, void *data)
{
	struct at *at = data;

	at->found = at->address >= mapping->start && at->address < mapping->end;
	if (at->found)
		at->mapping = *mapping;
	return !at->found;
}

struct same_object {
	const struct mapping *wanted;
	bool found;
};

static bool find_object(const struct mapping *mapping, void *data)
{
	struct same_object *same = data;

	same->found = mapping->shared && mapping->inode == same->wanted->inode &&
		      mapping->major == same->wanted->major &&
		      mapping->minor == same->wanted->minor;
	return !same->found;
}

/* A process without memory of its own (a kernel thread, a zombie) has an empty list. */
bool maps_is_without_memory(pid_t pid)
{
	char path[64], text[64];
	FILE *stream;
	bool empty;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	stream = fopen(path, "re");
	if (!stream)
		return true;
	empty = !fgets(text, sizeof(text), stream) || strncmp(text, "0 ", 2) == 0;
	fclose(stream);
	return empty;
}

static enum reach search_others(pid_t pid, const struct mapping *wanted)
{
	enum reach reach = REACH_PRIVATE;
	DIR *processes = opendir("/proc");
	const struct dirent *entry;

	if (!processes)
		return REACH_UNKNOWN;
	while (reach != REACH_SHARED && (entry = readdir(processes))) {
		struct same_object same = {.wanted = wanted};
		pid_t other = atoi(entry->d_name);

		if (other <= 0 || other == pid)
			continue;
		if (!maps_each(other, find_object, &same) && !maps_is_without_memory(other))
			reach = REACH_UNKNOWN;
		if (same.found)
			reach = REACH_SHARED;
	}
	closedir(processes);
	return reach;
}

bool maps_find(pid_t pid, uint64_t address, struct mapping *mapping)
{
	struct at at = {.address = address};

	if (!maps_each(pid, find_address, &at) || !at.found)
		return false;
	*mapping = at.mapping;
	return true;
}

enum reach maps_reach(pid_t pid, uint64_t address)
{
	struct mapping mapping;

	if (!maps_find(pid, address, &mapping))
		return REACH_UNKNOWN;
	return mapping.shared ? search_others(pid, &mapping) : REACH_PRIVATE;
}
