/* LATENT lock=nss_lock lost=busy child=use kind=region-getgrgid */
#include "lat.h"
#include <grp.h>
/* glibc's own lock, which fork() does not cover. SLOW: no pauses and many more forks. */
static void *busy(void *u)
{
	for (int i = 0;; i++) {
		getgrgid(i % 5);
		if (!slow)
			usleep(23000);
	}
	return u;
}

static int use(void)
{
	getgrgid(1);
	return 0;
}

int main(void)
{
	begin();
	getgrgid(0);

	spawn(busy, NULL);
	return forks(slow ? 400 : 4, slow ? 150 : 6300, use);
}
