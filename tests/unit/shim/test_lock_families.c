/*
 * What the bytes of a lock say, by family. The locks are real ones of libc; those of
 * mutexes, whose types differ, are in test_held.c.
 */
#include "base/process.h"
#include "base/real.h"
#include "common/glibc/guard.h"
#include "common/glibc/semaphore.h"
#include "state/initialised_locks.h"
#include "state/lock_families.h"
#include <check.h>
#include <pthread.h>
#include <unistd.h>

Suite *lock_families_suite(void);

static void setup(void)
{
	real_ensure();
	process.can_read = true;
}

static bool has_family(enum lock_kind kind)
{
#define HAS_FAMILY(of, ...) [LOCK_##of] = true,
	static const bool has[LOCK_KINDS + 1] = {LOCK_LIST(HAS_FAMILY, LOCK_NOTHING, LOCK_NOTHING)};

	return has[kind];
}

START_TEST(knows_what_can_be_had_by_somebody)
{
	for (enum lock_kind kind = 0; kind <= LOCK_KINDS; kind++) {
		const struct lock_family *family = lock_family(kind);

		ck_assert_int_eq(family != NULL, has_family(kind));
		if (!family)
			continue;
		ck_assert_int_eq(family->kind, kind);
		ck_assert_uint_gt(family->size, 0);
		ck_assert_uint_le(family->size, SESSION_LOCK_STATE_MAX);
		ck_assert(family->owner && family->sharing && family->crosses_fork);
	}
}
END_TEST

START_TEST(reads_a_writer_by_name_and_readers_by_number)
{
	const struct lock_family *family = lock_family(LOCK_RWLOCK);
	pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

	ck_assert_int_eq(family->owner(&lock), 0);
	ck_assert(!family->is_taken(&lock));
	pthread_rwlock_wrlock(&lock);
	ck_assert_int_eq(family->owner(&lock), gettid());
	ck_assert(family->is_taken(&lock));
	ck_assert(family->keeps_readers_out(&lock));
	ck_assert(!family->crosses_fork(&lock));
	pthread_rwlock_unlock(&lock);
	pthread_rwlock_rdlock(&lock);
	pthread_rwlock_rdlock(&lock);
	ck_assert_int_eq(family->owner(&lock), 0);
	ck_assert_uint_eq(family->takers(&lock), 2);
	ck_assert(!family->is_taken(&lock));
	ck_assert(!family->keeps_readers_out(&lock));
	ck_assert(family->crosses_fork(&lock));
	pthread_rwlock_unlock(&lock);
	ck_assert_uint_eq(family->takers(&lock), 1);
}
END_TEST

START_TEST(tells_shared_read_write_locks_from_private_ones)
{
	const struct lock_family *family = lock_family(LOCK_RWLOCK);
	pthread_rwlockattr_t attributes;
	pthread_rwlock_t lock;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setpshared(&attributes,
				      _i ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	pthread_rwlock_init(&lock, &attributes);
	ck_assert_int_eq(lock_is_shared(family, &lock, &lock), _i);
	ck_assert_int_eq(family->wakes_own_only(&lock), !_i);
}
END_TEST

/* Their word does not say it, and nobody saw it made. */
START_TEST(takes_an_unknown_spin_lock_for_shared)
{
	const struct lock_family *family = lock_family(LOCK_SPIN);
	pthread_spinlock_t lock;

	pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
	ck_assert_uint_eq(family->takers((const void *)&lock), 0);
	pthread_spin_lock(&lock);
	ck_assert_uint_eq(family->takers((const void *)&lock), 1);
	ck_assert_int_eq(family->owner((const void *)&lock), 0);
	ck_assert(lock_is_shared(family, (const void *)&lock, (const void *)&lock));
	ck_assert(family->crosses_fork((const void *)&lock));
}
END_TEST

START_TEST(reads_a_guard_while_its_object_is_made)
{
	const struct lock_family *family = lock_family(LOCK_GUARD);
	static const uint32_t words[] = {0, GUARD_BEING, GUARD_BEING | GUARD_AWAITED, GUARD_MADE};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		ck_assert_uint_eq(family->takers(&words[i]), i == 1 || i == 2);
		ck_assert(!lock_is_shared(family, &words[i], &words[i]));
	}
}
END_TEST

START_TEST(reads_the_words_of_a_semaphore)
{
	sem_t semaphore;

	sem_init(&semaphore, _i, 3);
	ck_assert_uint_eq(glibc_semaphore_value(&semaphore), 3);
	ck_assert_uint_eq(glibc_semaphore_load(&semaphore).value, 3);
	ck_assert_uint_eq(glibc_semaphore_load(&semaphore).waiters, 0);
	ck_assert_int_eq(((const struct glibc_semaphore *)&semaphore)->is_shared != 0, _i);
}
END_TEST

Suite *lock_families_suite(void)
{
	Suite *suite = suite_create("lock_families");
	TCase *bytes = tcase_create("bytes");

	tcase_add_checked_fixture(bytes, setup, NULL);
	tcase_add_test(bytes, knows_what_can_be_had_by_somebody);
	tcase_add_test(bytes, reads_a_writer_by_name_and_readers_by_number);
	tcase_add_loop_test(bytes, tells_shared_read_write_locks_from_private_ones, 0, 2);
	tcase_add_test(bytes, takes_an_unknown_spin_lock_for_shared);
	tcase_add_test(bytes, reads_a_guard_while_its_object_is_made);
	tcase_add_loop_test(bytes, reads_the_words_of_a_semaphore, 0, 2);
	suite_add_tcase(suite, bytes);
	return suite;
}
