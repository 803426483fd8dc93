/* dl_iterate_phdr: the libraries counted by a thread, as a profiler does, while another forks. */
#include "../beside.h"
#include <link.h>

static int count(struct dl_phdr_info *info, size_t size, void *counted)
{
	(void)info;
	(void)size;
	++*(int *)counted;
	return 0;
}

static void call(void)
{
	int counted = 0;

	dl_iterate_phdr(count, &counted);
}

int main(int argc, char **argv)
{
	(void)argv;
	return fork_beside(call, argc > 1);
}
