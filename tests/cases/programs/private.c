/*
 * private KIND WHAT: locks for one process in memory that parent and child share. A
 * thread of the parent has one at the fork and gives it back a little later: who
 * tries gets it then, and who sleeps is never woken.
 */
#include "case.h"
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>

#define HELD_FOR  200000000 /* ns after the fork */
#define TRY_AFTER 1000000
#define A_MOMENT  20000000

static struct locks {
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	mtx_t mtx;
	pthread_spinlock_t spin;
} * shared;

static void mutex_take(void)
{
	pthread_mutex_lock(&shared->mutex); /* MUTEX */
}

static void mutex_wait(void)
{
	pthread_mutex_lock(&shared->mutex); /* MUTEX_WAIT */
}

static int mutex_try(void)
{
	return pthread_mutex_trylock(&shared->mutex);
}

static void mutex_give(void)
{
	pthread_mutex_unlock(&shared->mutex);
}

static void write_take(void)
{
	pthread_rwlock_wrlock(&shared->rwlock); /* WRITE */
}

static void read_take(void)
{
	pthread_rwlock_rdlock(&shared->rwlock); /* READ */
}

static void write_wait(void)
{
	pthread_rwlock_wrlock(&shared->rwlock); /* WRITE_WAIT */
}

static int write_try(void)
{
	return pthread_rwlock_trywrlock(&shared->rwlock);
}

static void rwlock_give(void)
{
	pthread_rwlock_unlock(&shared->rwlock);
}

static void take_mtx(void)
{
	mtx_lock(&shared->mtx); /* MTX */
}

static void wait_mtx(void)
{
	mtx_lock(&shared->mtx); /* MTX_WAIT */
}

static int try_mtx(void)
{
	return mtx_trylock(&shared->mtx);
}

static void give_mtx(void)
{
	mtx_unlock(&shared->mtx);
}

static void spin_take(void)
{
	pthread_spin_lock(&shared->spin);
}

static int spin_try(void)
{
	return pthread_spin_trylock(&shared->spin);
}

static void spin_give(void)
{
	pthread_spin_unlock(&shared->spin);
}

static const struct kind {
	const char *name;
	void (*take)(void);
	void (*wait)(void);
	int (*try)(void);
	void (*give)(void);
} kinds[] = {
	{"mutex", mutex_take, mutex_wait, mutex_try, mutex_give},
	/* For libc a robust mutex is shared, however it was made. */
	{"robust", mutex_take, mutex_wait, mutex_try, mutex_give},
	{"write", write_take, write_wait, write_try, rwlock_give},
	{"read", read_take, write_wait, write_try, rwlock_give},
	{"mtx", take_mtx, wait_mtx, try_mtx, give_mtx},
	{"spin", spin_take, spin_take, spin_try, spin_give},
};
static const struct kind *kind;

static void pause_for(long nanoseconds)
{
	struct timespec pause = {.tv_nsec = nanoseconds};

	nanosleep(&pause, NULL);
}

static void *holder(void *unused)
{
	kind->take(); /* TAKE */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&taken);
	pause_for(HELD_FOR);
	kind->give();
	return unused;
}

static int give_up(void)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_nsec += A_MOMENT;
	limit.tv_sec += limit.tv_nsec / 1000000000;
	limit.tv_nsec %= 1000000000;
	return pthread_mutex_timedlock(&shared->mutex, &limit) != ETIMEDOUT;
}

static void tick(int signal)
{
	(void)signal;
}

/* A signal handler ends the sleep, and the lock is looked at again. */
static void tick_every_moment(void)
{
	struct itimerval moment = {{0, A_MOMENT / 1000}, {0, A_MOMENT / 1000}};

	signal(SIGALRM, tick);
	setitimer(ITIMER_REAL, &moment, NULL);
}

static void work(const char *what)
{
	if (strcmp(what, "leaves") == 0)
		_exit(0);
	if (strcmp(what, "ticks") == 0)
		tick_every_moment();
	if (strcmp(what, "gives-up") == 0)
		_exit(give_up());
	if (strcmp(what, "tries") == 0)
		while (kind->try() != 0)
			pause_for(TRY_AFTER);
	else
		kind->wait(); /* ASK */
	kind->give();
	_exit(0);
}

static void make(int is_robust)
{
	pthread_mutexattr_t attributes;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		err(2, "mmap");
	pthread_mutexattr_init(&attributes);
	if (is_robust)
		pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&shared->mutex, &attributes);
	pthread_rwlock_init(&shared->rwlock, NULL);
	mtx_init(&shared->mtx, mtx_plain);
	pthread_spin_init(&shared->spin, PTHREAD_PROCESS_PRIVATE);
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	errx(2, "no such kind: %s", name);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (argc != 3)
		errx(2, "usage: private KIND WHAT");
	kind = find_kind(argv[1]);
	make(strcmp(argv[1], "robust") == 0);
	pthread_create(&thread, NULL, holder, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0)
		work(argv[2]); /* CHILD */
	pthread_barrier_wait(&taken);
	status = reap(child);
	pthread_join(thread, NULL);
	return status;
}
