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

Suite *parked_suite(void)
{
	Suite *suite = suite_create("parked");
	TCase *locks = tcase_create("locks");

	tcase_add_checked_fixture(locks, set_up, NULL);
	tcase_add_test(locks, finds_the_lock_and_its_owner);
	tcase_add_test(locks, knows_no_owner_of_other_locks);
	tcase_add_loop_test(locks, refuses_what_is_no_wait_for_a_mutex, 0,
			    sizeof(damages) / sizeof(*damages));
	tcase_add_test(locks, refuses_versions_that_it_does_not_know);
	suite_add_tcase(suite, locks);
	return suite;
}
