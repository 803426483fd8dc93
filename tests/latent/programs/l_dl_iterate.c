/* LATENT lock=dl_load_write_lock lost=profiler child=maps kind=region-dl */
#include "lat.h"
#include <link.h>
/* dl_iterate_phdr() holds the loader's lock while it calls back. */
static int each(struct dl_phdr_info *i, size_t n, void *count)
{
	(void)n;
	*(int *)count += i->dlpi_phnum;
	return 0;
}

static int each_slow(struct dl_phdr_info *i, size_t n, void *count)
{
	stretch();
	return each(i, n, count);
}

static void *profiler(void *u)
{
	for (;; usleep(4000)) {
		int n = 0;
		dl_iterate_phdr(each_slow, &n);
	}
	return u;
}

static int maps(void)
{
	int n = 0;
	dl_iterate_phdr(each, &n);
	return n == 0;
}

int main(void)
{
	begin();
	spawn(profiler, NULL);
	return forks(5, 5500, maps);
}
