/* stripes MODE: a thread has all of many locks at a time at the fork, or gave them back before. */
#include "case.h"

#define STRIPES 500

static pthread_mutex_t stripes[STRIPES];
static int is_held;

static void take_all(void)
{
	for (int i = 0; i < STRIPES; i++)
		pthread_mutex_lock(&stripes[i]); /* ACQUIRE */
}

static void give_all_back(void)
{
	for (int i = 0; i < STRIPES; i++)
		pthread_mutex_unlock(&stripes[i]);
}

static void *holder(void *unused)
{
	take_all(); /* TAKE */
	if (!is_held)
		give_all_back();
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	if (is_held)
		give_all_back();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	(void)argc;
	is_held = !mode_is(argv, "released");
	for (int i = 0; i < STRIPES; i++)
		pthread_mutex_init(&stripes[i], NULL); /* INITIALISE */
	pthread_create(&thread, NULL, holder, NULL);   /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0) {
		for (int i = 0; mode_is(argv, "remade") && i < STRIPES; i++)
			pthread_mutex_init(&stripes[i], NULL);
		if (!mode_is(argv, "latent"))
			pthread_mutex_lock(&stripes[STRIPES - 1]); /* CHILD */
		_exit(0);
	}
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
