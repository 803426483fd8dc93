/*
 * replaced HOW: threads use locks all the time, and a child that is forked meanwhile has others,
 * which it uses instead. The old ones are never asked for again, whoever had them.
 *
 *   table   a handler makes a new table of locks
 *   shared  the same, and the child's own threads use it, too
 *   index   there is one lock for each process, found by its number
 *   holder  an object with a lock in it, which is made anew when the child first uses it
 *   again   the same locks, made anew at the same place
 *   kept    the table stays what it was, all of it held: the child hangs
 */
#include "case.h"

#define LOCKS  8
#define FORKS  40
#define ROUNDS 500

struct cache {
	pthread_mutex_t mutex;
	long value;
	pid_t owner;
};

static const char *how;
static pthread_mutex_t *locks;
static struct cache *cache;
static int stop;

static void make_locks(void)
{
	locks = malloc(LOCKS * sizeof(*locks));
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_init(&locks[i], NULL); /* INITIALISE */
}

static void make_again(void)
{
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_init(&locks[i], NULL);
}

static struct cache *find_cache(void)
{
	if (cache == NULL || cache->owner != getpid()) {
		struct cache *made = calloc(1, sizeof(*made));

		pthread_mutex_init(&made->mutex, NULL);
		made->owner = getpid();
		cache = made;
	}
	return cache;
}

static pthread_mutex_t *find_lock(int number)
{
	if (strcmp(how, "holder") == 0)
		return &find_cache()->mutex;
	if (strcmp(how, "index") == 0)
		return &locks[getpid() % LOCKS];
	return &locks[number % LOCKS];
}

static void use(int number)
{
	pthread_mutex_t *lock = find_lock(number);

	pthread_mutex_lock(lock); /* USE */
	for (volatile int i = 0; i < ROUNDS; i++)
		;
	pthread_mutex_unlock(lock);
}

static void *work(void *unused)
{
	for (int i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++)
		use(i);
	return NULL;
}

static void *hold_all(void *unused)
{
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_lock(&locks[i]); /* HOLD */
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static void *use_all(void *unused)
{
	for (int i = 0; i < LOCKS; i++)
		use(i); /* USE_ALL */
	return NULL;
}

static void be_child(void)
{
	pthread_t thread;

	if (strcmp(how, "shared") == 0) {
		pthread_create(&thread, NULL, use_all, NULL);
		use_all(NULL);
		pthread_join(thread, NULL);
	} else {
		use_all(NULL); /* CHILD */
	}
	_exit(0);
}

static int fork_once(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		be_child(); /* BE */
	return reap_within(child, 5000);
}

/* Not a child that would find its own number. */
static int fork_often(void)
{
	int status = 0;

	for (int i = 0; i < FORKS && status == 0; i++) {
		pid_t child = fork();

		if (child == 0) {
			if (strcmp(how, "index") == 0 && getpid() % LOCKS == getppid() % LOCKS)
				_exit(0);
			be_child();
		}
		status = reap(child);
	}
	return status;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int is_kept = mode_is(argv, "kept"), status;

	if (argc < 2)
		errx(2, "usage: replaced HOW");
	how = argv[1];
	make_locks();
	find_cache();
	if (mode_is(argv, "table") || mode_is(argv, "shared"))
		pthread_atfork(NULL, NULL, make_locks);
	if (mode_is(argv, "again"))
		pthread_atfork(NULL, NULL, make_again);
	pthread_create(&thread, NULL, is_kept ? hold_all : work, NULL); /* CREATE */
	if (is_kept)
		pthread_barrier_wait(&taken);
	status = is_kept ? fork_once() : fork_often();
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	if (is_kept)
		pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
