/* LATENT lock=syslog_lock lost=busy child=use kind=region-syslog */
#include "lat.h"
#include <fcntl.h>
#include <syslog.h>
/* glibc's own lock, which fork() does not cover. SLOW: no pauses and many more forks. */
static void *busy(void *u)
{
	for (int i = 0;; i++) {
		syslog(LOG_DEBUG, "latent %d", i);
		if (!slow)
			usleep(9000);
	}
	return u;
}

static int use(void)
{
	syslog(LOG_DEBUG, "child");
	return 0;
}

int main(void)
{
	begin();
	openlog("latent", 0, LOG_USER);
	spawn(busy, NULL);
	return forks(slow ? 400 : 4, slow ? 150 : 6300, use);
}
