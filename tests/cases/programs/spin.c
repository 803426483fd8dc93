/* spin WHAT: a spin lock that another thread has at the fork, or gave back before. */
#include "case.h"

static pthread_spinlock_t spinlock;
static int released;

static void *holder(void *unused)
{
	pthread_spin_lock(&spinlock); /* ACQUIRE */
	if (released)
		pthread_spin_unlock(&spinlock);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	if (!released)
		pthread_spin_unlock(&spinlock);
	return NULL;
}

static void work(const char *what)
{
	if (strcmp(what, "latent") == 0)
		_exit(0);
	if (strcmp(what, "try") == 0)
		_exit(pthread_spin_trylock(&spinlock) != EBUSY); /* TRY */
	if (strcmp(what, "remade") == 0)
		pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE);
	pthread_spin_lock(&spinlock); /* CHILD */
	pthread_spin_unlock(&spinlock);
	_exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc != 2)
		errx(2, "usage: spin WHAT");
	released = mode_is(argv, "released");
	pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE); /* INITIALISE */
	pthread_create(&thread, NULL, holder, NULL);           /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		work(argv[1]);
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
