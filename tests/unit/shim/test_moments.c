/*
 * The order between threads: what is handed over and by whom it is known, gates, the marks of
 * locks, and cuts. The threads here are blocks without anybody who runs.
 */
#include "../support.h"
#include "base/process.h"
#include "base/real.h"
#include "cli/session/session.h"
#include "log/log.h"
#include "record/cuts.h"
#include "record/pauses.h"
#include "state/held.h"
#include "state/lock_marks.h"
#include "state/thread.h"
#include "state/watched_locks.h"
#include <check.h>
#include <semaphore.h>

Suite *moments_suite(void);

#define KEY      UINT64_C(0x1234)
#define OTHER    UINT64_C(0x5678)
#define MANY     20000
#define SITE(at) ((struct call_site){(const void *)(at), (const void *)0x7000})

static const char *folder;
static struct session session;
static struct thread *self;
static struct thread giver, middle, taker;

static void setup(void)
{
	folder = support_folder();
	setenv(SESSION_DIRECTORY_VARIABLE, folder, 1);
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert(log_open(session.path));
	real_ensure();
	process.can_read = true;
	process.serial = process.image = 1;
	process.recorded = true;
	process.active = true;
	self = thread_current();
	ck_assert_ptr_nonnull(self);
	giver.serial = 11;
	middle.serial = 12;
	taker.serial = 13;
	handover_to_newcomer(self, &giver);
	handover_to_newcomer(self, &middle);
	handover_to_newcomer(self, &taker);
}

static void teardown(void)
{
	session_remove(&session);
	support_remove_folder(folder);
}

/* A section of a thread that ends now: its closing word. */
static uint64_t end_section(struct thread *thread)
{
	moment_begin(thread);
	return held_closing;
}

START_TEST(knows_what_was_handed_over)
{
	uint64_t before = end_section(&giver), after;

	handover_gives(&giver, KEY);
	after = held_closing;
	ck_assert(!moments_know_end(&taker, &giver, before));
	handover_takes(&taker, OTHER);
	ck_assert(!moments_know_end(&taker, &giver, before));
	handover_takes(&taker, KEY);
	ck_assert(moments_know_end(&taker, &giver, before));
	/* What it did since it gave is not told. */
	ck_assert(!moments_know_end(&taker, &giver, after));
}
END_TEST

START_TEST(knows_what_came_by_another)
{
	uint64_t closing = end_section(&giver);

	handover_gives(&giver, KEY);
	handover_takes(&middle, KEY);
	handover_gives(&middle, OTHER);
	handover_takes(&taker, OTHER);
	ck_assert(moments_know_end(&taker, &giver, closing));
	ck_assert(!moments_know_end(&giver, &middle, end_section(&middle)));
}
END_TEST

START_TEST(takes_what_it_awaited_when_it_is_seen_next)
{
	uint64_t closing = end_section(&giver);

	handover_awaits(&taker, KEY);
	handover_gives(&giver, KEY);
	ck_assert(!moments_know_end(&taker, &giver, closing));
	handover_settle(&taker);
	ck_assert(moments_know_end(&taker, &giver, closing));
}
END_TEST

START_TEST(begins_with_what_its_creator_knows)
{
	static struct thread newcomer = {.serial = 14};
	uint64_t before = end_section(&giver), after;

	handover_to_newcomer(&giver, &newcomer);
	after = end_section(&giver);
	ck_assert(moments_know_end(&newcomer, &giver, before));
	ck_assert(!moments_know_end(&newcomer, &giver, after));
	ck_assert_uint_gt(newcomer.clock.born, closing_moment(before));
}
END_TEST

START_TEST(comes_after_everything_where_nobody_made_it)
{
	static struct thread stranger = {.serial = 15};
	uint64_t before = end_section(&giver);

	moments_attach(&stranger);
	ck_assert(moments_know_end(&stranger, &giver, before));
	ck_assert(!moments_know_end(&stranger, &giver, end_section(&giver)));
}
END_TEST

START_TEST(forgets_what_was_destroyed)
{
	uint64_t closing = end_section(&giver);

	handover_gives(&giver, KEY);
	handover_forget(KEY);
	handover_takes(&taker, KEY);
	ck_assert(!moments_know_end(&taker, &giver, closing));
}
END_TEST

/* There is room for some: the others share one, which adds order and loses none. */
START_TEST(loses_no_order_among_many)
{
	uint64_t closing = end_section(&giver);

	for (uint64_t key = 1; key <= MANY; key++)
		handover_gives(&middle, KEY + key * 64);
	handover_gives(&giver, KEY + (MANY + 1) * 64);
	handover_takes(&taker, KEY + (MANY + 1) * 64);
	ck_assert(moments_know_end(&taker, &giver, closing));
}
END_TEST

/* By whom it is asked, and of what a futex is no proof. */
START_TEST(remembers_who_told_by_a_futex)
{
	uint64_t futex = (uint64_t)LOCK_FUTEX << OBJECT_THREAD | KEY;

	handover_gives(&giver, futex);
	handover_gives(&middle, KEY);
	handover_takes(&taker, futex);
	handover_takes(&taker, KEY);
	ck_assert(moments_has_lane(taker.clock.inline_lanes, giver.serial));
	ck_assert(!moments_has_lane(taker.clock.inline_lanes, middle.serial));
}
END_TEST

START_TEST(tells_gates_apart_by_what_they_keep_out)
{
	int lock = 0;
	uint32_t held = gate_bit(&lock, false), read = gate_bit(&lock, true);

	ck_assert(gates_exclude(held, held));
	ck_assert(gates_exclude(held, read));
	ck_assert(gates_exclude(read, held));
	ck_assert(!gates_exclude(read, read));
	ck_assert(!gates_exclude(held, 0));
	ck_assert(gates_exclude(GATE_PYTHON, GATE_PYTHON));
	ck_assert(!gates_exclude(GATE_PYTHON, held));
	ck_assert_uint_eq((held | read) & ~SLOT_GATES, 0);
}
END_TEST

START_TEST(slows_down_for_what_is_watched_anew)
{
	int lock = 0, other = 0;
	uint64_t before = held_slow_before;

	ck_assert_uint_eq(watch_of(&lock), 0);
	ck_assert(watch_add(&lock, WATCH_GATE));
	ck_assert_uint_eq(watch_of(&lock), WATCH_GATE);
	ck_assert_uint_eq(watch_of(&other), 0);
	ck_assert_uint_gt(held_slow_before, before);
	before = held_slow_before;
	ck_assert(watch_add(&lock, WATCH_GATE));
	ck_assert_uint_eq(held_slow_before, before);
	ck_assert(watch_add(&lock, WATCH_HANDS_OVER));
	ck_assert_uint_eq(watch_of(&lock), WATCH_GATE | WATCH_HANDS_OVER);
}
END_TEST

START_TEST(tells_when_there_is_no_room_for_a_watch)
{
	static char locks[4096];
	bool is_full = false;

	for (size_t i = 0; i < sizeof(locks); i++)
		is_full |= !watch_add(&locks[i], WATCH_GATE);
	ck_assert(is_full);
}
END_TEST

static void mark_mutex(pthread_mutex_t *mutex)
{
	ck_assert_int_eq(pthread_mutex_lock(mutex), 0);
	lock_mark(mutex, LOCK_MUTEX, 5);
	ck_assert_int_eq(pthread_mutex_unlock(mutex), 0);
	ck_assert_uint_eq(lock_marked(mutex, LOCK_MUTEX), 5);
	/* The first one stays. */
	lock_mark(mutex, LOCK_MUTEX, 6);
	ck_assert_uint_eq(lock_marked(mutex, LOCK_MUTEX), 5);
}

START_TEST(knows_a_mutex_that_was_made_anew)
{
	static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	ck_assert_uint_eq(lock_marked(&mutex, LOCK_MUTEX), 0);
	mark_mutex(&mutex);
	mutex = fresh;
	ck_assert_uint_eq(lock_marked(&mutex, LOCK_MUTEX), 0);
	mark_mutex(&mutex);
	memset(&mutex, 0, sizeof(mutex));
	ck_assert_uint_eq(lock_marked(&mutex, LOCK_MUTEX), 0);
	mark_mutex(&mutex);
	pthread_mutex_init(&mutex, NULL);
	ck_assert_uint_eq(lock_marked(&mutex, LOCK_MUTEX), 0);
}
END_TEST

static void make_mutex(pthread_mutex_t *mutex, int type, bool robust, bool shared)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	if (robust)
		pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	if (shared)
		pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	ck_assert_int_eq(pthread_mutex_init(mutex, &attributes), 0);
	pthread_mutexattr_destroy(&attributes);
}

/* A robust one is in a list of its owner's, and a shared one is not ours alone. */
START_TEST(marks_no_mutex_whose_bytes_are_used)
{
	pthread_mutex_t mutex;

	make_mutex(&mutex, PTHREAD_MUTEX_RECURSIVE, false, false);
	ck_assert_ptr_nonnull(lock_mark_place(&mutex, LOCK_MUTEX));
	make_mutex(&mutex, PTHREAD_MUTEX_ADAPTIVE_NP, false, false);
	ck_assert_ptr_nonnull(lock_mark_place(&mutex, LOCK_MTX));
	make_mutex(&mutex, PTHREAD_MUTEX_NORMAL, true, false);
	ck_assert_ptr_null(lock_mark_place(&mutex, LOCK_MUTEX));
	make_mutex(&mutex, PTHREAD_MUTEX_NORMAL, false, true);
	ck_assert_ptr_null(lock_mark_place(&mutex, LOCK_MUTEX));
	lock_mark(&mutex, LOCK_MUTEX, 5);
	ck_assert_uint_eq(lock_marked(&mutex, LOCK_MUTEX), 0);
}
END_TEST

START_TEST(marks_rwlocks_and_semaphores)
{
	pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
	pthread_spinlock_t spin;
	sem_t semaphore;

	lock_mark(&rwlock, LOCK_RWLOCK, 7);
	ck_assert_int_eq(pthread_rwlock_rdlock(&rwlock), 0);
	ck_assert_int_eq(pthread_rwlock_unlock(&rwlock), 0);
	ck_assert_int_eq(pthread_rwlock_wrlock(&rwlock), 0);
	ck_assert_int_eq(pthread_rwlock_unlock(&rwlock), 0);
	ck_assert_uint_eq(lock_marked(&rwlock, LOCK_RWLOCK), 7);
	pthread_rwlock_init(&rwlock, NULL);
	ck_assert_uint_eq(lock_marked(&rwlock, LOCK_RWLOCK), 0);

	sem_init(&semaphore, 0, 1);
	semaphore_mark(&semaphore, 8, false);
	sem_wait(&semaphore);
	sem_post(&semaphore);
	ck_assert_uint_eq(lock_marked(&semaphore, LOCK_SEMAPHORE), 8);
	ck_assert(!semaphore_is_own(&semaphore));
	semaphore_mark(&semaphore, 9, true);
	ck_assert(semaphore_is_own(&semaphore));
	ck_assert_ptr_null(lock_mark_place((const void *)&spin, LOCK_SPIN));
}
END_TEST

/* The last cut of the process. */
static struct cut cut_now(void)
{
	struct cut cut = {0}, found;

	self->fork.others = 1;
	self->fork.site = (const void *)0x99;
	cuts_before_fork(self);
	for (uint32_t i = 0; i < CUTS; i++)
		if (cut_at(i, &found) && found.moment > cut.moment)
			cut = found;
	ck_assert_uint_eq(cut.moment, self->fork.cut);
	return cut;
}

START_TEST(cuts_with_the_locks_that_it_has)
{
	pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER, given = PTHREAD_MUTEX_INITIALIZER;
	pthread_rwlock_t read = PTHREAD_RWLOCK_INITIALIZER;
	struct cut cut;

	held_open(self, &held, LOCK_MUTEX, HELD_PLAIN, SITE(0x10));
	held_open(self, &given, LOCK_MUTEX, HELD_PLAIN, SITE(0x11));
	held_open(self, &read, LOCK_RWLOCK, HELD_PLAIN, SITE(0x12));
	held_close(self, &given, held_closing);
	cut = cut_now();
	ck_assert(cut_holds(&cut, &held, false));
	ck_assert(!cut_holds(&cut, &given, false));
	ck_assert(cut_holds(&cut, &read, false));
	/* Readers do not keep each other out. */
	ck_assert(!cut_holds(&cut, &read, true));
	ck_assert_uint_eq(watch_of(&held), WATCH_GATE);
	ck_assert_uint_eq(watch_of(&given), 0);
	ck_assert_uint_eq(cut.gates_known, watch_newest_gate());
	/* Nobody is lost: no cut. */
	self->fork.others = 0;
	cuts_before_fork(self);
	ck_assert_uint_eq(self->fork.cut, 0);
}
END_TEST

START_TEST(polls_who_pauses_again_and_again)
{
	pause_note(self, SITE(0x20));
	ck_assert(!cut_now().polls);
	pause_note(self, SITE(0x21));
	pause_note(self, SITE(0x20));
	ck_assert(!cut_now().polls);
	pause_note(self, SITE(0x20));
	pause_note(self, SITE(0x20));
	ck_assert(cut_now().polls);
	/* So does the line from now on. */
	ck_assert(cut_now().polls);
}
END_TEST

/* A loop that forks pauses as often each time. */
START_TEST(polls_who_pauses_now_less_now_more)
{
	for (int i = 0; i < 3; i++) {
		pause_note(self, SITE(0x20));
		pause_note(self, SITE(0x21));
		ck_assert(!cut_now().polls);
	}
	pause_note(self, SITE(0x20));
	pause_note(self, SITE(0x22));
	pause_note(self, SITE(0x21));
	ck_assert(cut_now().polls);
}
END_TEST

START_TEST(polls_nobody_who_forks_in_a_row)
{
	pause_note(self, SITE(0x20));
	ck_assert(!cut_now().polls);
	ck_assert(!cut_now().polls);
	ck_assert(!cut_now().polls);
	pause_note(self, SITE(0x20));
	ck_assert(!cut_now().polls);
}
END_TEST

Suite *moments_suite(void)
{
	Suite *suite = suite_create("moments");
	TCase *order = tcase_create("order"), *watches = tcase_create("watches");
	TCase *marks = tcase_create("marks"), *forks = tcase_create("forks");

	tcase_add_checked_fixture(order, setup, teardown);
	tcase_add_test(order, knows_what_was_handed_over);
	tcase_add_test(order, knows_what_came_by_another);
	tcase_add_test(order, takes_what_it_awaited_when_it_is_seen_next);
	tcase_add_test(order, begins_with_what_its_creator_knows);
	tcase_add_test(order, comes_after_everything_where_nobody_made_it);
	tcase_add_test(order, forgets_what_was_destroyed);
	tcase_add_test(order, loses_no_order_among_many);
	tcase_add_test(order, remembers_who_told_by_a_futex);
	suite_add_tcase(suite, order);
	tcase_add_checked_fixture(watches, setup, teardown);
	tcase_add_test(watches, tells_gates_apart_by_what_they_keep_out);
	tcase_add_test(watches, slows_down_for_what_is_watched_anew);
	tcase_add_test(watches, tells_when_there_is_no_room_for_a_watch);
	suite_add_tcase(suite, watches);
	tcase_add_test(marks, knows_a_mutex_that_was_made_anew);
	tcase_add_test(marks, marks_no_mutex_whose_bytes_are_used);
	tcase_add_test(marks, marks_rwlocks_and_semaphores);
	suite_add_tcase(suite, marks);
	tcase_add_checked_fixture(forks, setup, teardown);
	tcase_add_test(forks, cuts_with_the_locks_that_it_has);
	tcase_add_test(forks, polls_who_pauses_again_and_again);
	tcase_add_test(forks, polls_who_pauses_now_less_now_more);
	tcase_add_test(forks, polls_nobody_who_forks_in_a_row);
	suite_add_tcase(suite, forks);
	return suite;
}
