/*
 * A thread that waits for a mutex of CPython's, in a memory of a few pages, which
 * a test lays out and then spoils.
 */
#include "cli/hangs/identify/parked_threads.h"
#include "suites.h"
#include <check.h>
#include <string.h>

#define BASE     UINT64_C(0x10000)
#define RUNTIME  UINT64_C(0x10000)
#define ENTRY    UINT64_C(0x11000) /* on the stack of the thread */
#define WAITED   (ENTRY + 16)      /* its semaphore */
#define NODE     (ENTRY + 48)
#define HEAD     UINT64_C(0x12000) /* of the list */
#define OBJECT   UINT64_C(0x13000)
#define MUTEX    (OBJECT + 16)
#define TYPE     UINT64_C(0x14000)
#define METATYPE UINT64_C(0x15000)
#define TEXT     UINT64_C(0x16000)
#define OWNER    UINT64_C(0x7f0000001234)
#define VERSION  0x030e0af0u

static uint8_t bytes[0x7000];
static struct python_interpreter interpreter;
static struct parked parked;

static bool read_fake(const struct python_memory *memory, void *to, uint64_t address, size_t length)
{
	(void)memory;
	if (address < BASE || address - BASE > sizeof(bytes) ||
	    length > sizeof(bytes) - (address - BASE))
		return false;
	memcpy(to, bytes + (address - BASE), length);
	return true;
}

static const struct python_memory memory = {.read = read_fake};

static void put_word(uint64_t address, uint64_t value)
{
	memcpy(bytes + (address - BASE), &value, sizeof(value));
}

static void put_name(const char *name)
{
	strcpy((char *)bytes + (TEXT - BASE), name);
}

static bool read_it(void)
{
	return parked_read(&memory, &interpreter, WAITED, &parked);
}

/* Offsets of 0 are sane: none of them is asked for here. */
static void put_runtime(uint32_t version)
{
	memcpy(bytes, "xdebugpy", 8);
	put_word(RUNTIME + 8, version);
	interpreter = (struct python_interpreter){.runtime = RUNTIME, .version = version};
}

static void set_up(void)
{
	memset(bytes, 0, sizeof(bytes));
	put_runtime(VERSION);
	put_word(ENTRY, ENTRY + 0x200);
	put_word(ENTRY + 8, MUTEX);
	put_word(NODE, HEAD);
	put_word(NODE + 8, HEAD);
	put_word(HEAD, NODE);
	put_word(HEAD + 8, NODE);
	put_word(OBJECT + 8, TYPE);
	put_word(TYPE + 8, METATYPE);
	put_word(METATYPE + 8, METATYPE);
	put_word(TYPE + 24, TEXT);
	put_name("_thread.RLock");
	put_word(MUTEX, 3);
	put_word(MUTEX + 8, OWNER);
}

START_TEST(finds_the_lock_and_its_owner)
{
	ck_assert(read_it());
	ck_assert_uint_eq(parked.kind, LOCK_PYTHON_RLOCK);
	ck_assert_uint_eq(parked.lock, MUTEX);
	ck_assert_uint_eq(parked.owner, OWNER);
}
END_TEST

/* What is behind a lock is its owner only where the type has one. */
START_TEST(knows_no_owner_of_other_locks)
{
	put_name("_thread.lock");
	ck_assert(read_it());
	ck_assert_uint_eq(parked.kind, LOCK_PYTHON_LOCK);
	ck_assert_uint_eq(parked.owner, 0);
	put_name("_thread.RLocks");
	ck_assert(read_it());
	ck_assert_uint_eq(parked.kind, LOCK_PYTHON_MUTEX);
	put_name("_thread.RLock");
	put_word(METATYPE + 8, TYPE);
	ck_assert(read_it());
	ck_assert_uint_eq(parked.kind, LOCK_PYTHON_MUTEX);
	ck_assert_uint_eq(parked.lock, MUTEX);
	ck_assert_uint_eq(parked.owner, 0);
}
END_TEST

static const struct {
	uint64_t address, value;
} damages[] = {
	{ENTRY, 0},        /* waits for an event */
	{ENTRY + 8, 8},    /* no memory */
	{MUTEX, 1},        /* locked, and nobody waits */
	{MUTEX, 2},        /* not locked */
	{HEAD, HEAD},      /* not in the list */
	{HEAD + 8, HEAD},  /* half in it */
	{NODE, 8},         /* no memory */
	{RUNTIME, 0},      /* no interpreter */
	{RUNTIME + 16, 1}, /* free-threaded: objects are laid out in another way */
};

START_TEST(refuses_what_is_no_wait_for_a_mutex)
{
	put_word(damages[_i].address, damages[_i].value);
	ck_assert(!read_it());
	ck_assert_uint_eq(parked.kind, 0);
}
END_TEST

START_TEST(refuses_versions_that_it_does_not_know)
{
	put_runtime(0x030c0af0);
	ck_assert(!read_it());
	put_runtime(0x030d0af0);
	ck_assert(read_it());
	put_runtime(0x03100af0);
	ck_assert(!read_it());
	interpreter.runtime = 0;
	ck_assert(!read_it());
}
END_TEST

/* --- up to 3.13 ------------------------------------------------------------- */

#define STACK     UINT64_C(0x12000)
#define METHOD    (STACK + 8 * 40)
#define SEMAPHORE UINT64_C(0x15800)

static void set_up_recursive(void)
{
	memset(bytes, 0, sizeof(bytes));
	put_runtime(0x030b07f0);
	put_word(METHOD, OBJECT);
	put_word(OBJECT + 8, TYPE);
	put_word(OBJECT + 16, SEMAPHORE);
	put_word(OBJECT + 24, OWNER);
	put_word(OBJECT + 32, 2);
	put_word(TYPE + 8, METATYPE);
	put_word(METATYPE + 8, METATYPE);
	put_word(TYPE + 24, TEXT);
	put_name("_thread.RLock");
}

static bool read_recursive(void)
{
	return parked_read_recursive(&memory, &interpreter, SEMAPHORE, STACK, &parked);
}

START_TEST(finds_the_object_on_the_stack)
{
	ck_assert(read_recursive());
	ck_assert_uint_eq(parked.kind, LOCK_PYTHON_RLOCK);
	ck_assert_uint_eq(parked.lock, OBJECT);
	ck_assert_uint_eq(parked.owner, OWNER);
	/* Words that lead nowhere, and one that leads to another lock, before it. */
	put_word(STACK, UINT64_MAX);
	put_word(STACK + 8, OBJECT + 1);
	put_word(STACK + 16, BASE + sizeof(bytes) - 16);
	put_word(STACK + 24, OBJECT + 256);
	put_word(OBJECT + 256 + 8, TYPE);
	put_word(OBJECT + 256 + 16, SEMAPHORE + 64);
	put_word(OBJECT + 256 + 24, OWNER + 64);
	put_word(OBJECT + 256 + 32, 1);
	ck_assert(read_recursive());
	ck_assert_uint_eq(parked.lock, OBJECT);
}
END_TEST

static const struct {
	uint64_t address, value;
} recursive_damages[] = {
	{METHOD, 0},                    /* not on the stack */
	{METHOD, OBJECT + 4},           /* no object */
	{OBJECT + 16, SEMAPHORE + 32},  /* waits for another one */
	{OBJECT + 24, 0},               /* nobody has it */
	{OBJECT + 32, 0},               /* not taken */
	{OBJECT + 8, 8},                /* no memory */
	{METATYPE + 8, TYPE},           /* no type */
	{TEXT, UINT64_C(0x6b636f6c2e)}, /* another type */
};

START_TEST(refuses_what_is_no_recursive_lock)
{
	put_word(recursive_damages[_i].address, recursive_damages[_i].value);
	ck_assert(!read_recursive());
	ck_assert_uint_eq(parked.kind, 0);
}
END_TEST

START_TEST(reads_stacks_of_these_versions_alone)
{
	static const uint32_t known[] = {0x03080000, 0x03090000, 0x030a0000, 0x030c01f0,
					 0x030d00f0},
			      others[] = {0x03070000, 0x030e0af0, 0};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		put_runtime(known[i]);
		ck_assert(read_recursive());
	}
	/* Free-threaded: objects are laid out in another way. */
	put_word(RUNTIME + 16, 1);
	ck_assert(!read_recursive());
	put_word(RUNTIME + 16, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		put_runtime(others[i]);
		ck_assert(!read_recursive());
	}
}
END_TEST

/* It has an end, where nothing else is. */
START_TEST(bears_the_end_of_the_stack)
{
	uint64_t end = BASE + sizeof(bytes);

	put_word(end - 8, OBJECT);
	ck_assert(parked_read_recursive(&memory, &interpreter, SEMAPHORE, end - 64, &parked));
	put_word(end - 8, 0);
	ck_assert(!parked_read_recursive(&memory, &interpreter, SEMAPHORE, end - 64, &parked));
	ck_assert(
		!parked_read_recursive(&memory, &interpreter, SEMAPHORE, UINT64_MAX - 7, &parked));
	ck_assert(!parked_read_recursive(&memory, &interpreter, 0, STACK, &parked));
}
END_TEST

Suite *parked_suite(void)
{
	Suite *suite = suite_create("parked");
	TCase *locks = tcase_create("locks");
	TCase *recursive = tcase_create("recursive");

	tcase_add_checked_fixture(locks, set_up, NULL);
	tcase_add_test(locks, finds_the_lock_and_its_owner);
	tcase_add_test(locks, knows_no_owner_of_other_locks);
	tcase_add_loop_test(locks, refuses_what_is_no_wait_for_a_mutex, 0,
			    sizeof(damages) / sizeof(*damages));
	tcase_add_test(locks, refuses_versions_that_it_does_not_know);
	suite_add_tcase(suite, locks);
	tcase_add_checked_fixture(recursive, set_up_recursive, NULL);
	tcase_add_test(recursive, finds_the_object_on_the_stack);
	tcase_add_loop_test(recursive, refuses_what_is_no_recursive_lock, 0,
			    sizeof(recursive_damages) / sizeof(*recursive_damages));
	tcase_add_test(recursive, reads_stacks_of_these_versions_alone);
	tcase_add_test(recursive, bears_the_end_of_the_stack);
	suite_add_tcase(suite, recursive);
	return suite;
}
