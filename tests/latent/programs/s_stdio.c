/* SAFE kind=stdio fork() makes the locks of all FILEs anew in the child */
#include "lat.h"
static FILE *out;

static void *writer(void *u)
{
	for (int i = 0;; i++) {
		flockfile(out);
		fprintf(out, "%d\n", i);
		stretch();
		funlockfile(out);
		usleep(2100);
	}
	return u;
}

static int child_main(void)
{
	return fprintf(out, "child\n") < 0;
}

int main(void)
{
	begin();
	out = fopen("/dev/null", "w");
	spawn(writer, NULL);
	_exit(forks(5, 5900, child_main));
}
