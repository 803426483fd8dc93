/*
 * Hostile names in /proc: a task may be called anything, and so may a file that is
 * mapped. An input is both names; what is read of this process must be true all the same.
 */
#include "cli/process/memory_map.h"
#include "cli/process/procfs.h"
#include "fuzz.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel's bounds, less what it puts before them. */
#define TASK_NAME 16 /* with its end */
#define FILE_NAME 249

static uint64_t started;

static void check(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "names: %s\n", what);
	abort();
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
	(void)count;
	(void)arguments;
	started = procfs_start_time(getpid());
	if (!started)
		errx(2, "no start time");
	return 0;
}

static void check_task(const char *name)
{
	struct procfs_task task;
	struct process_look *look = malloc(sizeof(*look));

	check(!prctl(PR_SET_NAME, name), "no name");
	check(procfs_parent(getpid()) == getppid(), "another parent");
	check(procfs_start_time(getpid()) == started, "another start");
	check(procfs_state(getpid()) == 'R', "another state");
	check(procfs_inner_pid(getpid()) == getpid(), "another number");
	check(procfs_tracer(getpid()) == 0, "a tracer");
	check(!procfs_is_descendant(getpid()), "its own ancestor");
	check(procfs_look(getpid(), look) && look->complete && !look->held, "no look");
	check(procfs_tasks(getpid(), &task, 1) == 1 && task.start_ns == started, "no task");
	check(strlen(task.name) == strcspn(name, "\n") &&
		      strncmp(task.name, name, strlen(task.name)) == 0,
	      "another name");
	free(look);
}

static void check_mapping(const char *name)
{
	int descriptor = memfd_create(name, 0);
	size_t size = 4096;
	struct mapping mapping;
	struct stat status;
	char *place;

	check(descriptor >= 0 && !ftruncate(descriptor, (off_t)size) && !fstat(descriptor, &status),
	      "no file");
	place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
	check(place != MAP_FAILED, "no mapping");
	check(maps_find(getpid(), (uint64_t)(uintptr_t)place + 8, &mapping), "not found");
	check(mapping.start == (uint64_t)(uintptr_t)place && mapping.end == mapping.start + size &&
		      mapping.offset == 0 && mapping.inode == status.st_ino,
	      "found elsewhere");
	check(mapping.writable && !mapping.executable && !mapping.shared, "other rights");
	check(strncmp(mapping.path, "/memfd:", 7) == 0, "another path");
	munmap(place, size);
	close(descriptor);
}

static void copy_name(char *name, const uint8_t *data, size_t length)
{
	memcpy(name, data, length);
	name[length] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	size_t task = length < TASK_NAME ? length : TASK_NAME - 1;
	size_t file = length < FILE_NAME ? length : FILE_NAME;
	char name[FILE_NAME + 1];

	copy_name(name, data, task);
	check_task(name);
	copy_name(name, data + length - file, file);
	check_mapping(name);
	return 0;
}
