/*
 * python-embedded MODE LIBRARY [ARGUMENT...]: a program without Python until it loads
 * LIBRARY, an interpreter that is given the arguments. `again` had loaded it before,
 * and unloaded it; `unloaded` has done with it and goes on with threads of its own.
 */
#include "case.h"
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>

static void *load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);

	if (library == NULL)
		errx(2, "%s", dlerror());
	return library;
}

static int run(void *library, int count, char **arguments)
{
	int (*python_main)(int, char **) = (int (*)(int, char **))dlsym(library, "Py_BytesMain");

	if (python_main == NULL)
		errx(2, "%s", dlerror());
	return python_main(count, arguments);
}

static void *work(void *unused)
{
	return unused;
}

static void start_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, work, NULL);
	pthread_join(thread, NULL);
}

/* Nothing is loaded there again. */
static void occupy(void *address)
{
	if (mmap(address, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
	    address)
		err(2, "mmap");
}

static void run_and_unload(const char *path)
{
	char *nothing[] = {"python", "-I", "-S", "-c", "pass", NULL};
	void *library = load(path);
	struct link_map *map;
	void *address;

	if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0)
		errx(2, "%s", dlerror());
	address = (void *)map->l_addr;
	start_thread();
	if (run(library, 5, nothing) != 0 || dlclose(library) != 0)
		errx(2, "no way to unload it");
	if (dlopen(path, RTLD_NOW | RTLD_NOLOAD) != NULL)
		errx(2, "it is still there");
	occupy(address);
}

static int fork_with_thread(void)
{
	pid_t child;

	start_thread();
	child = fork();
	if (child == 0) {
		start_thread();
		_exit(0);
	}
	return reap(child);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: python-embedded MODE LIBRARY [ARGUMENT...]");
	if (!mode_is(argv, "first"))
		run_and_unload(argv[2]);
	if (mode_is(argv, "unloaded"))
		return fork_with_thread();
	return run(load(argv[2]), argc - 2, argv + 2);
}
