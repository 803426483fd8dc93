/*
 * slices CHILD WAY [LIBRARY]: a child asks a thread to load something, and waits for it in slices:
 * "lost", its parent's; "renewed", one of its own, which takes four seconds. It gives up after
 * eight seconds, with status 7. Without LIBRARY the thread is the program's own.
 */
#include "../libraries/libslices.c"
#include "case.h"
#include <dlfcn.h>
#include <stdbool.h>

#define LIMIT_MS 8000
#define WORK_MS  4000
#define LOAD_MS  4000

static void *find(void *library, const char *name)
{
	void *function = dlsym(library, name);

	if (function == NULL)
		errx(2, "%s", dlerror());
	return function;
}

static void *open_library(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		errx(2, "%s", dlerror());
	return library;
}

static const struct {
	const char *way, *name;
	int (*function)(int limit);
} ways[] = {
	{"condition", "slices_by_condition", slices_by_condition},
	{"clock", "slices_by_clock", slices_by_clock},
	{"semaphore", "slices_by_semaphore", slices_by_semaphore},
	{"poll", "slices_by_poll", slices_by_poll},
	{"nanosleep", "slices_by_nanosleep", slices_by_nanosleep},
	{"usleep", "slices_by_usleep", slices_by_usleep},
	{"epoll", "slices_by_epoll", slices_by_epoll},
	{"jobs", "slices_of_jobs", slices_of_jobs},
	{"ticks", "slices_of_ticks", slices_of_ticks},
	{"work", "slices_of_work", slices_of_work},
	{"counting", "slices_of_counting", slices_of_counting},
};

struct loader {
	int (*start)(int milliseconds);
	int (*renew)(int milliseconds);
	int (*wait)(int limit);
};

static size_t find_way(const char *way)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].way, way) == 0)
			return i;
	errx(2, "no such way: %s", way);
}

static struct loader find_loader(size_t way, const char *path)
{
	void *library = path ? open_library(path) : NULL;

	if (!library)
		return (struct loader){slices_start, slices_renew, ways[way].function};
	return (struct loader){
		.start = (int (*)(int))find(library, "slices_start"),
		.renew = (int (*)(int))find(library, "slices_renew"),
		.wait = (int (*)(int))find(library, ways[way].name),
	};
}

int main(int argc, char **argv)
{
	struct loader loader;
	pid_t child;
	size_t way;
	bool waits; /* for a thread */

	if (argc < 3)
		errx(2, "usage: slices CHILD WAY [LIBRARY]");
	way = find_way(argv[2]);
	loader = find_loader(way, argv[3]);
	loader.start(0); /* START */
	waits = strncmp(ways[way].name, "slices_by_", strlen("slices_by_")) == 0;
	if (waits && loader.wait(LIMIT_MS) != 0)
		errx(2, "the parent's own thread has not loaded anything");
	child = fork(); /* FORK */
	if (child == 0) {
		if (mode_is(argv, "renewed"))
			loader.renew(LOAD_MS);
		_exit(loader.wait(waits ? LIMIT_MS : WORK_MS)); /* CHILD */
	}
	return reap_within(child, 3 * LIMIT_MS);
}
