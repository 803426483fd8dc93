/* UNDECIDABLE flag-spin: the order is an atomic flag and spinning (it is in fact safe) */
#include "lat.h"
#include <sched.h>
#include <stdatomic.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int phase; /* even: the thread's turn; odd: main's */
static int value;

static void *worker(void *u)
{
	for (;;) {
		while (atomic_load_explicit(&phase, memory_order_acquire) % 2)
			usleep(100);
		pthread_mutex_lock(&lock);
		value++;
		stretch();
		pthread_mutex_unlock(&lock);
		atomic_fetch_add_explicit(&phase, 1, memory_order_release);
	}
	return u;
}

static int child_main(void)
{
	pthread_mutex_lock(&lock);
	int v = value;
	pthread_mutex_unlock(&lock);
	return v < 1;
}

int main(void)
{
	int bad = 0;

	begin();
	spawn(worker, NULL);
	for (int i = 0; i < 5; i++) {
		while (atomic_load_explicit(&phase, memory_order_acquire) % 2 == 0)
			sched_yield();
		pid_t pid = fork();
		if (pid == 0)
			_exit(child_main());
		bad |= reap(pid);
		atomic_fetch_add_explicit(&phase, 1, memory_order_release);
		ms(3);
	}
	return bad;
}
