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

/* A kernel thread, a zombie, or a process that is gone. */
bool maps_is_without_memory(pid_t pid);

enum reach {
	REACH_PRIVATE, /* nobody else has this memory */
	REACH_SHARED,  /* another process maps it too */
	REACH_UNKNOWN,
};

/* Who else could change the memory at an address, by device and inode of its mapping. */
enum reach maps_reach(pid_t pid, uint64_t address);

#endif
