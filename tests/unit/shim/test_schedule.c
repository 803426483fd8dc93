/*
 * A fork and a thread that meet, or do not: the waits of a run of --confirm, and that each has
 * an end. No fork is made here.
 */
#include "../support.h"
#include "base/process.h"
#include "base/real.h"
#include "cli/session/session.h"
#include "log/log.h"
#include "state/schedule.h"
#include "state/thread.h"
#include <check.h>
#include <pthread.h>
#include <unistd.h>

Suite *schedule_suite(void);

#define KEY      77
#define BIAS     0x10000
#define OFFSET   0x234
#define BOUND_MS 60
#define MS       UINT64_C(1000000)

static const char *folder;
static struct session session;
static struct thread *self;
static pthread_t other;
static pthread_barrier_t begun, over;
static int lock, another_lock;

static struct session_schedule *plan(void)
{
	return &session.header->schedule;
}

static struct call_site site_at(uintptr_t address)
{
	return (struct call_site){(const void *)address, (const void *)0x7000};
}

static _Atomic int given, taken_back;

static void *let_go(const struct thread *thread, const void *what, enum lock_kind kind,
		    bool is_tried)
{
	(void)thread;
	(void)what;
	(void)kind;
	given += is_tried;
	return is_tried ? &given : NULL;
}

static void take_back(void *state)
{
	taken_back += state == &given;
}

static void setup(void)
{
	folder = support_folder();
	setenv(SESSION_DIRECTORY_VARIABLE, folder, 1);
	ck_assert_int_eq(session_create(&session), 0);
	plan()->mode = SCHEDULE_FORCE;
	plan()->run = 1;
	plan()->bound_ms = BOUND_MS;
	plan()->count = 1;
	plan()->sections[0] =
		(struct session_section){.module = KEY, .offset = OFFSET, .kind = LOCK_MUTEX};
	ck_assert(log_open(session.path));
	real_ensure();
	process.can_read = true;
	process.serial = process.image = 1;
	process.recorded = true;
	process.active = true;
	self = thread_current();
	ck_assert_ptr_nonnull(self);
	schedule_start();
	schedule_switch_by((struct schedule_switch){let_go, take_back});
	schedule_meet_module(KEY, BIAS);
	pthread_barrier_init(&begun, NULL, 2);
	pthread_barrier_init(&over, NULL, 2);
	self->fork_depth = 1;
	self->fork.stack = 5;
}

static void teardown(void)
{
	session_remove(&session);
	support_remove_folder(folder);
}

static void *live(void *nothing)
{
	(void)nothing;
	ck_assert_ptr_nonnull(thread_current());
	pthread_barrier_wait(&begun);
	pthread_barrier_wait(&over);
	return NULL;
}

/* Comes by again and again, until it was kept once. */
static void come_by_calls(void *what, bool is_tried)
{
	struct thread *thread = thread_current();

	pthread_barrier_wait(&begun);
	for (int i = 0; i < 5000 && !atomic_load(&plan()->sections[0].reached); i++) {
		schedule_meet(thread, what, LOCK_MUTEX, is_tried, site_at(BIAS + OFFSET));
		usleep(200);
	}
	pthread_barrier_wait(&over);
}

static void *come_by(void *what)
{
	come_by_calls(what, false);
	return NULL;
}

static void *come_by_tries(void *what)
{
	come_by_calls(what, true);
	return NULL;
}

static void begin(void *(*body)(void *), void *data)
{
	pthread_create(&other, NULL, body, data);
	pthread_barrier_wait(&begun);
}

static void end(void)
{
	pthread_barrier_wait(&over);
	pthread_join(other, NULL);
}

static uint64_t wait_ms(void)
{
	uint64_t start = time_now();

	schedule_wait(self);
	return (time_now() - start) / MS;
}

START_TEST(a_fork_waits_for_a_thread_that_comes)
{
	plan()->bound_ms = 1000;
	begin(come_by, &lock);
	schedule_wait(self);
	ck_assert_uint_eq(plan()->waits, 1);
	ck_assert_uint_eq(plan()->reached, 1);
	ck_assert_uint_eq(plan()->sections[0].reached, 1);
	schedule_let_go(self);
	end();
}
END_TEST

/* It is at the barrier only once it was let go. */
START_TEST(the_thread_stays_until_the_clone_is_done)
{
	uint64_t start;

	plan()->bound_ms = 1000;
	begin(come_by, &lock);
	schedule_wait(self);
	start = time_now();
	usleep(50000);
	schedule_let_go(self);
	end();
	ck_assert_uint_ge(time_now() - start, 50 * MS);
	ck_assert_uint_lt(time_now() - start, 1000 * MS);
}
END_TEST

/* The handlers of the fork may wait for what the thread has. */
START_TEST(the_thread_goes_on_where_no_clone_comes)
{
	uint64_t start;

	begin(come_by, &lock);
	schedule_wait(self);
	start = time_now();
	end();
	ck_assert_uint_ge(time_now() - start, BOUND_MS / 2 * MS);
	schedule_let_go(self);
}
END_TEST

START_TEST(a_line_that_waits_in_vain_waits_no_more)
{
	begin(live, NULL);
	for (int i = 0; i < 8; i++)
		ck_assert_uint_ge(wait_ms(), BOUND_MS);
	wait_ms();
	ck_assert_uint_eq(plan()->waits, 8);
	ck_assert_uint_eq(plan()->moved, 1);
	self->fork.stack = 6;
	ck_assert_uint_ge(wait_ms(), BOUND_MS);
	ck_assert_uint_eq(plan()->reached, 0);
	end();
}
END_TEST

static _Atomic bool is_enough;

static void *come_by_for_ever(void *what)
{
	struct thread *thread = thread_current();

	pthread_barrier_wait(&begun);
	for (; !is_enough; usleep(200))
		schedule_meet(thread, what, LOCK_MUTEX, false, site_at(BIAS + OFFSET));
	pthread_barrier_wait(&over);
	return NULL;
}

/* Its handlers wait for the lock, which the thread has: it would stay at each of its forks. */
START_TEST(a_line_whose_clone_never_comes_meanwhile_waits_no_more)
{
	begin(come_by_for_ever, &lock);
	for (int i = 0; i < 12; i++) {
		schedule_wait(self);
		schedule_let_go(self);
	}
	ck_assert_uint_eq(plan()->waits, 8);
	ck_assert_uint_eq(plan()->moved, 4);
	self->fork.stack = 6;
	for (int i = 0; i < 12; i++) {
		schedule_wait(self);
		schedule_release(self);
		schedule_let_go(self);
	}
	ck_assert_uint_ge(plan()->waits, 8 + 9);
	is_enough = true;
	end();
}
END_TEST

START_TEST(nobody_waits_where_no_thread_is_lost)
{
	ck_assert_uint_lt(wait_ms(), BOUND_MS / 2);
	ck_assert_uint_eq(plan()->waits, 0);
	ck_assert_uint_eq(plan()->moved, 0);
}
END_TEST

START_TEST(nobody_waits_behind_a_filter_of_calls)
{
	begin(live, NULL);
	process.is_filtered = true;
	ck_assert_uint_lt(wait_ms(), BOUND_MS / 2);
	ck_assert_uint_eq(plan()->waits, 0);
	end();
}
END_TEST

/* As long as it stays, and by the call that says it may. */
START_TEST(a_thread_that_stays_gives_the_interpreter_away)
{
	plan()->bound_ms = 1000;
	begin(come_by_tries, &lock);
	schedule_wait(self);
	ck_assert_int_eq(given, taken_back + 1);
	schedule_let_go(self);
	end();
	ck_assert_int_ge(given, 1);
	ck_assert_int_eq(given, taken_back);
}
END_TEST

START_TEST(who_keeps_it_has_nothing_to_take_back)
{
	plan()->bound_ms = 1000;
	begin(come_by, &lock);
	schedule_wait(self);
	schedule_let_go(self);
	end();
	ck_assert_int_eq(given, 0);
	ck_assert_int_eq(taken_back, 0);
}
END_TEST

/* From another line, of another lock at this line, or of another kind. */
START_TEST(another_section_is_none)
{
	begin(live, NULL);
	plan()->sections[0].lock_module = KEY;
	plan()->sections[0].lock_offset = (uintptr_t)&lock - BIAS;
	schedule_meet_module(KEY, BIAS);
	self->fork_depth = 0;
	for (int i = 0; i < 20; i++) {
		uint64_t start = time_now();

		schedule_meet(self, &lock, LOCK_MUTEX, false, site_at(BIAS + OFFSET + 1));
		schedule_meet(self, &another_lock, LOCK_MUTEX, false, site_at(BIAS + OFFSET));
		schedule_meet(self, &lock, LOCK_RWLOCK, false, site_at(BIAS + OFFSET));
		ck_assert_uint_lt(time_now() - start, 5 * MS);
	}
	end();
}
END_TEST

/* It may be the only time, and long before the fork. */
START_TEST(the_first_who_comes_stays_in_every_other_run)
{
	uint64_t start;

	begin(live, NULL);
	self->fork_depth = 0;
	plan()->run = 2;
	start = time_now();
	schedule_meet(self, &lock, LOCK_MUTEX, false, site_at(BIAS + OFFSET));
	ck_assert_uint_ge(time_now() - start, 20 * MS);
	ck_assert_uint_eq(plan()->stretched, 1);
	end();
}
END_TEST

START_TEST(who_forks_stays_nowhere)
{
	uint64_t start = time_now();

	begin(live, NULL);
	for (int i = 0; i < 50; i++)
		schedule_meet(self, &lock, LOCK_MUTEX, false, site_at(BIAS + OFFSET));
	ck_assert_uint_lt(time_now() - start, BOUND_MS * MS);
	ck_assert_uint_eq(plan()->sections[0].reached, 0);
	end();
}
END_TEST

/* The program can write there. */
START_TEST(a_plan_is_not_believed)
{
	plan()->bound_ms = UINT32_MAX;
	plan()->count = UINT32_MAX;
	schedule_meet_module(KEY, BIAS);
	begin(live, NULL);
	ck_assert_uint_le(wait_ms(), 1500);
	end();
}
END_TEST

START_TEST(forks_are_moved_about_a_bounded_number_of_times)
{
	plan()->mode = SCHEDULE_JITTER;
	plan()->count = 0;
	begin(live, NULL);
	for (int i = 0; i < 250; i++)
		ck_assert_uint_lt(wait_ms(), 500);
	ck_assert_uint_eq(plan()->moved, 200);
	ck_assert_uint_eq(plan()->waits, 0);
	end();
}
END_TEST

START_TEST(a_run_without_a_plan_is_left_alone)
{
	plan()->mode = SCHEDULE_FREE;
	schedule_start();
	ck_assert(!process.is_scheduled);
}
END_TEST

Suite *schedule_suite(void)
{
	Suite *suite = suite_create("schedule");
	TCase *core = tcase_create("core");

	tcase_set_timeout(core, 30);
	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, a_fork_waits_for_a_thread_that_comes);
	tcase_add_test(core, the_thread_stays_until_the_clone_is_done);
	tcase_add_test(core, the_thread_goes_on_where_no_clone_comes);
	tcase_add_test(core, a_line_that_waits_in_vain_waits_no_more);
	tcase_add_test(core, a_line_whose_clone_never_comes_meanwhile_waits_no_more);
	tcase_add_test(core, nobody_waits_where_no_thread_is_lost);
	tcase_add_test(core, nobody_waits_behind_a_filter_of_calls);
	tcase_add_test(core, a_thread_that_stays_gives_the_interpreter_away);
	tcase_add_test(core, who_keeps_it_has_nothing_to_take_back);
	tcase_add_test(core, another_section_is_none);
	tcase_add_test(core, the_first_who_comes_stays_in_every_other_run);
	tcase_add_test(core, who_forks_stays_nowhere);
	tcase_add_test(core, a_plan_is_not_believed);
	tcase_add_test(core, forks_are_moved_about_a_bounded_number_of_times);
	tcase_add_test(core, a_run_without_a_plan_is_left_alone);
	suite_add_tcase(suite, core);
	return suite;
}
