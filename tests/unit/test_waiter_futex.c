/*
 * A thread that waits on a word of its own, laid out in the memory of this process
 * and read from it as from another one, and then spoilt.
 */
#include "cli/hangs/identify/waiter_futex.h"
#include "suites.h"
#include <check.h>
#include <pthread.h>
#include <stdalign.h>
#include <string.h>
#include <unistd.h>

#define RECORD_ALIGNMENT 64

struct waiter {
	uint64_t more[9];
	uint64_t lock;
	uint64_t next;
	uint32_t word;
};

/* With room on both sides, so that what is near is no other variable. */
static _Thread_local struct {
	uint64_t before[16];
	struct waiter record;
	uint64_t after[16];
} own;
static _Thread_local volatile uint64_t own_record; /* read from outside only */
/* Aligned so, and no better. What lies close behind it would be a part of it. */
static alignas(2 * RECORD_ALIGNMENT) struct {
	char before[RECORD_ALIGNMENT];
	struct waiter record;
	char behind[512];
} queued;
static uint64_t waited;
static uint64_t lock, other_lock;
static const uint64_t no_lock = 3;
static uint64_t stack[64];
static struct stack_registers registers;

static uint64_t at(const volatile void *address)
{
	return (uint64_t)(uintptr_t)address;
}

static uint64_t find_lock(void)
{
	registers.sp = at(stack);
	return waiter_futex_lock(getpid(), (uint64_t)pthread_self(), &registers, waited);
}

static void clear(void)
{
	memset(&own, 0, sizeof(own));
	memset(&queued.record, 0, sizeof(queued.record));
	memset(stack, 0, sizeof(stack));
	memset(&registers, 0, sizeof(registers));
	own_record = 0;
	other_lock = 0;
}

/* --- the record names the lock --------------------------------------------- */

static void set_up_parked(void)
{
	clear();
	waited = at(&own.record.word);
	own.record.lock = at(&lock);
	lock = 3;
	stack[9] = at(&lock);
	stack[2] = at(&own.record.more[4]);
}

START_TEST(finds_what_the_record_names)
{
	ck_assert_uint_eq(find_lock(), at(&lock));
	stack[9] = 0;
	ck_assert_uint_eq(find_lock(), 0);
	registers.saved[3] = at(&lock);
	ck_assert_uint_eq(find_lock(), at(&lock));
}
END_TEST

START_TEST(finds_the_lock_of_a_second_queue)
{
	lock = 0x1a;
	own.record.lock = stack[9] = at(&lock) + 1;
	ck_assert_uint_eq(find_lock(), at(&lock));
}
END_TEST

START_TEST(wants_a_word_of_the_threads_own)
{
	memcpy(&queued.record, &own.record, sizeof(queued.record));
	waited = at(&queued.record.word);
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

START_TEST(wants_one_lock_that_is_taken)
{
	lock = 0;
	ck_assert_uint_eq(find_lock(), 0);
	own.record.lock = stack[9] = at(&no_lock);
	ck_assert_uint_eq(find_lock(), 0);
	own.record.lock = stack[9] = 8;
	ck_assert_uint_eq(find_lock(), 0);
	own.record.next = 3;
	own.record.lock = stack[9] = at(&own.record.next);
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

START_TEST(takes_neither_of_two)
{
	other_lock = 1;
	own.record.next = at(&other_lock);
	ck_assert_uint_eq(find_lock(), at(&lock));
	stack[3] = at(&other_lock);
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

/* Other variables lie beside it. */
START_TEST(looks_into_the_record_alone)
{
	own.record.lock = 0;
	own.record.more[3] = own.after[0] = at(&lock);
	ck_assert_uint_eq(find_lock(), 0);
	own.record.more[4] = at(&lock);
	ck_assert_uint_eq(find_lock(), at(&lock));
	stack[2] = at(&own.record.more[5]);
	ck_assert_uint_eq(find_lock(), 0);
	registers.saved[4] = at(&own.record.more[4]);
	ck_assert_uint_eq(find_lock(), at(&lock));
	own.record.more[0] = at(&lock);
	own.record.more[4] = registers.saved[4] = stack[2] = 0;
	stack[3] = at(&own.record.more[0]);
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

/* --- the lock names the record --------------------------------------------- */

static void set_up_queued(void)
{
	clear();
	waited = at(&queued.record.word);
	own_record = at(&queued.record);
	lock = at(&queued.record) | 0xc;
	stack[9] = at(&lock);
}

START_TEST(finds_what_names_the_record)
{
	ck_assert_uint_eq(find_lock(), at(&lock));
	stack[9] = 0;
	ck_assert_uint_eq(find_lock(), 0);
	registers.saved[0] = at(&lock);
	ck_assert_uint_eq(find_lock(), at(&lock));
}
END_TEST

START_TEST(wants_a_record_of_the_threads_own)
{
	own_record = 0;
	ck_assert_uint_eq(find_lock(), 0);
	own_record = at(&queued.record.more[2]);
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

static const uint64_t no_flags[] = {0, 8, RECORD_ALIGNMENT, RECORD_ALIGNMENT | 3, 0x1000003};

/* What leaves fewer bits free is as likely a pointer to one of the record's words. */
START_TEST(wants_a_record_with_room_for_flags)
{
	own_record = at(&queued.record) - RECORD_ALIGNMENT / 2;
	lock = own_record | 0xc;
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

START_TEST(takes_no_pointer_to_the_word)
{
	waited = lock;
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

START_TEST(wants_bits_that_the_address_leaves_free)
{
	lock = at(&queued.record) + no_flags[_i];
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

START_TEST(wants_a_lock_outside_of_records)
{
	queued.record.next = own.before[0] = lock;
	stack[9] = at(&queued.record.next);
	ck_assert_uint_eq(find_lock(), 0);
	stack[9] = at(&own.before[0]);
	ck_assert_uint_eq(find_lock(), 0);
	stack[9] = at(&lock) + 4;
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

START_TEST(takes_neither_of_two_that_name_the_record)
{
	other_lock = at(&queued.record) | 3;
	stack[3] = at(&other_lock);
	ck_assert_uint_eq(find_lock(), 0);
}
END_TEST

START_TEST(bears_what_it_cannot_read)
{
	ck_assert_uint_eq(waiter_futex_lock(getpid(), 0, &registers, at(&queued.record.word)), 0);
	ck_assert_uint_eq(
		waiter_futex_lock(getpid(), UINT64_MAX, &registers, at(&queued.record.word)), 0);
	ck_assert_uint_eq(waiter_futex_lock(getpid(), 8, &registers, UINT64_MAX), 0);
	ck_assert_uint_eq(waiter_futex_lock(-1, (uint64_t)pthread_self(), &registers, at(&lock)),
			  0);
}
END_TEST

/* A program can set it to that: what is read of a descriptor ends with the last address. */
START_TEST(refuses_a_thread_pointer_at_the_end)
{
	registers.sp = at(stack);
	ck_assert_uint_eq(waiter_futex_lock(getpid(), UINT64_MAX - 2304, &registers, waited), 0);
}
END_TEST

Suite *waiter_futex_suite(void)
{
	Suite *suite = suite_create("waiter_futex");
	TCase *parked = tcase_create("record names lock");
	TCase *named = tcase_create("lock names record");

	tcase_add_checked_fixture(parked, set_up_parked, NULL);
	tcase_add_test(parked, finds_what_the_record_names);
	tcase_add_test(parked, finds_the_lock_of_a_second_queue);
	tcase_add_test(parked, wants_a_word_of_the_threads_own);
	tcase_add_test(parked, wants_one_lock_that_is_taken);
	tcase_add_test(parked, takes_neither_of_two);
	tcase_add_test(parked, looks_into_the_record_alone);
	suite_add_tcase(suite, parked);
	tcase_add_checked_fixture(named, set_up_queued, NULL);
	tcase_add_test(named, finds_what_names_the_record);
	tcase_add_test(named, wants_a_record_of_the_threads_own);
	tcase_add_test(named, wants_a_record_with_room_for_flags);
	tcase_add_test(named, takes_no_pointer_to_the_word);
	tcase_add_loop_test(named, wants_bits_that_the_address_leaves_free, 0,
			    sizeof(no_flags) / sizeof(*no_flags));
	tcase_add_test(named, wants_a_lock_outside_of_records);
	tcase_add_test(named, takes_neither_of_two_that_name_the_record);
	tcase_add_test(named, bears_what_it_cannot_read);
	tcase_add_test(named, refuses_a_thread_pointer_at_the_end);
	suite_add_tcase(suite, named);
	return suite;
}
