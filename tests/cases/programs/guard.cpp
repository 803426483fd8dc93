/* guard WHAT: another thread initialises a function-local static at the fork, or has done so. */
#include "case.h"

static int is_slow;

struct table {
	table()
	{
		if (!is_slow)
			return;
		pthread_barrier_wait(&taken);
		pthread_barrier_wait(&finished);
	}
	int size = 7;
};

static int look_up()
{
	static table entries; /* STATIC */
	return entries.size;
}

static void *other(void *)
{
	look_up();
	if (!is_slow) {
		pthread_barrier_wait(&taken);
		pthread_barrier_wait(&finished);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	is_slow = argc > 1 && mode_is(argv, "hang");
	pthread_create(&thread, NULL, other, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	pid_t child = fork(); /* FORK */
	if (child == 0)
		_exit(look_up() == 7 ? 0 : 1); /* CHILD */
	int status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
