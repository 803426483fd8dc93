/*
 * cure-locks LOCK HOW [cured]: a lock that is held at the fork, and the cure that a report
 * prints for it. The child takes the lock and looks whether what it protects is whole.
 *
 * HOW: "lost", another thread holds it; "own", the forking thread does; "underscore", another
 * does, and _Fork() makes the child; "unlocked", as "own", and the child unlocks it.
 */
#include "case.h"
#include <semaphore.h>
#include <threads.h>

static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t table_spinlock;
static sem_t table_semaphore;
static mtx_t table_mtx;
static pthread_mutexattr_t attributes;
static const char *how;
static int is_cured;
static int first, second; /* equal while nobody has the lock */

static void make_mutex(void)
{
	pthread_mutex_init(&table_mutex, &attributes);
}

static void take_mutex(void)
{
	pthread_mutex_lock(&table_mutex);
}

static void give_mutex(void)
{
	pthread_mutex_unlock(&table_mutex);
}

static void make_mtx(void)
{
	mtx_init(&table_mtx, mtx_plain);
}

static void make_recursive_mtx(void)
{
	mtx_init(&table_mtx, mtx_plain | mtx_recursive);
}

static void take_mtx(void)
{
	mtx_lock(&table_mtx);
}

static void give_mtx(void)
{
	mtx_unlock(&table_mtx);
}

static void make_rwlock(void)
{
	pthread_rwlock_init(&table_rwlock, NULL);
}

static void take_rwlock(void)
{
	pthread_rwlock_wrlock(&table_rwlock);
}

static void read_rwlock(void)
{
	pthread_rwlock_rdlock(&table_rwlock);
}

static void give_rwlock(void)
{
	pthread_rwlock_unlock(&table_rwlock);
}

static void make_spinlock(void)
{
	pthread_spin_init(&table_spinlock, PTHREAD_PROCESS_PRIVATE);
}

static void take_spinlock(void)
{
	pthread_spin_lock(&table_spinlock);
}

static void give_spinlock(void)
{
	pthread_spin_unlock(&table_spinlock);
}

static void make_semaphore(void)
{
	sem_init(&table_semaphore, 0, 1);
}

static void take_semaphore(void)
{
	sem_wait(&table_semaphore);
}

static void give_semaphore(void)
{
	sem_post(&table_semaphore);
}

/* What the child does in its handler is what the cure says for the kind. */
static const struct lock {
	const char *name;
	void (*make)(void), (*take)(void), (*give)(void), (*in_child)(void);
	void (*hold)(void); /* as the other thread takes it */
	int type, robust, protocol;
} locks[] = {
#define LOCK(name, in_child, ...)                                                                  \
	{                                                                                          \
#name, make_##name, take_##name, give_##name, in_child, take_##name, __VA_ARGS__   \
	}
#define MUTEX(name, in_child, ...)                                                                 \
	{                                                                                          \
		name, make_mutex, take_mutex, give_mutex, in_child, take_mutex, __VA_ARGS__        \
	}
	MUTEX("mutex", give_mutex, 0, 0, 0),
	MUTEX("adaptive", give_mutex, PTHREAD_MUTEX_ADAPTIVE_NP, 0, 0),
	MUTEX("recursive", make_mutex, PTHREAD_MUTEX_RECURSIVE, 0, 0),
	MUTEX("errorcheck", make_mutex, PTHREAD_MUTEX_ERRORCHECK, 0, 0),
	MUTEX("robust", make_mutex, 0, PTHREAD_MUTEX_ROBUST, 0),
	MUTEX("inheriting", make_mutex, 0, 0, PTHREAD_PRIO_INHERIT),
	LOCK(mtx, give_mtx, 0, 0, 0),
	{"mtx-recursive", make_recursive_mtx, take_mtx, give_mtx, make_recursive_mtx, take_mtx, 0,
	 0, 0},
	LOCK(rwlock, make_rwlock, 0, 0, 0),
	{"rwlock-read", make_rwlock, take_rwlock, give_rwlock, make_rwlock, read_rwlock, 0, 0, 0},
	LOCK(spinlock, give_spinlock, 0, 0, 0),
	LOCK(semaphore, give_semaphore, 0, 0, 0),
};
static const struct lock *lock;

static int is(const char *mode)
{
	return strcmp(how, mode) == 0;
}

static void *holder(void *unused)
{
	lock->hold(); /* HOLD */
	first++;
	pthread_barrier_wait(&taken);
	if (is_cured)
		usleep(100000);
	else
		pthread_barrier_wait(&finished);
	second++;
	lock->give();
	if (is_cured)
		pthread_barrier_wait(&finished);
	return NULL;
}

static int look(void)
{
	int is_whole;

	lock->take(); /* LOOK */
	is_whole = first == second;
	lock->give();
	return is_whole ? 0 : 1;
}

static int fork_beside_holder(void)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (is_cured)
		pthread_atfork(lock->take, lock->give, lock->in_child);
	pthread_create(&thread, NULL, holder, NULL);
	pthread_barrier_wait(&taken);
	child = is("underscore") && !is_cured ? _Fork() : fork(); /* FORK */
	if (child == 0)
		_exit(look());
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}

static int fork_as_holder(void)
{
	pid_t child;

	lock->take(); /* OWN */
	if (is_cured && is("own"))
		lock->give();
	child = fork(); /* FORK_OWN */
	if (child == 0) {
		if (is("unlocked"))
			(is_cured ? lock->in_child : lock->give)();
		_exit(look());
	}
	return reap(child);
}

static const struct lock *find(const char *name)
{
	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
		if (strcmp(locks[i].name, name) == 0)
			return &locks[i];
	errx(2, "usage: cure-locks LOCK HOW [cured]");
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: cure-locks LOCK HOW [cured]");
	lock = find(argv[1]);
	how = argv[2];
	is_cured = argc > 3 && strcmp(argv[3], "cured") == 0;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, lock->type);
	pthread_mutexattr_setrobust(&attributes, lock->robust);
	pthread_mutexattr_setprotocol(&attributes, lock->protocol);
	lock->make();
	return is("own") || is("unlocked") ? fork_as_holder() : fork_beside_holder();
}
