/* LATENT lock=envlock lost=busy child=use kind=region-setenv */
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
	setenv("LATENT_W", "1", 1);
	return 0;
}

int main(void)
{
	begin();
	setenv("LATENT_V", "0", 1);
	spawn(busy, NULL);
	return forks(slow ? 400 : 4, slow ? 150 : 6300, use);
}
