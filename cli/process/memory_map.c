/*
 * Whose memory an address is, is read from /proc/PID/maps of the process, and of all processes
 * where it is shared.
 */
#include "memory_map.h"
#include "core_file.h"
#include "procfs.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

	if (core_is(pid))
		return core_each_mapping(pid, visit, data);
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

/* From the root that the process has, where that is below the one of its mounts. */
static const char *memory_map_below_root(pid_t pid, const struct mapping *mapping)
{
	char root[MAPPING_PATH];
	size_t length = procfs_root_name(pid, root, sizeof(root));

	return strncmp(mapping->path, root, length) == 0 && mapping->path[length] == '/'
		       ? mapping->path + length
		       : mapping->path;
}

void maps_file(pid_t pid, const struct mapping *mapping, char path[MAPPING_FILE])
{
	snprintf(path, MAPPING_FILE, "/proc/%d/root%s", pid, memory_map_below_root(pid, mapping));
	if (access(path, F_OK) == 0)
		return;
	snprintf(path, MAPPING_FILE, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->start,
		 mapping->end);
	if (access(path, F_OK) != 0)
		snprintf(path, MAPPING_FILE, "%s", mapping->path);
}

struct at {
	uint64_t address;
	bool found;
	struct mapping mapping;
};

static bool memory_map_find_address(const struct mapping *mapping, void *data)
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

	if (core_is(pid))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	stream = fopen(path, "re");
	if (!stream)
		return true;
	empty = !fgets(text, sizeof(text), stream) || strncmp(text, "0 ", 2) == 0;
	fclose(stream);
	return empty;
}

static bool is_anonymous(const struct mapping *mapping)
{
	return strncmp(mapping->path, "/dev/zero ", strlen("/dev/zero ")) == 0;
}

/* Who has a descriptor of it can map it, or pass it on. False where that cannot be read. */
static bool memory_map_ask_descriptors(pid_t pid, const struct mapping *wanted, bool *found)
{
	char path[64];
	const struct dirent *entry;
	struct stat status;
	DIR *descriptors;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	descriptors = opendir(path);
	if (!descriptors)
		return false;
	while (!*found && (entry = readdir(descriptors)))
		*found = fstatat(dirfd(descriptors), entry->d_name, &status, 0) == 0 &&
			 status.st_ino == wanted->inode;
	closedir(descriptors);
	return true;
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
		if ((!maps_each(other, find_object, &same) ||
		     (!is_anonymous(wanted) &&
		      !memory_map_ask_descriptors(other, wanted, &same.found))) &&
		    !maps_is_without_memory(other))
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

	if (!maps_each(pid, memory_map_find_address, &at) || !at.found)
		return false;
	*mapping = at.mapping;
	return true;
}

/* Names of a file that is mapped; -1: only a privileged user may ask. */
static long memory_map_count_names(pid_t pid, const struct mapping *mapping)
{
	char path[96];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->start,
		 mapping->end);
	return stat(path, &status) ? -1 : (long)status.st_nlink;
}

/*
 * A file that is shown as deleted may have another name: glibc's sem_open() makes one under a
 * name of its own, links it to the one that was asked for, and deletes the first. Both are in
 * one folder, which is searched where the kernel does not say. If it cannot be read, there may
 * be one.
 */
static bool has_other_name(pid_t pid, const struct mapping *mapping)
{
	char folder[MAPPING_PATH + 32];
	long count = memory_map_count_names(pid, mapping);
	const struct dirent *entry;
	bool found = false;
	char *slash;
	DIR *names;

	if (count >= 0)
		return count > 0;
	snprintf(folder, sizeof(folder), "/proc/%d/root%s", pid, mapping->path);
	slash = strrchr(folder, '/');
	slash[1] = '\0';
	names = opendir(folder);
	while (names && !found && (entry = readdir(names)))
		found = entry->d_ino == mapping->inode;
	if (names)
		closedir(names);
	return found || !names;
}

bool maps_is_named(pid_t pid, const struct mapping *mapping)
{
	/* A segment of System V can be attached by its id, also when it is marked to be removed;
	 * a memfd is passed on by a descriptor. */
	if (strncmp(mapping->path, "/SYSV", strlen("/SYSV")) == 0 ||
	    strncmp(mapping->path, "/memfd:", strlen("/memfd:")) == 0)
		return true;
	/* What else has no name any more is called so; anonymous memory is /dev/zero. */
	if (!strstr(mapping->path, " (deleted)"))
		return true;
	return !is_anonymous(mapping) && has_other_name(pid, mapping);
}

enum reach maps_reach_in(pid_t pid, const struct mapping *mapping, bool is_private_wait)
{
	if (core_is(pid))
		return core_reach(mapping, is_private_wait);
	/* futex(2): its key is this process and the address, whatever memory it is. */
	if (is_private_wait)
		return REACH_PRIVATE;
	/* The kernel takes the page of the file itself where it cannot be written to. */
	if (!mapping->shared)
		return mapping->inode && !mapping->writable ? REACH_SHARED : REACH_PRIVATE;
	return maps_is_named(pid, mapping) ? REACH_SHARED : search_others(pid, mapping);
}

enum reach maps_reach(pid_t pid, uint64_t address, bool is_private_wait)
{
	struct mapping mapping;

	if (!maps_find(pid, address, &mapping))
		return REACH_UNKNOWN;
	return maps_reach_in(pid, &mapping, is_private_wait);
}
