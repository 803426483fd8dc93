/*
 * A library with a thread that loads things, and calls that ask it to and wait in slices until it
 * has, each in its own way. slices_renew() gives a child a thread of its own. Others pass their
 * time in slices, and wait for nothing that a thread does.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define SLICE_MS 100

int slices_start(int milliseconds);
int slices_renew(int milliseconds);
int slices_by_condition(int limit);
int slices_by_clock(int limit);
int slices_by_semaphore(int limit);
int slices_by_poll(int limit);
int slices_by_nanosleep(int limit);
int slices_by_usleep(int limit);
int slices_by_epoll(int limit);
int slices_of_jobs(int limit);
int slices_of_ticks(int limit);
int slices_of_work(int limit);
int slices_of_counting(int limit);

static pthread_mutex_t slices_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t slices_changed = PTHREAD_COND_INITIALIZER;
static sem_t slices_done;
static int slices_wanted, slices_event = -1, slices_set = -1, slices_jobs[2];
static atomic_int slices_loaded;
static int slices_load_ms;

static void pass(int milliseconds)
{
	struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

	nanosleep(&time, NULL); /* PASS */
}

static void *load(void *unused)
{
	pthread_mutex_lock(&slices_mutex);
	for (;;) {
		while (!slices_wanted)
			pthread_cond_wait(&slices_changed, &slices_mutex);
		slices_wanted = 0;
		pthread_mutex_unlock(&slices_mutex);
		pass(slices_load_ms);
		pthread_mutex_lock(&slices_mutex);
		atomic_store(&slices_loaded, 1);
		pthread_cond_broadcast(&slices_changed);
		sem_post(&slices_done);
		eventfd_write(slices_event, 1);
	}
	return unused;
}

static int make(int milliseconds)
{
	struct epoll_event event = {.events = EPOLLIN};
	pthread_t thread;

	slices_load_ms = milliseconds;
	sem_init(&slices_done, 0, 0);
	slices_event = eventfd(0, EFD_CLOEXEC);
	slices_set = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(slices_set, EPOLL_CTL_ADD, slices_event, &event);
	return pthread_create(&thread, NULL, load, NULL); /* CREATE */
}

static void slices_prepare(void)
{
	pthread_mutex_lock(&slices_mutex);
}

static void slices_release(void)
{
	pthread_mutex_unlock(&slices_mutex);
}

int slices_start(int milliseconds)
{
	pthread_atfork(slices_prepare, slices_release, slices_release);
	if (pipe2(slices_jobs, O_CLOEXEC) != 0)
		return -1;
	return make(milliseconds);
}

int slices_renew(int milliseconds)
{
	pthread_mutex_init(&slices_mutex, NULL);
	memset(&slices_changed, 0, sizeof(slices_changed));
	return make(milliseconds);
}

static struct timespec in(clockid_t clock, int milliseconds)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_nsec += milliseconds * 1000000L;
	time.tv_sec += time.tv_nsec / 1000000000L;
	time.tv_nsec %= 1000000000L;
	return time;
}

static void order(void)
{
	pthread_mutex_lock(&slices_mutex);
	atomic_store(&slices_loaded, 0);
	slices_wanted = 1;
	pthread_cond_broadcast(&slices_changed);
	pthread_mutex_unlock(&slices_mutex);
}

/* 0: loaded; 7: given up. */
static int slices_result(void)
{
	return atomic_load(&slices_loaded) ? 0 : 7;
}

static int by_condition(int limit, clockid_t clock)
{
	order();
	pthread_mutex_lock(&slices_mutex);
	for (int i = 0; i < limit / SLICE_MS && !atomic_load(&slices_loaded); i++) {
		struct timespec end = in(clock, SLICE_MS);

		if (clock == CLOCK_REALTIME)
			pthread_cond_timedwait(&slices_changed, &slices_mutex, &end); /* TIMED */
		else
			pthread_cond_clockwait(&slices_changed, &slices_mutex, clock,
					       &end); /* CLOCK */
	}
	pthread_mutex_unlock(&slices_mutex);
	return slices_result();
}

int slices_by_condition(int limit)
{
	return by_condition(limit, CLOCK_REALTIME);
}

int slices_by_clock(int limit)
{
	return by_condition(limit, CLOCK_MONOTONIC);
}

int slices_by_semaphore(int limit)
{
	order();
	for (int i = 0; i < limit / SLICE_MS && !atomic_load(&slices_loaded); i++) {
		struct timespec end = in(CLOCK_REALTIME, SLICE_MS);

		sem_timedwait(&slices_done, &end);
	}
	return slices_result();
}

int slices_by_poll(int limit)
{
	order();
	for (int i = 0; i < limit / SLICE_MS && !atomic_load(&slices_loaded); i++)
		poll(NULL, 0, SLICE_MS);
	return slices_result();
}

int slices_by_nanosleep(int limit)
{
	order();
	for (int i = 0; i < limit / SLICE_MS && !atomic_load(&slices_loaded); i++)
		pass(SLICE_MS);
	return slices_result();
}

int slices_by_usleep(int limit)
{
	order();
	for (int i = 0; i < limit / SLICE_MS && !atomic_load(&slices_loaded); i++)
		usleep(SLICE_MS * 1000);
	return slices_result();
}

int slices_by_epoll(int limit)
{
	struct epoll_event event;
	eventfd_t count;

	order();
	for (int i = 0; i < limit / SLICE_MS && !atomic_load(&slices_loaded); i++)
		epoll_wait(slices_set, &event, 1, SLICE_MS);
	/* Not to be woken by it the next time. */
	if (atomic_load(&slices_loaded))
		eventfd_read(slices_event, &count);
	return slices_result();
}

/* The parent has the other end, and may give it one. */
int slices_of_jobs(int limit)
{
	struct pollfd jobs = {.fd = slices_jobs[0], .events = POLLIN};

	for (int i = 0; i < limit / SLICE_MS && poll(&jobs, 1, SLICE_MS) == 0; i++)
		;
	return 0;
}

int slices_of_ticks(int limit)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (int i = 0; i < limit / SLICE_MS; i++) {
		pass(SLICE_MS);
		if (write(nowhere, "tick", 4) != 4)
			return 1;
	}
	return close(nowhere);
}

/* Memory that it has not touched before. */
int slices_of_work(int limit)
{
	size_t size = 1 << 18;

	for (int i = 0; i < limit / SLICE_MS; i++) {
		char *table = malloc(size);

		pass(SLICE_MS);
		if (!table)
			return 1;
		memset(table, i, size);
	}
	return 0;
}

/* A millisecond and more of each slice. */
int slices_of_counting(int limit)
{
	volatile unsigned count;

	for (int i = 0; i < limit / SLICE_MS; i++) {
		pass(SLICE_MS);
		for (count = 0; count < 4000000; count++)
			;
	}
	return 0;
}
