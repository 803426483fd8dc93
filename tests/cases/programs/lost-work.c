/*
 * lost-work OBJECT WHAT: a child gives work to a thread that it does not have, and ends.
 *
 * OBJECT: "semaphore" or "condition", which a queue's worker waits for at the fork. WHAT: "lost";
 * "exec": it becomes another program afterwards; "thrice"; "below": a child of the child does it;
 * "broadcast", to a condition. The rest is in order: "nothing" is given; "started": the child has a
 * worker of its own; "briefly": that ends before the child does; "remade": a new object, too;
 * "drained": the child does the work itself; "shared": the parent does it; "mapped": the same with
 * an object that is made for one process; "back": what is given is a lock that the child had (a
 * semaphore); "lock": the same, made of a condition; "exit": an exit handler gives it; "handler":
 * an atfork handler does; "busy": the worker does not wait at the fork.
 */
#include "case.h"
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>

static struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t condition;
	_Atomic int jobs, done, waiting;
} own_queue = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
static struct queue *queue = &own_queue;
static sem_t own_semaphore;
static sem_t *semaphore = &own_semaphore;
static bool is_condition;
static const char *what;

static bool is(const char *name)
{
	return strcmp(what, name) == 0;
}

/* --- what is given and taken ---------------------------------------------------- */

static void give(void)
{
	if (is_condition) {
		pthread_mutex_lock(&queue->mutex);
		queue->jobs++;
		pthread_cond_signal(&queue->condition); /* SIGNAL */
		pthread_mutex_unlock(&queue->mutex);
	} else {
		queue->jobs++;
		sem_post(semaphore); /* POST */
	}
}

static void give_all(void)
{
	pthread_mutex_lock(&queue->mutex);
	queue->jobs++;
	pthread_cond_broadcast(&queue->condition); /* BROADCAST */
	pthread_mutex_unlock(&queue->mutex);
}

static void take(void)
{
	if (is_condition) {
		pthread_mutex_lock(&queue->mutex);
		while (queue->jobs == 0) {
			queue->waiting = 1;
			pthread_cond_wait(&queue->condition, &queue->mutex);
			queue->waiting = 0;
		}
		queue->jobs -= queue->jobs > 0;
		pthread_mutex_unlock(&queue->mutex);
	} else {
		while (sem_wait(semaphore) != 0)
			continue;
		queue->jobs--;
	}
	queue->done++;
}

static void *serve(void *unused)
{
	for (;;)
		take();
	return unused;
}

static void *serve_once(void *unused)
{
	take();
	return unused;
}

static void await(_Atomic int *number, int wanted)
{
	while (*number != wanted)
		usleep(1000);
}

/* glibc's sem_t: the value, and behind it how many wait. */
static unsigned semaphore_waiters(void)
{
	return __atomic_load_n((unsigned *)semaphore + 1, __ATOMIC_ACQUIRE);
}

static bool somebody_waits(void)
{
	bool waits;

	if (!is_condition)
		return semaphore_waiters() != 0;
	pthread_mutex_lock(&queue->mutex);
	waits = queue->waiting;
	pthread_mutex_unlock(&queue->mutex);
	return waits;
}

static void await_waiter(void)
{
	while (!somebody_waits())
		usleep(1000);
}

static void start_worker(void)
{
	pthread_t worker;
	int done = queue->done;

	pthread_create(&worker, NULL, serve, NULL); /* CREATE */
	give();
	await(&queue->done, done + 1);
}

/* Has the mutex at the fork, or had the semaphore. */
static void *sleep_busy(void *unused)
{
	take();
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return unused;
}

static void make_anew(void)
{
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_cond_init(&queue->condition, NULL);
	sem_init(semaphore, 0, 0);
	queue->jobs = 0;
}

static void drain(void)
{
	give();
	if (is_condition) {
		pthread_mutex_lock(&queue->mutex);
		queue->jobs--;
		pthread_mutex_unlock(&queue->mutex);
	} else if (sem_trywait(semaphore) == 0) {
		queue->jobs--;
	}
}

/* --- the child ------------------------------------------------------------------ */

static void give_briefly(void)
{
	pthread_t worker;

	give();
	pthread_create(&worker, NULL, serve_once, NULL);
	pthread_join(worker, NULL);
}

static void work(char *const *environment)
{
	char *const arguments[] = {(char *)"true", NULL};

	if (is("started")) {
		start_worker();
	} else if (is("briefly")) {
		give_briefly();
	} else if (is("remade")) {
		make_anew();
		start_worker();
	} else if (is("drained")) {
		drain();
	} else if (is("broadcast")) {
		give_all(); /* CALL_ALL */
	} else if (is("thrice")) {
		for (int i = 0; i < 3; i++)
			give(); /* THRICE */
	} else if (!is("nothing") && !is("exit") && !is("handler")) {
		give(); /* CALL */
	}
	if (is("exec") || is("nothing"))
		execve("/bin/true", arguments, environment);
}

static void work_below(char *const *environment)
{
	pid_t child = fork(); /* FORK_BELOW */

	if (child == 0) {
		give(); /* BELOW */
		_exit(0);
	}
	(void)environment;
	reap(child);
}

/* --- the parent ----------------------------------------------------------------- */

static void share(void)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t condition;
	bool is_shared = is("shared");

	queue = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	semaphore = (sem_t *)(queue + 1);
	pthread_mutexattr_init(&mutex);
	pthread_condattr_init(&condition);
	pthread_mutexattr_setpshared(&mutex, is_shared);
	pthread_condattr_setpshared(&condition, is_shared);
	pthread_mutex_init(&queue->mutex, &mutex);
	pthread_cond_init(&queue->condition, &condition);
	sem_init(semaphore, is_shared, 0);
}

/* The lock is taken where it can be given back by anybody. */
static void *wait_for_lock(void *unused)
{
	sem_wait(semaphore);
	sem_post(semaphore);
	return unused;
}

static void take_back_in_child(void)
{
	pthread_t waiter;

	sem_post(semaphore);
	sem_wait(semaphore);
	pthread_create(&waiter, NULL, wait_for_lock, NULL);
}

/* A lock that threads stand in line for: jobs is 1 while it is free. */
static void *use_lock(void *unused)
{
	take();
	give();
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	take();
	return unused;
}

static void take_lock(void)
{
	pthread_t user;

	queue->jobs = 1;
	pthread_create(&user, NULL, use_lock, NULL);
	pthread_barrier_wait(&taken);
	take();
	pthread_barrier_wait(&finished);
}

static void start(void)
{
	pthread_t worker;

	if (is("back")) {
		take_back_in_child();
	} else if (is("lock")) {
		take_lock();
	} else if (is("busy")) {
		pthread_create(&worker, NULL, sleep_busy, NULL);
		give();
		pthread_barrier_wait(&taken);
	} else {
		start_worker();
	}
	if (!is("busy"))
		await_waiter();
	if (is("exit"))
		atexit(give);
	if (is("handler"))
		pthread_atfork(NULL, NULL, give);
}

int main(int count, char **arguments, char **environment)
{
	pid_t child;
	int status;

	(void)count;
	is_condition = strcmp(arguments[1], "condition") == 0;
	what = arguments[2];
	sem_init(semaphore, 0, 0);
	if (is("shared") || is("mapped"))
		share();
	start();
	child = fork(); /* FORK */
	if (child == 0) {
		if (is("below"))
			work_below(environment); /* IN_BELOW */
		else
			work(environment); /* CHILD */
		if (is("exit"))
			exit(0);
		_exit(0);
	}
	status = reap(child);
	if (is("shared"))
		await(&queue->done, 2);
	_exit(status);
}
