/* SAFE kind=region-getgrgid the child does without it */
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
	getgid();
	return 0;
}

int main(void)
{
	begin();
	getgrgid(0);

	spawn(busy, NULL);
	return forks(slow ? 400 : 4, slow ? 150 : 6300, use);
}
