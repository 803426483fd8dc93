/* SAFE kind=region-random the child does without it */
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
	unsigned s = 1;
	rand_r(&s);
	return 0;
}

int main(void)
{
	begin();
	srandom(1);
	spawn(busy, NULL);
	return forks(slow ? 400 : 4, slow ? 150 : 6300, use);
}
