/*
 * heirs FAMILY WHAT: a lock on the heap that another thread has at the second of two forks
 * from one line. "asks": the first child takes it, the second leaves it alone. "ignores":
 * neither takes it. "remade": both take it, once it was made anew in their memory. "below":
 * a child of the first child takes it.
 * heirs mutex replaced: each child has a table of locks of its own, and 30 are forked while
 * a thread takes those of the parent's one after the other.
 */
#include "case.h"
#include <stdbool.h>
#include <stdlib.h>

#define LOCKS 8
#define FORKS 30

static union lock {
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	pthread_spinlock_t spin;
} * locks;
static bool is_rwlock, is_spin;

static void make(union lock *lock)
{
	if (is_rwlock)
		pthread_rwlock_init(&lock->rwlock, NULL);
	else if (is_spin)
		pthread_spin_init(&lock->spin, PTHREAD_PROCESS_PRIVATE);
	else
		pthread_mutex_init(&lock->mutex, NULL);
}

static void make_table(void)
{
	locks = malloc(LOCKS * sizeof(*locks));
	for (int i = 0; i < LOCKS; i++)
		make(&locks[i]);
}

static void take(union lock *lock)
{
	if (is_rwlock)
		pthread_rwlock_wrlock(&lock->rwlock);
	else if (is_spin)
		pthread_spin_lock(&lock->spin);
	else
		pthread_mutex_lock(&lock->mutex);
}

static void give(union lock *lock)
{
	if (is_rwlock)
		pthread_rwlock_unlock(&lock->rwlock);
	else if (is_spin)
		pthread_spin_unlock(&lock->spin);
	else
		pthread_mutex_unlock(&lock->mutex);
}

static void use(union lock *lock)
{
	take(lock);
	give(lock);
}

static void *holder(void *unused)
{
	use(locks);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	take(locks);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	give(locks);
	return unused;
}

static void wait_for(pid_t child)
{
	int status;

	waitpid(child, &status, 0);
	if (status)
		exit(2);
}

static void work(const char *what, bool is_held)
{
	pid_t child;

	if (strcmp(what, "remade") == 0) {
		make(locks);
		use(locks);
	}
	if (strcmp(what, "asks") == 0 && !is_held)
		use(locks);
	if (strcmp(what, "below") == 0 && !is_held) {
		child = fork();
		if (child == 0)
			use(locks);
		else
			wait_for(child);
	}
	_exit(0);
}

static void fork_twice(const char *what)
{
	for (int is_held = 0; is_held < 2; is_held++) {
		pid_t child;

		pthread_barrier_wait(&taken);
		child = fork();
		if (child == 0)
			work(what, is_held);
		wait_for(child);
		pthread_barrier_wait(&finished);
	}
}

static void *use_all(void *unused)
{
	for (int i = 0;; i = (i + 1) % LOCKS)
		use(&locks[i]);
	return unused;
}

static void fork_many(void)
{
	for (int i = 0; i < FORKS; i++) {
		pid_t child = fork();

		if (child == 0) {
			for (int k = 0; k < LOCKS; k++)
				use(&locks[k]);
			_exit(0);
		}
		wait_for(child);
	}
	_exit(0);
}

int main(int count, char **arguments)
{
	pthread_t thread;

	if (count != 3)
		return 2;
	is_rwlock = strcmp(arguments[1], "rwlock") == 0;
	is_spin = strcmp(arguments[1], "spin") == 0;
	make_table();
	if (strcmp(arguments[2], "replaced") == 0) {
		pthread_atfork(NULL, NULL, make_table);
		pthread_create(&thread, NULL, use_all, NULL);
		fork_many();
	}
	pthread_barrier_init(&taken, NULL, 2);
	pthread_barrier_init(&finished, NULL, 2);
	pthread_create(&thread, NULL, holder, NULL);
	fork_twice(arguments[2]);
	pthread_join(thread, NULL);
	return 0;
}
