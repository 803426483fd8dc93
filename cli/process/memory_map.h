/*
 * /proc/PID/maps: whose memory an address is, and which files are mapped.
 */
#ifndef FORKCHECK_MAPS_H
#define FORKCHECK_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MAPPING_PATH 1024
struct mapping {
	uint64_t start, end, offset;
	unsigned major, minor;
	uint64_t inode;
	bool shared;
	bool writable;
	bool executable;
	char path[MAPPING_PATH]; /* "" where there is none */
};

/* Calls `visit` for each mapping until it returns false. Returns false where
 * the process may not be read. */
bool maps_each(pid_t pid, bool (*visit)(const struct mapping *mapping, void *data), void *data);

/* The mapping that an address lies in. False where there is none, or it may not be read. */
bool maps_find(pid_t pid, uint64_t address, struct mapping *mapping);

/* A path by which the file of a mapping can be opened here, whatever the process has mounted, and
 * where the kernel allows it a file that was deleted, too. */
#define MAPPING_FILE (MAPPING_PATH + 64)
void maps_file(pid_t pid, const struct mapping *mapping, char path[MAPPING_FILE]);

/* A kernel thread, a zombie, or a process that is gone. */
bool maps_is_without_memory(pid_t pid);

enum reach {
	REACH_PRIVATE, /* nobody else has this memory */
	REACH_SHARED,  /* another process maps it too */
	REACH_UNKNOWN,
};

/* Could a process that is not there yet open what is mapped here? */
bool maps_is_named(pid_t pid, const struct mapping *mapping);

/* Who else could wake a task that waits on a futex at an address, by device and inode of its
 * mapping; `is_private_wait`: the wait has FUTEX_PRIVATE_FLAG. */
enum reach maps_reach_in(pid_t pid, const struct mapping *mapping, bool is_private_wait);
enum reach maps_reach(pid_t pid, uint64_t address, bool is_private_wait);

#endif
