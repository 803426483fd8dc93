/* SAFE kind=atfork-unloaded the library with the handlers stays open */
#include "lat.h"
#include <dlfcn.h>
static pthread_mutex_t db_lock = PTHREAD_MUTEX_INITIALIZER;
static int db;

static void *syncer(void *u)
{
	for (;; usleep(2000)) {
		pthread_mutex_lock(&db_lock);
		db++;
		stretch();
		pthread_mutex_unlock(&db_lock);
	}
	return u;
}

static int db_read(void)
{
	pthread_mutex_lock(&db_lock);
	int n = db;
	pthread_mutex_unlock(&db_lock);
	return n < 0;
}

int main(void)
{
	char path[4096];

	begin();
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 20);
	if (n < 0)
		return 2;
	path[n] = 0;
	strcpy(strrchr(path, '/'), "/libguard.so");
	void *h = dlopen(path, RTLD_NOW);
	if (!h)
		return 2;
	((void (*)(pthread_mutex_t *))dlsym(h, "guard_install"))(&db_lock);
	spawn(syncer, NULL);
	return forks(5, 5700, db_read);
}
