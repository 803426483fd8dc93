/*
 * cure-processes WHAT [cured]: processes that wait for each other, for an owner that has ended,
 * or for a lock that is not made for several; or that use copies of one state. And the cure
 * that a report prints for it.
 */
#include "case.h"
#include <fcntl.h>
#include <semaphore.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <threads.h>

#define MUCH 300000

static struct shared {
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	mtx_t mtx;
	sem_t semaphore;
	sem_t given;
	pthread_barrier_t barrier;
	pthread_cond_t condition;
	int is_given;
} * shared;
static char data[MUCH];
static int is_cured;

static int status_of(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		err(2, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void read_all(int end)
{
	while (read(end, data, sizeof(data)) > 0)
		;
}

/* The parent waits for the child's end, and the child for room in a pipe. */
static int room(void)
{
	int ends[2];
	pid_t child;

	if (pipe(ends))
		err(2, "pipe");
	child = fork(); /* FORK_ROOM */
	if (child == 0)
		_exit(write(ends[1], data, sizeof(data)) == sizeof(data) ? 0 : 1); /* WRITE */
	close(ends[1]);
	if (is_cured)
		read_all(ends[0]);
	return status_of(child);
}

/* Each reads first. */
static int both_read(void)
{
	int to_child[2], to_parent[2];
	pid_t child, reader;

	if (pipe(to_child) || pipe(to_parent))
		err(2, "pipe");
	child = fork();
	if (child == 0) {
		close(to_child[1]);
		_exit(read(to_child[0], data, 1) == 1 && write(to_parent[1], data, 1) == 1 ? 0 : 1);
	}
	reader = fork();
	if (reader == 0) {
		close(to_parent[1]);
		if (is_cured)
			_exit(write(to_child[1], "x", 1) == 1 && read(to_parent[0], data, 1) == 1
				      ? 0
				      : 1);
		_exit(read(to_parent[0], data, 1) == 1 ? 0 : 1); /* READ */
	}
	for (int i = 0; i < 2; i++) {
		close(to_child[i]);
		close(to_parent[i]);
	}
	return status_of(child) + status_of(reader);
}

static int lock_files(const char *first, const char *second)
{
	int one = open(first, O_RDWR | O_CREAT, 0600), other = open(second, O_RDWR | O_CREAT, 0600);

	if (flock(one, LOCK_EX) != 0)
		return 1;
	usleep(200000);
	return flock(other, LOCK_EX); /* FLOCK */
}

static int file_locks(void)
{
	pid_t one = fork(), other;

	if (one == 0)
		_exit(lock_files("one", "other"));
	other = fork();
	if (other == 0)
		_exit(is_cured ? lock_files("one", "other") : lock_files("other", "one"));
	return status_of(one) + status_of(other);
}

/* The child waits for a semaphore that the parent gives back once the child has ended. */
static int memory(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(sem_wait(&shared->semaphore)); /* SEMAPHORE */
	if (is_cured)
		sem_post(&shared->semaphore);
	status = status_of(child);
	if (!is_cured)
		sem_post(&shared->semaphore);
	return status;
}

static void make_shared_mutex(int robust)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, robust);
	pthread_mutex_init(&shared->mutex, &attributes);
}

static int take_robustly(void)
{
	int error = pthread_mutex_lock(&shared->mutex); /* ROBUST */

	if (error == EOWNERDEAD)
		error = pthread_mutex_consistent(&shared->mutex);
	return error;
}

static void die_with_mutex(void)
{
	pid_t child = fork();

	if (child == 0) {
		pthread_mutex_lock(&shared->mutex); /* TAKE */
		raise(SIGKILL);
	}
	status_of(child);
}

static int dead_mutex(void)
{
	pid_t child;

	make_shared_mutex(is_cured ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
	die_with_mutex();
	child = fork();
	if (child == 0)
		_exit(take_robustly());
	return status_of(child);
}

static void *map_memory(void)
{
	void *memory = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(2, "mmap");
	return memory;
}

static int wait_for_taker(void)
{
	pid_t child;

	shared = map_memory();
	sem_init(&shared->semaphore, 1, 1);
	child = fork();
	if (child == 0) {
		sem_wait(&shared->semaphore); /* TAKE_SEMAPHORE */
		raise(SIGKILL);
	}
	status_of(child);
	return sem_wait(&shared->semaphore); /* WAIT */
}

/* The program itself does not have it, and could not post it. */
static int dead_semaphore(void)
{
	pid_t child;

	if (is_cured)
		return dead_mutex();
	child = fork();
	if (child == 0)
		_exit(wait_for_taker());
	return status_of(child);
}

/* --- a private lock in shared memory: the child waits while the parent has it ----------- */

static void make_rwlock(void)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setpshared(&attributes,
				      is_cured ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	pthread_rwlock_init(&shared->rwlock, &attributes);
}

static int (*lock_it)(void *), (*unlock_it)(void *);
static void *object;

static void *hold(void *unused)
{
	lock_it(object); /* HOLD */
	pthread_barrier_wait(&taken);
	sleep(1);
	unlock_it(object);
	return NULL;
}

static int wait_while_held(int (*lock)(void *), int (*unlock)(void *), void *held)
{
	pthread_t thread;
	pid_t child;

	lock_it = lock;
	unlock_it = unlock;
	object = held;
	pthread_create(&thread, NULL, hold, NULL);
	pthread_barrier_wait(&taken);
	child = fork();
	if (child == 0)
		_exit(lock(object));
	pthread_join(thread, NULL);
	return reap(child);
}

static int lock_mutex(void *mutex)
{
	return pthread_mutex_lock(mutex); /* PRIVATE_MUTEX */
}

static int unlock_mutex(void *mutex)
{
	return pthread_mutex_unlock(mutex);
}

static int lock_rwlock(void *rwlock)
{
	return pthread_rwlock_wrlock(rwlock); /* PRIVATE_RWLOCK */
}

static int unlock_rwlock(void *rwlock)
{
	return pthread_rwlock_unlock(rwlock);
}

static int lock_mtx(void *mtx)
{
	return mtx_lock(mtx); /* PRIVATE_MTX */
}

static int unlock_mtx(void *mtx)
{
	return mtx_unlock(mtx);
}

static int private_mutex(void)
{
	if (is_cured)
		make_shared_mutex(PTHREAD_MUTEX_STALLED);
	else
		pthread_mutex_init(&shared->mutex, NULL);
	return wait_while_held(lock_mutex, unlock_mutex, &shared->mutex);
}

static int private_rwlock(void)
{
	make_rwlock();
	return wait_while_held(lock_rwlock, unlock_rwlock, &shared->rwlock);
}

static int private_mtx(void)
{
	if (is_cured)
		return private_mutex();
	mtx_init(&shared->mtx, mtx_plain);
	return wait_while_held(lock_mtx, unlock_mtx, &shared->mtx);
}

/* --- the same of what has no owner: the parent gives when the child waits -------------------- */

static int give_later(void (*wait)(void), void (*give)(void))
{
	pid_t child = fork();

	if (child == 0) {
		wait();
		_exit(0);
	}
	sleep(1);
	give();
	return reap(child);
}

static void wait_for_given(void)
{
	sem_wait(&shared->given); /* PRIVATE_SEMAPHORE */
}

static void post_given(void)
{
	sem_post(&shared->given);
}

static int private_semaphore(void)
{
	sem_init(&shared->given, is_cured, 0);
	return give_later(wait_for_given, post_given);
}

static void meet(void)
{
	pthread_barrier_wait(&shared->barrier); /* PRIVATE_BARRIER */
}

static int private_barrier(void)
{
	pthread_barrierattr_t attributes;

	pthread_barrierattr_init(&attributes);
	if (is_cured)
		pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->barrier, &attributes, 2);
	return give_later(meet, meet);
}

static void wait_for_change(void)
{
	pthread_mutex_lock(&shared->mutex);
	while (!shared->is_given)
		pthread_cond_wait(&shared->condition, &shared->mutex); /* PRIVATE_CONDITION */
	pthread_mutex_unlock(&shared->mutex);
}

static void change(void)
{
	pthread_mutex_lock(&shared->mutex);
	shared->is_given = 1;
	pthread_cond_signal(&shared->condition);
	pthread_mutex_unlock(&shared->mutex);
}

static int private_condition(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	if (is_cured)
		pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&shared->condition, &attributes);
	if (is_cured)
		make_shared_mutex(PTHREAD_MUTEX_STALLED);
	else
		pthread_mutex_init(&shared->mutex, NULL);
	return give_later(wait_for_change, change);
}

/* --- copies ----------------------------------------------------------------------------- */

static int output(void)
{
	pid_t child;

	printf("once\n");
	if (is_cured)
		fflush(NULL);
	child = fork();
	if (child == 0)
		exit(0);
	return status_of(child);
}

static int draw(int is_rand48, int is_child)
{
	unsigned seed;

	if (is_cured && is_child && getrandom(&seed, sizeof(seed), 0) == sizeof(seed)) {
		srandom(seed);
		srand48((long)seed);
	}
	return (int)(is_rand48 ? lrand48() : random()) < 0;
}

static int numbers(int is_rand48)
{
	pid_t child;

	srandom(17);
	srand48(17);
	child = fork();
	if (child == 0)
		_exit(draw(is_rand48, 1));
	draw(is_rand48, 0);
	return status_of(child);
}

static int random_numbers(void)
{
	return numbers(0);
}

static int rand48_numbers(void)
{
	return numbers(1);
}

static const struct what {
	const char *name;
	int (*run)(void);
} whats[] = {
	{"room", room},
	{"data", both_read},
	{"file-locks", file_locks},
	{"memory", memory},
	{"dead-mutex", dead_mutex},
	{"dead-semaphore", dead_semaphore},
	{"private-mutex", private_mutex},
	{"private-rwlock", private_rwlock},
	{"private-mtx", private_mtx},
	{"private-semaphore", private_semaphore},
	{"private-barrier", private_barrier},
	{"private-condition", private_condition},
	{"output", output},
	{"random", random_numbers},
	{"rand48", rand48_numbers},
};

int main(int argc, char **argv)
{
	shared = map_memory();
	if (argc < 2)
		errx(2, "usage: cure-processes WHAT [cured]");
	is_cured = argc > 2;
	sem_init(&shared->semaphore, 1, 0);
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
		if (strcmp(whats[i].name, argv[1]) == 0)
			return whats[i].run();
	errx(2, "no such thing: %s", argv[1]);
}
