/* LATENT lock=FILE(out) lost=writer child=child_main kind=stdio unseen=stdio */
#include "lat.h"
/* The same, but for _Fork(), which leaves the locks of the FILEs as they are. */

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
	int bad = 0;
	for (int i = 0; i < 5; i++) {
		usleep(5900);
		pid_t pid = _Fork();
		if (pid == 0)
			_exit(child_main());
		bad |= reap(pid);
	}
	_exit(bad);
}
