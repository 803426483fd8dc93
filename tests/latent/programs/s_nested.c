/* SAFE kind=nested the child makes the lock anew, the grandchild takes it */
#include "lat.h"
static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;
static int users = 3;

static void *syncer(void *u)
{
	for (;; usleep(2400)) {
		pthread_mutex_lock(&users_lock);
		users++;
		stretch();
		pthread_mutex_unlock(&users_lock);
	}
	return u;
}

static int user_count(void)
{
	pthread_mutex_lock(&users_lock);
	int n = users;
	pthread_mutex_unlock(&users_lock);
	return n < 3;
}

static int middle(void)
{
	pthread_mutex_init(&users_lock, NULL);
	pid_t pid = fork();
	if (pid == 0)
		_exit(user_count());
	return reap(pid);
}

int main(void)
{
	begin();
	spawn(syncer, NULL);
	return forks(4, 6500, middle);
}
