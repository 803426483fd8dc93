/*
 * A lock of Python's, in this process and in a child that waits for it. What the parent does to
 * its copy after the fork tells what the fork found.
 */
#include "cli/hangs/child/parent_copy.h"
#include "suites.h"
#include "support.h"
#include <check.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of an object of Python's: a count, its type, and what it has. */
static struct {
	uint64_t references, type;
	uint8_t mutex;
} after_314;

static struct {
	uint64_t references, type;
	sem_t *semaphore;
} before_314;

static sem_t semaphore;
static pid_t child;
static int threads = 1;
static struct parked mutex;

static void begin(bool is_held)
{
	after_314.references = before_314.references = 1;
	after_314.type = before_314.type = (uintptr_t)&after_314;
	after_314.mutex = is_held ? PYTHON_MUTEX_LOCKED : 0;
	before_314.semaphore = &semaphore;
	sem_init(&semaphore, 0, is_held ? 0 : 1);
	mutex = (struct parked){.kind = LOCK_PYTHON_LOCK, .lock = (uintptr_t)&after_314.mutex};
	child = support_child(support_wait, &threads);
}

static enum parent_lock ask_mutex(void)
{
	return parent_copy_of_mutex(getpid(), child, &mutex);
}

static enum parent_lock ask_lock(void)
{
	return parent_copy_of_lock(getpid(), child, (uintptr_t)&before_314, (uintptr_t)&semaphore);
}

START_TEST(says_what_the_parent_has)
{
	begin(_i);
	ck_assert_int_eq(ask_mutex(), _i ? PARENT_LOCK_HELD : PARENT_LOCK_FREE);
	ck_assert_int_eq(ask_lock(), _i ? PARENT_LOCK_HELD : PARENT_LOCK_FREE);
	/* Others in the parent wait for it, and its count is another one. */
	after_314.mutex |= 2;
	after_314.references = before_314.references = 3;
	ck_assert_int_eq(ask_mutex(), _i ? PARENT_LOCK_HELD : PARENT_LOCK_FREE);
	ck_assert_int_eq(ask_lock(), _i ? PARENT_LOCK_HELD : PARENT_LOCK_FREE);
	support_end_child(child);
}
END_TEST

START_TEST(sees_what_is_another_object_there)
{
	begin(true);
	after_314.type = before_314.type = (uintptr_t)&before_314;
	ck_assert_int_eq(ask_mutex(), PARENT_LOCK_NONE);
	ck_assert_int_eq(ask_lock(), PARENT_LOCK_NONE);
	/* What is no object has no type. */
	mutex.kind = LOCK_PYTHON_MUTEX;
	ck_assert_int_eq(ask_mutex(), PARENT_LOCK_HELD);
	support_end_child(child);
}
END_TEST

START_TEST(sees_what_is_not_there)
{
	uint8_t *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(page, MAP_FAILED);
	begin(true);
	munmap(page, 4096);
	mutex.lock = (uintptr_t)page + 16;
	ck_assert_int_eq(ask_mutex(), PARENT_LOCK_NONE);
	mutex.kind = LOCK_PYTHON_MUTEX;
	ck_assert_int_eq(ask_mutex(), PARENT_LOCK_NONE);
	support_end_child(child);
}
END_TEST

START_TEST(knows_nothing_without_a_parent)
{
	begin(true);
	ck_assert_int_eq(parent_copy_of_mutex(0, child, &mutex), PARENT_LOCK_UNKNOWN);
	ck_assert_int_eq(
		parent_copy_of_lock(0, child, (uintptr_t)&before_314, (uintptr_t)&semaphore),
		PARENT_LOCK_UNKNOWN);
	support_end_child(child);
}
END_TEST

Suite *parent_copy_suite(void)
{
	Suite *suite = suite_create("parent_copy");
	TCase *locks = tcase_create("locks");

	tcase_add_loop_test(locks, says_what_the_parent_has, 0, 2);
	tcase_add_test(locks, sees_what_is_another_object_there);
	tcase_add_test(locks, sees_what_is_not_there);
	tcase_add_test(locks, knows_nothing_without_a_parent);
	suite_add_tcase(suite, locks);
	return suite;
}
