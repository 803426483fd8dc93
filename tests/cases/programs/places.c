/* places MODE: where the lock is: on the heap, inside a global, in an array. And how it was taken.
 */
#include "case.h"

struct connection {
	long number;
	pthread_mutex_t mutex;
};

static struct connection pool;
static struct connection table[4];
static pthread_mutex_t wrapped_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *lock;

static struct connection *connection_new(void)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	pthread_mutex_init(&connection->mutex, NULL); /* INITIALISE */
	return connection;
}

static void *holder(void *unused)
{
	pthread_mutex_lock(lock); /* ACQUIRE */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(lock);
	return NULL;
}

static void take(pthread_mutex_t *mutex)
{
	pthread_mutex_lock(mutex); /* TAKE */
}

static void enter(pthread_mutex_t *mutex)
{
	take(mutex); /* ENTER */
}

/* Writes over the stack that the finished wrappers stood on. */
static void overwrite(void)
{
	volatile char bytes[16384];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
}

static void *wrapped_holder(void *unused)
{
	enter(lock); /* WRAPPED */
	overwrite();
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(lock);
	return NULL;
}

static void descend(int depth)
{
	volatile char frame[256];

	frame[0] = (char)depth;
	if (depth > 0)
		descend(depth - 1); /* DESCEND */
	else
		holder(NULL); /* DEEP */
	frame[1] = frame[0];
}

static void *deep_holder(void *unused)
{
	descend(500);
	return NULL;
}

static void *(*choose(char **argv))(void *)
{
	lock = &wrapped_mutex;
	if (mode_is(argv, "heap"))
		lock = &connection_new()->mutex; /* NEW */
	if (mode_is(argv, "member"))
		lock = &pool.mutex;
	if (mode_is(argv, "element"))
		lock = &table[2].mutex;
	if (mode_is(argv, "wrapped"))
		return wrapped_holder;
	return mode_is(argv, "deep") ? deep_holder : holder;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t child;
	int status;

	(void)argc;
	pthread_create(&thread, NULL, choose(argv), NULL);
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0) {
		pthread_mutex_lock(lock); /* CHILD */
		pthread_mutex_unlock(lock);
		_exit(0);
	}
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
