/* SAFE kind=gate-sem gc has the gate for both phases, main for the fork */
#include "lat.h"
static sem_t world;
static pthread_mutex_t heap_lock = PTHREAD_MUTEX_INITIALIZER;
static int live;

static void heap_use(int n)
{
	pthread_mutex_lock(&heap_lock);
	live += n;
	stretch();
	pthread_mutex_unlock(&heap_lock);
}

static void *gc(void *u)
{
	for (;; usleep(1900)) {
		semwait(&world);
		heap_use(1);
		usleep(300);
		heap_use(-1);
		sem_post(&world);
	}
	return u;
}

static int child_main(void)
{
	heap_use(1);
	return 0;
}

int main(void)
{
	int bad = 0;

	begin();
	sem_init(&world, 0, 1);
	spawn(gc, NULL);
	for (int i = 0; i < 5; i++) {
		usleep(5100);
		semwait(&world);
		usleep(1500);
		pid_t pid = fork();
		if (pid == 0)
			_exit(child_main());
		sem_post(&world);
		bad |= reap(pid);
	}
	return bad;
}
