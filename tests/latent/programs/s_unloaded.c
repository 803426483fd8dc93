/* SAFE kind=unloaded the child calls the library's own repair first */
#include "lat.h"
#include <dlfcn.h>
#include <limits.h>
/* The library is gone from the process when it ends. */
static int (*plug_call)(int);
static void (*plug_child)(void);
static volatile int over;

static void *caller(void *u)
{
	while (!over) {
		plug_call(0);
		usleep(2300);
	}
	return u;
}

static int child_main(void)
{
	plug_child();
	return plug_call(1) < 1;
}

int main(void)
{
	char path[PATH_MAX];

	begin();
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 20);
	if (n < 0)
		return 2;
	path[n] = 0;
	strcpy(strrchr(path, '/'), "/libplug.so");
	void *h = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!h)
		return 2;
	plug_call = (int (*)(int))dlsym(h, "plug_call");
	plug_child = (void (*)(void))dlsym(h, "plug_child");
	pthread_t t = spawn(caller, NULL);
	int bad = forks(5, 6100, child_main);
	over = 1;
	pthread_join(t, NULL);
	return bad | dlclose(h);
}
