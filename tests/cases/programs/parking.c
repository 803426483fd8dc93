/*
 * parking WAY MODE [LIBRARY]: locks whose waiters sleep on a word of their own. WAY
 * record: a waiter's thread-local record, which LIBRARY has room for if it is given,
 * has the lock's address and stands in a queue elsewhere. WAY word: the lock's word
 * is the address of the last waiter's record, which the thread keeps as
 * thread-specific data, and bits.
 * MODE taken: a thread has the lock at the fork. released: it has given it back.
 * handed: a thread of the child's own has it, and hands it over.
 */
#include "../libraries/variable.h"
#include "case.h"
#include <dlfcn.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#define LOCKED 1u
#define WAITED 2u

struct record {
	const void *lock;
	struct record *next;
	atomic_int woken;
};

_Static_assert(sizeof(struct record) <= VARIABLE_BYTES, "it has room");

struct lock {
	atomic_uintptr_t word;
};

static struct lock table_lock;
static atomic_flag queue_taken = ATOMIC_FLAG_INIT;
static struct record *queue;
static _Thread_local struct record own_record;
static void *(*library_variable)(void);
static pthread_key_t key;
static atomic_int waiters;

static void sleep_on(atomic_int *woken)
{
	while (!atomic_load(woken))
		syscall(SYS_futex, woken, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0); /* SLEEP */
}

static void wake(struct record *record)
{
	atomic_store(&record->woken, 1);
	syscall(SYS_futex, &record->woken, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void take_queue(void)
{
	while (atomic_flag_test_and_set(&queue_taken))
		;
}

static void give_queue(void)
{
	atomic_flag_clear(&queue_taken);
}

/* The thread's own, with as many bits of its address free as a lock has flags. */
static struct record *make_record(void)
{
	struct record *record = aligned_alloc(64, 64);

	if (!record || pthread_setspecific(key, record))
		err(2, "no record");
	memset(record, 0, sizeof(*record));
	return record;
}

/* --- the record names the lock --------------------------------------------- */

static void park(struct lock *lock)
{
	struct record *own = library_variable ? library_variable() : &own_record;

	*own = (struct record){.lock = lock, .next = queue};
	queue = own;
	atomic_fetch_or(&lock->word, WAITED);
	atomic_fetch_add(&waiters, 1);
	give_queue();
	sleep_on(&own->woken); /* PARK */
}

static void take_by_record(struct lock *lock)
{
	take_queue();
	if (atomic_fetch_or(&lock->word, LOCKED) & LOCKED)
		park(lock); /* RECORD */
	else
		give_queue();
}

/* The next one has it then. */
static void give_by_record(struct lock *lock)
{
	struct record **place = &queue, *next;

	take_queue();
	while (*place && (*place)->lock != lock)
		place = &(*place)->next;
	next = *place;
	if (next)
		*place = next->next;
	else
		atomic_store(&lock->word, 0);
	give_queue();
	if (next)
		wake(next);
}

/* --- the lock names the record --------------------------------------------- */

static void enqueue(struct lock *lock)
{
	struct record *record = make_record();

	record->next = (struct record *)(atomic_load(&lock->word) & ~(uintptr_t)(LOCKED | WAITED));
	atomic_store(&lock->word, (uintptr_t)record | LOCKED | WAITED);
	atomic_fetch_add(&waiters, 1);
	give_queue();
	sleep_on(&record->woken); /* ENQUEUED */
}

static void take_by_word(struct lock *lock)
{
	take_queue();
	if (atomic_fetch_or(&lock->word, LOCKED) & LOCKED)
		enqueue(lock); /* WORD */
	else
		give_queue();
}

static void give_by_word(struct lock *lock)
{
	struct record *last;

	take_queue();
	last = (struct record *)(atomic_load(&lock->word) & ~(uintptr_t)(LOCKED | WAITED));
	atomic_store(&lock->word, last ? (uintptr_t)last->next | LOCKED : 0);
	give_queue();
	if (last)
		wake(last);
}

/* --------------------------------------------------------------------------- */

static void (*take)(struct lock *lock) = take_by_record;
static void (*give)(struct lock *lock) = give_by_record;

static void *holder(void *unused)
{
	take(&table_lock);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	give(&table_lock);
	return NULL;
}

static void *hand_over(void *unused)
{
	take(&table_lock);
	pthread_barrier_wait(&taken);
	while (!atomic_load(&waiters))
		sched_yield();
	give(&table_lock);
	return NULL;
}

static pthread_t start(void *(*routine)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, routine, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	return thread;
}

static int work(int is_handed)
{
	if (is_handed)
		start(hand_over);
	take(&table_lock); /* USE */
	give(&table_lock);
	return 0;
}

static void choose(const char *way)
{
	if (strcmp(way, "word") == 0) {
		take = take_by_word;
		give = give_by_word;
	}
	pthread_key_create(&key, NULL);
}

static void load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW);

	if (library)
		*(void **)&library_variable = dlsym(library, "variable_own");
	if (!library_variable)
		errx(2, "%s", dlerror());
}

static pid_t fork_and_work(int is_handed)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(work(is_handed)); /* CHILD */
	return child;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status, is_taken;

	if (argc < 3)
		errx(2, "usage: parking WAY MODE [LIBRARY]");
	choose(argv[1]);
	if (argc > 3)
		load(argv[3]);
	is_taken = strcmp(argv[2], "taken") == 0;
	thread = start(holder); /* START */
	if (!is_taken) {
		pthread_barrier_wait(&finished);
		pthread_join(thread, NULL);
	}
	status = reap(fork_and_work(strcmp(argv[2], "handed") == 0));
	if (is_taken) {
		pthread_barrier_wait(&finished);
		pthread_join(thread, NULL);
	}
	return status;
}
