/*
 * window KIND MOMENT WHAT: a clone that comes while another thread takes a lock or
 * gives it back. libc does either in several steps; the locks are brought by hand
 * to where a step ends, because such a moment is too short to be met each time.
 */
#include "case.h"
#include <threads.h>

#define WRITE_LOCKED 2
#define ONE_READER   8
#define ROUNDS       20000
#define TRIES        100

static pthread_mutex_t section_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t section_recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static mtx_t section_mtx;
static pthread_rwlock_t section_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t section_spin;
static _Atomic int stop;

/* --- mutex --- */

static void mutex_take(void)
{
	pthread_mutex_lock(&section_mutex); /* MUTEX */
}

static void mutex_give(void)
{
	pthread_mutex_unlock(&section_mutex);
}

static int mutex_try(void)
{
	return pthread_mutex_trylock(&section_mutex); /* MUTEX_TRY */
}

/* `owner` is written after the word and cleared before it. */
static void set_word(pthread_mutex_t *mutex, int word, int owner)
{
	mutex->__data.__lock = word;
	mutex->__data.__owner = owner;
}

static void mutex_taken(void)
{
	set_word(&section_mutex, 1, 0);
}

static pid_t holder_id;

/* The slot is closed before libc is called at all. */
static void mutex_named(void)
{
	set_word(&section_mutex, 1, holder_id);
}

static void mutex_remake(void)
{
	pthread_mutex_init(&section_mutex, NULL);
}

/* --- recursive --- */

static void recursive_take(void)
{
	pthread_mutex_lock(&section_recursive); /* RECURSIVE */
}

static void recursive_give(void)
{
	pthread_mutex_unlock(&section_recursive);
}

static int recursive_try(void)
{
	return pthread_mutex_trylock(&section_recursive);
}

static void recursive_taken(void)
{
	set_word(&section_recursive, 1, 0);
}

static void recursive_remake(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&section_recursive, &attributes);
}

/* --- mtx --- */

static void mtx_take(void)
{
	mtx_lock(&section_mtx); /* MTX */
}

static void mtx_give(void)
{
	mtx_unlock(&section_mtx);
}

static int mtx_try(void)
{
	return mtx_trylock(&section_mtx);
}

static void mtx_taken(void)
{
	set_word((pthread_mutex_t *)&section_mtx, 1, 0);
}

static void mtx_remake(void)
{
	mtx_init(&section_mtx, mtx_plain);
}

/* --- read-write lock --- */

static void write_take(void)
{
	pthread_rwlock_wrlock(&section_rwlock); /* WRITE */
}

static void rwlock_give(void)
{
	pthread_rwlock_unlock(&section_rwlock);
}

static int write_try(void)
{
	return pthread_rwlock_trywrlock(&section_rwlock); /* WRITE_TRY */
}

static void write_taken(void)
{
	section_rwlock.__data.__cur_writer = 0;
	section_rwlock.__data.__readers |= WRITE_LOCKED;
	section_rwlock.__data.__writers_futex = 1;
}

static void read_take(void)
{
	pthread_rwlock_rdlock(&section_rwlock); /* READ */
}

static void read_taken(void)
{
	section_rwlock.__data.__readers = ONE_READER;
}

static void rwlock_remake(void)
{
	pthread_rwlock_init(&section_rwlock, NULL);
}

/* --- spin lock --- */

static void spin_take(void)
{
	pthread_spin_lock(&section_spin); /* SPIN */
}

static void spin_give(void)
{
	pthread_spin_unlock(&section_spin);
}

static int spin_try(void)
{
	return pthread_spin_trylock(&section_spin); /* SPIN_TRY */
}

static void spin_taken(void)
{
	section_spin = 0;
}

static void spin_remake(void)
{
	pthread_spin_init(&section_spin, PTHREAD_PROCESS_PRIVATE);
}

/* --- */

static const struct kind {
	const char *name;
	void (*take)(void);
	void (*give)(void);
	int (*try)(void);
	void (*bring)(void);
	void (*remake)(void);
	void (*child)(void);
} kinds[] = {
	{"mutex", mutex_take, mutex_give, mutex_try, mutex_taken, mutex_remake, mutex_take},
	{"named", mutex_take, mutex_give, mutex_try, mutex_named, mutex_remake, mutex_take},
	{"recursive", recursive_take, recursive_give, recursive_try, recursive_taken,
	 recursive_remake, recursive_take},
	{"mtx", mtx_take, mtx_give, mtx_try, mtx_taken, mtx_remake, mtx_take},
	{"write", write_take, rwlock_give, write_try, write_taken, rwlock_remake, write_take},
	{"write-read", write_take, rwlock_give, write_try, write_taken, rwlock_remake, read_take},
	{"read", read_take, rwlock_give, write_try, read_taken, rwlock_remake, write_take},
	{"spin", spin_take, spin_give, spin_try, spin_taken, spin_remake, spin_take},
};
static const struct kind *kind;
static int giving;

static void section(void)
{
	kind->take();
	kind->give();
}

static void *holder(void *unused)
{
	holder_id = gettid();
	kind->take(); /* TAKE */
	if (giving)
		kind->give();
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return unused;
}

static void *hammer(void *unused)
{
	while (!stop)
		section();
	return unused;
}

/* Threads of the child's own use the lock, which the lost one had last. */
static void work_in_threads(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, hammer, NULL);
	for (int i = 0; i < ROUNDS; i++)
		if (kind->try() == 0)
			kind->give();
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

static int try_in_vain(void)
{
	int got = 0;

	for (int i = 0; i < TRIES; i++)
		got |= kind->try() != EBUSY;
	return got;
}

static void work(const char *what)
{
	if (strcmp(what, "grandchild") == 0) {
		pid_t child = fork(); /* TWICE */

		if (child)
			_exit(reap(child));
	}
	if (strcmp(what, "try") == 0)
		_exit(kind->try() != EBUSY); /* TRY */
	if (strcmp(what, "tries") == 0)
		_exit(try_in_vain());
	if (strcmp(what, "remade") == 0)
		kind->remake();
	if (strcmp(what, "threads") == 0)
		work_in_threads();
	kind->child(); /* CHILD */
	_exit(0);
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

	if (argc != 4)
		errx(2, "usage: window KIND MOMENT WHAT");
	kind = find_kind(argv[1]);
	mtx_init(&section_mtx, mtx_plain);
	pthread_spin_init(&section_spin, PTHREAD_PROCESS_PRIVATE);
	giving = strcmp(argv[2], "taking") != 0;
	pthread_create(&thread, NULL, holder, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	if (strcmp(argv[2], "after") != 0)
		kind->bring();
	child = fork(); /* FORK */
	if (child == 0)
		work(argv[3]);
	status = reap(child);
	kind->remake();
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
