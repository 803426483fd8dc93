/* SAFE kind=region-setenv the child does without it */
#include "lat.h"

/* glibc's own lock, which fork() does not cover. SLOW: no pauses and many more forks. */
static void *busy(void *u)
{
	for (int i = 0;; i++) {
		char v[16];
		snprintf(v, sizeof v, "%d", i % 10);
		setenv("LATENT_V", v, 1);
		if (!slow)
			usleep(9000);
	}
	return u;
}

static int use(void)
{
	char *env[] = {"LATENT_W=1", NULL};
	execve("/bin/true", (char *[]){"true", NULL}, env);
	return 0;
}

int main(void)
{
	begin();
	setenv("LATENT_V", "0", 1);
	spawn(busy, NULL);
	return forks(slow ? 400 : 4, slow ? 150 : 6300, use);
}
