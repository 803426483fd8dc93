/* LATENT lock=random_lock lost=busy child=use kind=region-random */
#include "lat.h"

/* glibc's own lock, which fork() does not cover. SLOW: no pauses and many more forks. */
static void *busy(void *u)
{
	for (int i = 0;; i++) {
		random();
		if (!slow)
			usleep(9000);
	}
	return u;
}

static int use(void)
{
	random();
	return 0;
}

int main(void)
{
	begin();
	srandom(1);
	spawn(busy, NULL);
	return forks(slow ? 400 : 4, slow ? 150 : 6300, use);
}
