/* LATENT lock=log_lock lost=rotator child=log_line kind=exec */
#include "lat.h"
/* The child execs, but logs what it is about to run. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_buf[256];

static void log_line(const char *s)
{
	pthread_mutex_lock(&log_lock);
	snprintf(log_buf, sizeof log_buf, "%s", s);
	stretch();
	pthread_mutex_unlock(&log_lock);
}

static void *rotator(void *u)
{
	for (;; usleep(2300))
		log_line("rotated");
	return u;
}

static int run(void)
{
	log_line("exec /bin/true");
	execl("/bin/true", "true", (char *)NULL);
	log_line("exec failed");
	return 127;
}

int main(void)
{
	begin();
	spawn(rotator, NULL);
	return forks(5, 5600, run);
}
