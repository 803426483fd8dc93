/* Locks that nobody saw being asked for, by the bytes of this very process. */
#include "hangs/child/parent_copy.h"
#include "hangs/identify/unseen_lock.h"
#include "suites.h"
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Who waits for this word, without a limit. */
static struct task_look waiter_of(const void *word)
{
	return (struct task_look){
		.tid = getpid(),
		.in_call = true,
		.number = SYS_futex,
		.arguments = {(uintptr_t)word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2},
		.state = 'S',
	};
}

static bool find(const void *word, const char *function, bool is_libcs, struct unseen_lock *lock)
{
	struct task_look task = waiter_of(word);

	return unseen_lock_find(getpid(), &task, function, is_libcs, lock);
}

START_TEST(mutex_names_its_owner)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct unseen_lock lock;

	ck_assert(!find(&mutex, "pthread_mutex_lock", false, &lock));
	pthread_mutex_lock(&mutex);
	ck_assert(find(&mutex, "pthread_mutex_lock", false, &lock));
	ck_assert_int_eq(lock.kind, LOCK_MUTEX);
	ck_assert_int_eq(lock.owner, gettid());
	ck_assert_uint_eq(lock.address, (uintptr_t)&mutex);
	ck_assert(lock.crosses_fork);
	pthread_mutex_unlock(&mutex);
}
END_TEST

/* As a condition wait takes its mutex back: what was called does not name it. */
START_TEST(mutex_is_known_by_its_bytes)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct unseen_lock lock;

	pthread_mutex_lock(&mutex);
	ck_assert(!find(&mutex, "pthread_cond_wait", false, &lock));
	mutex.__data.__lock = MUTEX_CONTENDED;
	ck_assert(find(&mutex, "pthread_cond_wait", false, &lock));
	ck_assert_int_eq(lock.owner, gettid());
	/* A stream's lock has a pointer there. */
	mutex.__data.__owner = INT32_MAX;
	ck_assert(!find(&mutex, "pthread_cond_wait", false, &lock));
	mutex.__data.__owner = -1;
	ck_assert(!find(&mutex, "pthread_cond_wait", false, &lock));
}
END_TEST

START_TEST(shared_mutex_is_no_orphan)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t mutex;
	struct unseen_lock lock;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&mutex, &attributes);
	pthread_mutex_lock(&mutex);
	ck_assert(!find(&mutex, "pthread_mutex_lock", false, &lock));
}
END_TEST

/* Waiters sleep on several of its words. */
START_TEST(rwlock_is_found_around_each_word)
{
	struct {
		uint32_t before[16];
		pthread_rwlock_t rwlock;
	} around = {.before = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7},
		    .rwlock = PTHREAD_RWLOCK_INITIALIZER};
	const void *words[] = {&around.rwlock.__data.__wrphase_futex,
			       &around.rwlock.__data.__writers_futex,
			       &around.rwlock.__data.__readers};
	struct unseen_lock lock;

	pthread_rwlock_wrlock(&around.rwlock);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		ck_assert(find(words[i], "pthread_rwlock_rdlock", false, &lock));
		ck_assert_int_eq(lock.kind, LOCK_RWLOCK);
		ck_assert_int_eq(lock.operation, OPERATION_READ_LOCK);
		ck_assert_uint_eq(lock.address, (uintptr_t)&around.rwlock);
		ck_assert_int_eq(lock.owner, gettid());
	}
}
END_TEST

START_TEST(libcs_own_lock_is_its_region)
{
	/* And nothing behind it that could be a mutex'. */
	static const int word[sizeof(pthread_mutex_t) / sizeof(int)] = {2};
	struct unseen_lock lock;

	ck_assert(find(word, "localtime_r", true, &lock));
	ck_assert_int_eq(lock.kind, LOCK_REGION);
	ck_assert_uint_eq(lock.address, REGION_TIME_ZONE);
	ck_assert_int_eq(lock.owner, 0);
	ck_assert(find(word, "atexit", true, &lock));
	ck_assert_uint_eq(lock.address, REGION_EXIT);
	/* A word of the program's own, or of a function without such a lock. */
	ck_assert(!find(word, "localtime_r", false, &lock));
	ck_assert(!find(word, "qsort", true, &lock));
	ck_assert(!find(word, NULL, true, &lock));
}
END_TEST

START_TEST(unreadable_memory_is_no_lock)
{
	struct unseen_lock lock;

	ck_assert(!find((const void *)8, "pthread_mutex_lock", false, &lock));
	ck_assert(!find((const void *)UINTPTR_MAX, "pthread_rwlock_wrlock", true, &lock));
}
END_TEST

START_TEST(functions_say_what_is_taken)
{
	struct unseen_lock lock;

	ck_assert(unseen_lock_called("sem_wait", &lock));
	ck_assert_int_eq(lock.kind, LOCK_SEMAPHORE);
	ck_assert(unseen_lock_called("mtx_lock", &lock));
	ck_assert_int_eq(lock.kind, LOCK_MTX);
	ck_assert(unseen_lock_called("pthread_barrier_wait", &lock));
	ck_assert_int_eq(lock.kind, LOCK_BARRIER);
	ck_assert(unseen_lock_called("pthread_cond_wait", &lock));
	ck_assert_int_eq(lock.kind, LOCK_CONDITION);
	ck_assert(!unseen_lock_called("pthread_mutex_unlock", &lock));
	ck_assert(!unseen_lock_called(NULL, &lock));
}
END_TEST

/* The words that glibc waits on lie inside of an object. */
START_TEST(objects_begin_before_the_word_that_is_waited_on)
{
	static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
	static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
	static pthread_barrier_t barrier;
	static sem_t semaphore;
	const uint64_t word = (uintptr_t)&condition.__data.__g_signals[_i];
	const uint64_t writers = (uintptr_t)&rwlock.__data.__writers_futex;

	ck_assert_uint_eq(unseen_lock_start(getpid(), LOCK_CONDITION, word), (uintptr_t)&condition);
	ck_assert_uint_eq(unseen_lock_start(getpid(), LOCK_RWLOCK, writers), (uintptr_t)&rwlock);
	ck_assert_uint_eq(unseen_lock_start(getpid(), LOCK_BARRIER, (uintptr_t)&barrier + 4),
			  (uintptr_t)&barrier);
	ck_assert_uint_eq(unseen_lock_start(getpid(), LOCK_SEMAPHORE, (uintptr_t)&semaphore),
			  (uintptr_t)&semaphore);
	ck_assert_uint_eq(unseen_lock_start(getpid(), LOCK_RWLOCK, 8), 8);
}
END_TEST

/* A child that waits until it is killed, after it has done something to its copy. */
static pid_t start_child(void (*change)(void))
{
	int ready[2];
	char byte = 0;
	pid_t child;

	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		if (change)
			change();
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void end_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static sem_t token;
static uint64_t object[3]; /* as an object of Python's with a lock: count, type, semaphore */

static void take_token(void)
{
	sem_wait(&token);
}

static void make_object(void)
{
	object[2] = 0;
}

START_TEST(semaphore_that_the_child_took_is_its_own)
{
	pid_t child;

	sem_init(&token, 0, 0);
	child = start_child(NULL);
	ck_assert(parent_copy_is_in_use(getpid(), child, "sem_wait", (uintptr_t)&token));
	end_child(child);
	sem_post(&token);
	child = start_child(take_token);
	ck_assert(!parent_copy_is_in_use(getpid(), child, "sem_wait", (uintptr_t)&token));
	/* The copies of what has no count say nothing, and nor does a parent that has ended. */
	ck_assert(parent_copy_is_in_use(getpid(), child, "pthread_cond_wait", (uintptr_t)&token));
	ck_assert(parent_copy_is_in_use(0, child, "sem_wait", (uintptr_t)&token));
	end_child(child);
}
END_TEST

START_TEST(lock_of_python_is_compared_with_the_parents)
{
	uint64_t address = (uintptr_t)object, semaphore = (uintptr_t)&token;
	pid_t child;

	object[1] = 1;
	object[2] = semaphore;
	sem_init(&token, 0, 0);
	child = start_child(NULL);
	ck_assert_int_eq(parent_copy_of_lock(getpid(), child, address, semaphore),
			 PARENT_LOCK_HELD);
	sem_post(&token);
	ck_assert_int_eq(parent_copy_of_lock(getpid(), child, address, semaphore),
			 PARENT_LOCK_FREE);
	ck_assert_int_eq(parent_copy_of_lock(0, child, address, semaphore), PARENT_LOCK_UNKNOWN);
	end_child(child);
	child = start_child(make_object);
	ck_assert_int_eq(parent_copy_of_lock(getpid(), child, address, semaphore),
			 PARENT_LOCK_NONE);
	end_child(child);
}
END_TEST

Suite *unseen_lock_suite(void)
{
	Suite *suite = suite_create("unseen_lock");
	TCase *bytes = tcase_create("bytes"), *parent = tcase_create("parent");

	tcase_add_test(bytes, mutex_names_its_owner);
	tcase_add_test(bytes, mutex_is_known_by_its_bytes);
	tcase_add_test(bytes, shared_mutex_is_no_orphan);
	tcase_add_test(bytes, rwlock_is_found_around_each_word);
	tcase_add_test(bytes, libcs_own_lock_is_its_region);
	tcase_add_test(bytes, unreadable_memory_is_no_lock);
	tcase_add_test(bytes, functions_say_what_is_taken);
	tcase_add_loop_test(bytes, objects_begin_before_the_word_that_is_waited_on, 0, 2);
	tcase_add_test(parent, semaphore_that_the_child_took_is_its_own);
	tcase_add_test(parent, lock_of_python_is_compared_with_the_parents);
	suite_add_tcase(suite, bytes);
	suite_add_tcase(suite, parent);
	return suite;
}
