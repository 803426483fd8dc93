/* SAFE kind=region-localtime the child does without it */
#include "lat.h"

/* glibc's own lock, which fork() does not cover. SLOW: no pauses and many more forks. */
static void *busy(void *u)
{
	for (int i = 0;; i++) {
		time_t t = 1000 * i;
		struct tm tm;
		localtime_r(&t, &tm);
		if (!slow)
			usleep(9000);
	}
	return u;
}

static int use(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	return 0;
}

int main(void)
{
	begin();
	tzset();
	spawn(busy, NULL);
	return forks(slow ? 400 : 4, slow ? 150 : 6300, use);
}
