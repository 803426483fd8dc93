/* LATENT lock=store lost=keeper child=store_get kind=reply-cond */
#include "lat.h"
/* Main waits for the reply before it forks, but the keeper replies first and writes behind. */
static pthread_mutex_t box = PTHREAD_MUTEX_INITIALIZER, store = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int asked, answered, value;

static void store_put(int v)
{
	pthread_mutex_lock(&store);
	value = v;
	stretch();
	pthread_mutex_unlock(&store);
}

static int store_get(void)
{
	pthread_mutex_lock(&store);
	int v = value;
	pthread_mutex_unlock(&store);
	return v < 0;
}

static void *keeper(void *u)
{
	for (;;) {
		pthread_mutex_lock(&box);
		while (asked == answered)
			pthread_cond_wait(&cond, &box);
		int mine = asked;
		answered = mine;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&box);
		usleep(900);
		store_put(mine);
	}
	return u;
}

static void ask(int id)
{
	pthread_mutex_lock(&box);
	asked = id;
	pthread_cond_broadcast(&cond);
	while (answered != id)
		pthread_cond_wait(&cond, &box);
	pthread_mutex_unlock(&box);
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(keeper, NULL);
	for (int i = 1; i < 6; i++) {
		ask(i);
		usleep(5000);
		pid_t pid = fork();
		if (pid == 0)
			_exit(store_get());
		bad |= reap(pid);
	}
	_exit(bad);
}
