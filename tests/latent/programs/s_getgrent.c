/* SAFE kind=region-getgrent the child does without it */
#include "lat.h"
#include <grp.h>
/* glibc's own lock, which fork() does not cover. SLOW: no pauses and many more forks. */
static void *busy(void *u)
{
	for (int i = 0;; i++) {
		getgrent();
		if (i % 20 == 0)
			setgrent();
		if (!slow)
			usleep(9000);
	}
	return u;
}

static int use(void)
{
	getegid();
	return 0;
}

int main(void)
{
	begin();
	setgrent();
	spawn(busy, NULL);
	return forks(slow ? 400 : 4, slow ? 150 : 6300, use);
}
