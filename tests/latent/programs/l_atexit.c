/* LATENT lock=trace_lock lost=tracer child=trace_end kind=atexit */
#include "lat.h"
/* The child works without the lock, but ends by exit(), and an exit handler flushes the trace. */
static pthread_mutex_t trace_lock = PTHREAD_MUTEX_INITIALIZER;
static int traced;
static pid_t main_pid;

static void trace_add(int n)
{
	pthread_mutex_lock(&trace_lock);
	traced += n;
	stretch();
	pthread_mutex_unlock(&trace_lock);
}

static void trace_end(void)
{
	if (getpid() != main_pid)
		trace_add(-1);
}

static void *tracer(void *u)
{
	for (;; usleep(2100))
		trace_add(1);
	return u;
}

static int child_main(void)
{
	exit(0);
}

int main(void)
{
	begin();
	main_pid = getpid();
	atexit(trace_end);
	spawn(tracer, NULL);
	return forks(5, 5800, child_main);
}
