/* SAFE kind=gate-lock both threads take root first; main forks with root held */
#include "lat.h"
/* root > branch > leaf, by all. */
static pthread_mutex_t root = PTHREAD_MUTEX_INITIALIZER, branch = PTHREAD_MUTEX_INITIALIZER,
		       leaf = PTHREAD_MUTEX_INITIALIZER;
static int leaves;

static void branch_work(void)
{
	pthread_mutex_lock(&branch);
	pthread_mutex_lock(&leaf);
	leaves++;
	stretch();
	pthread_mutex_unlock(&leaf);
	pthread_mutex_unlock(&branch);
}

static void *gardener(void *u)
{
	for (;; usleep(2300)) {
		pthread_mutex_lock(&root);
		branch_work();
		pthread_mutex_unlock(&root);
	}
	return u;
}

static void *checker(void *u)
{
	for (;; usleep(1700)) {
		pthread_mutex_lock(&root);
		branch_work();
		pthread_mutex_unlock(&root);
	}
	return u;
}

static int leaf_read(void)
{
	pthread_mutex_lock(&leaf);
	int n = leaves;
	pthread_mutex_unlock(&leaf);
	return n < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(gardener, NULL);
	spawn(checker, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5700);
		pthread_mutex_lock(&root);
		if (slow)
			usleep(2500);
		pid_t pid = fork();
		pthread_mutex_unlock(&root);
		if (pid == 0)
			_exit(leaf_read());
		bad |= reap(pid);
	}
	return bad;
}
