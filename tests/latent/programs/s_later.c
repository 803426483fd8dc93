/* SAFE kind=thread-later workers are forked first; the thread starts after the last fork */
#include "lat.h"
static pthread_mutex_t map_lock = PTHREAD_MUTEX_INITIALIZER;
static int map[16];

static void *late(void *u)
{
	for (int i = 0; i < 8; i++) {
		pthread_mutex_lock(&map_lock);
		map[i % 16]++;
		stretch();
		pthread_mutex_unlock(&map_lock);
		usleep(700);
	}
	return u;
}

static int map_get(void)
{
	usleep(5000);
	pthread_mutex_lock(&map_lock);
	int n = map[3];
	pthread_mutex_unlock(&map_lock);
	return n != 0;
}

int main(void)
{
	pid_t pids[3];
	int bad = 0;

	begin();
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(map_get());
	}
	pthread_t t = spawn(late, NULL);
	for (int i = 0; i < 3; i++)
		bad |= reap(pids[i]);
	pthread_join(t, NULL);
	return bad;
}
