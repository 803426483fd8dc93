/* SAFE kind=chain first reports, hands over to second (semaphore), second to main (another), main
 * forks */
#include "lat.h"
static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t start, half, done;
static int report;

static void report_add(void)
{
	pthread_mutex_lock(&report_lock);
	report++;
	stretch();
	pthread_mutex_unlock(&report_lock);
}

static void *first(void *u)
{
	for (;;) {
		semwait(&start);
		report_add();
		sem_post(&half);
	}
	return u;
}

static void *second(void *u)
{
	for (;;) {
		semwait(&half);
		sem_post(&done);
	}
	return u;
}

static int report_get(void)
{
	pthread_mutex_lock(&report_lock);
	int n = report;
	pthread_mutex_unlock(&report_lock);
	return n < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	sem_init(&start, 0, 0);
	sem_init(&half, 0, 0);
	sem_init(&done, 0, 0);
	spawn(first, NULL);
	spawn(second, NULL);
	for (int i = 0; i < 5; i++) {
		sem_post(&start);
		semwait(&done);
		pid_t pid = fork();
		if (pid == 0)
			_exit(report_get());
		bad |= reap(pid);
	}
	return bad;
}
