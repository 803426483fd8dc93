/*
 * A thread that is in a section of a microsecond every few milliseconds, and a parent whose
 * children take the same lock. It passes; where the fork meets the section a child hangs.
 *
 * section LOCK [WHAT]: a mutex, a rwlock or a semaphore. WHAT: "anew": the child makes a lock
 * anew that it finds taken; "handlers": handlers of fork() cover another lock, which a second
 * thread has around the section; "serve": a child for each byte that comes to the FIFO
 * "requests"; "input": for each that comes from standard input; "status": it returns 7; "tries":
 * the child tries before it waits; "gives up": and does not wait; "tried": a handler of fork()
 * tries to take the lock, and lets the fork go on without; "covered": it waits for it; "once": the
 * thread is in its section once, before the first fork.
 */
#include "case.h"
#include <fcntl.h>
#include <semaphore.h>

#define PAUSE_US 5000
#define FORKS    3

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t covered = PTHREAD_MUTEX_INITIALIZER;
static sem_t semaphore;
static const char *kind;
static int value;

static void count(void)
{
	if (strcmp(kind, "rwlock") == 0) {
		pthread_rwlock_wrlock(&rwlock);
		value++;
		pthread_rwlock_unlock(&rwlock);
	} else if (strcmp(kind, "semaphore") == 0) {
		sem_wait(&semaphore);
		value++;
		sem_post(&semaphore);
	} else {
		pthread_mutex_lock(&mutex);
		value++;
		pthread_mutex_unlock(&mutex);
	}
}

static void try_first(void)
{
	if (pthread_mutex_trylock(&mutex))
		pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

static void try_only(void)
{
	if (pthread_mutex_trylock(&mutex) == 0)
		pthread_mutex_unlock(&mutex);
}

static void *counter(void *nothing)
{
	for (;; usleep(PAUSE_US))
		count();
	return nothing;
}

static void *count_once(void *nothing)
{
	count();
	pause();
	return nothing;
}

static void *covered_counter(void *nothing)
{
	for (;; usleep(PAUSE_US)) {
		pthread_mutex_lock(&covered);
		count();
		pthread_mutex_unlock(&covered);
	}
	return nothing;
}

static void cover(void)
{
	pthread_mutex_lock(&covered);
}

static void uncover(void)
{
	pthread_mutex_unlock(&covered);
}

static void cover_all(void)
{
	pthread_mutex_lock(&mutex);
}

static void uncover_all(void)
{
	pthread_mutex_unlock(&mutex);
}

static int is_covered;

static void try_to_cover(void)
{
	is_covered = pthread_mutex_trylock(&mutex) == 0;
}

static void uncover_tried(void)
{
	if (is_covered)
		pthread_mutex_unlock(&mutex);
}

static void work(const char *what)
{
	if (strcmp(what, "anew") == 0 && mutex.__data.__lock != 0)
		pthread_mutex_init(&mutex, NULL);
	if (strcmp(what, "tries") == 0)
		try_first();
	else if (strcmp(what, "gives up") == 0)
		try_only();
	else
		count();
	_exit(0);
}

/* The child's status. */
static int make_child(const char *what)
{
	pid_t child;

	/* Half a pause off: both wake by the same clock, and the fork would meet the section now
	 * and then. */
	usleep(9 * PAUSE_US / 2);
	child = fork();
	if (child == 0)
		work(what);
	return reap(child);
}

/* The worst status of children for each byte. */
static int serve(int requests)
{
	int worst = 0;
	char byte;

	while (read(requests, &byte, 1) == 1) {
		int status = make_child("");

		worst = status > worst ? status : worst;
	}
	return worst;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	int worst = 0;
	pthread_t thread;

	kind = argc > 1 ? argv[1] : "mutex";
	sem_init(&semaphore, 0, 1);
	pthread_create(&thread, NULL, strcmp(what, "once") == 0 ? count_once : counter, NULL);
	if (strcmp(what, "handlers") == 0) {
		pthread_atfork(cover, uncover, uncover);
		pthread_create(&thread, NULL, covered_counter, NULL);
	}
	if (strcmp(what, "tried") == 0)
		pthread_atfork(try_to_cover, uncover_tried, uncover_tried);
	if (strcmp(what, "covered") == 0)
		pthread_atfork(cover_all, uncover_all, uncover_all);
	if (strcmp(what, "serve") == 0)
		return serve(open("requests", O_RDWR));
	if (strcmp(what, "input") == 0)
		return serve(STDIN_FILENO);
	for (int i = 0; i < FORKS; i++) {
		int status = make_child(what);

		worst = status > worst ? status : worst;
	}
	usleep(4 * PAUSE_US);
	return strcmp(what, "status") == 0 ? 7 : worst;
}
