/*
 * The tables of held locks: what a thread's own wrappers write into them, and
 * what the locks' words confirm. The locks are real ones of libc; what a fork
 * child does is stood in for.
 */
#include "../support.h"
#include "base/process.h"
#include "base/real.h"
#include "cli/hangs/identify/thread_tables.h"
#include "cli/session/model.h"
#include "cli/session/session.h"
#include "exported.h"
#include "fork/orphans.h"
#include "record/held_records.h"
#include "record/loaded_interpreter.h"
#include "state/capture.h"
#include "state/held.h"
#include "state/held_table.h"
#include "state/initialised_locks.h"
#include "state/lock_families.h"
#include "state/thread.h"
#include <check.h>
#include <linux/futex.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *held_suite(void);

/* --- stand-ins for fork/orphans.c --------------------------------------------------- */

static struct {
	const void *lock;
	enum lock_operation operation;
	uint32_t flags;
	int result;
	int waits, ends, touches;
} child_calls;

session_reference orphan_wait(struct thread *thread, const void *lock, enum lock_kind kind,
			      enum lock_operation operation, uint32_t flags)
{
	(void)thread;
	(void)kind;
	child_calls.lock = lock;
	child_calls.operation = operation;
	child_calls.flags = flags;
	child_calls.waits++;
	return 1;
}

void orphan_wait_ended(session_reference wait, int result)
{
	(void)wait;
	child_calls.result = result;
	child_calls.ends++;
}

void orphan_touch(struct thread *thread, const void *lock, enum lock_operation operation,
		  int result)
{
	(void)thread;
	child_calls.lock = lock;
	child_calls.operation = operation;
	child_calls.result = result;
	child_calls.touches++;
}

/* --- fixture ------------------------------------------------------------------- */

static const char *folder;
static struct session session;
static struct reader reader;
static struct model model;
static struct thread *self;
static const struct lock_family *of_mutexes;

static void setup(void)
{
	folder = support_folder();
	setenv(SESSION_DIRECTORY_VARIABLE, folder, 1);
	ck_assert_int_eq(session_create(&session), 0);
	ck_assert(log_open(session.path));
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	model_init(&model, &reader, NULL);
	real_ensure();
	real_ensure();
	process.can_read = true;
	process.serial = process.image = 1;
	process.recorded = true;
	interpreter_start();
	process.active = true;
	self = thread_current();
	ck_assert_ptr_nonnull(self);
	of_mutexes = lock_family(LOCK_MUTEX);
}

static void teardown(void)
{
	model_release(&model);
	reader_close(&reader);
	session_remove(&session);
	support_remove_folder(folder);
}

static uint64_t header_threads(void)
{
	return atomic_load(&log_header()->counters.threads);
}

#define SITE(number) ((struct call_site){(const void *)(number), (const void *)0x7000})

static struct held_slot *open_at(const void *lock, uintptr_t site)
{
	return held_open(self, lock, LOCK_MUTEX, HELD_PLAIN, SITE(site));
}

/* Mutexes that fall on the same place of a table: more than all tables have room for. */
#define CROWD (HELD_PROBES * (HELD_MORE + 1) + 1)

static pthread_mutex_t *crowd[CROWD];

static void gather_crowd(void)
{
	static pthread_mutex_t mutexes[CROWD * HELD_FAST * 2];
	size_t found = 0;

	for (size_t i = 0; i < CROWD * HELD_FAST * 2 && found < CROWD; i++)
		if (held_index(&mutexes[i]) == held_index(&mutexes[0]))
			crowd[found++] = &mutexes[i];
	ck_assert_uint_eq(found, CROWD);
}

static void take_crowd(size_t count)
{
	gather_crowd();
	for (size_t i = 0; i < count; i++) {
		real.pthread_mutex_lock(crowd[i]);
		ck_assert_ptr_nonnull(open_at(crowd[i], 0x10 + i));
	}
}

/* --- the table ------------------------------------------------------------------- */

START_TEST(spreads_neighbours_over_the_table)
{
	static pthread_mutex_t mutexes[HELD_SLOTS];
	uint64_t places = 0;

	for (size_t i = 0; i < HELD_SLOTS; i++) {
		ck_assert_uint_lt(held_index(&mutexes[i]), HELD_FAST);
		places |= (uint64_t)1 << held_index(&mutexes[i]);
	}
	ck_assert_int_ge(__builtin_popcountll(places), HELD_FAST * 3 / 4);
	for (uintptr_t address = 0; address < 1 << 16; address += 8)
		ck_assert_uint_lt(held_index((const void *)(UINTPTR_MAX - address)), HELD_FAST);
}
END_TEST

START_TEST(opens_finds_and_closes)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct held_slot *slot;

	ck_assert_ptr_null(held_find(self, &mutex));
	slot = open_at(&mutex, 0x10);
	ck_assert_ptr_nonnull(slot);
	ck_assert_ptr_eq(held_find(self, &mutex), slot);
	ck_assert_uint_eq(slot->lock, (uintptr_t)&mutex);
	ck_assert_ptr_eq(slot->site, (const void *)0x10);
	ck_assert_uint_ne(slot->since, 0);
	ck_assert_int_eq(self->held.kinds[held_number(&self->held, slot)], LOCK_MUTEX);
	ck_assert(self->held.used & (uint64_t)1 << held_number(&self->held, slot));
	/* An open one is not for the fast path: the lock is asked for again, or was given back
	 * by another thread. */
	ck_assert(!held_matches(slot, &mutex, SITE(0x10)));
	held_close(self, &mutex, held_closing);
	ck_assert_ptr_null(held_find(self, &mutex));
	ck_assert(!held_matches(slot, &mutex, SITE(0x11)));
	ck_assert(!held_matches(slot, &mutex + 1, SITE(0x10)));
	/* The place stays the lock's: the next time it is only opened again. */
	ck_assert(held_matches(slot, &mutex, SITE(0x10)));
	ck_assert_ptr_eq(open_at(&mutex, 0x10), slot);
	ck_assert_ptr_eq(held_find(self, &mutex), slot);
	held_close(self, &mutex + 1, held_closing);
	ck_assert_ptr_eq(held_find(self, &mutex), slot);
}
END_TEST

START_TEST(never_matches_a_lock_that_counts)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct held_slot *slot = held_open(self, &mutex, LOCK_MUTEX, HELD_COUNTED, SITE(0x10));

	ck_assert(!held_matches(slot, &mutex, SITE(0x10)));
	ck_assert_ptr_eq(held_find(self, &mutex), slot);
	held_close(self, &mutex, held_closing);
	ck_assert_ptr_null(held_find(self, &mutex));
}
END_TEST

START_TEST(keeps_a_crowd_apart)
{
	gather_crowd();
	for (size_t i = 0; i < HELD_PROBES; i++)
		ck_assert_ptr_nonnull(open_at(crowd[i], 0x10 + i));
	for (size_t i = 0; i < HELD_PROBES; i++) {
		const struct held_slot *slot = held_find(self, crowd[i]);

		ck_assert_ptr_nonnull(slot);
		ck_assert_ptr_eq(slot->site, (const void *)(0x10 + i));
	}
	held_close(self, crowd[1], held_closing);
	ck_assert_ptr_nonnull(open_at(crowd[HELD_PROBES], 0x99));
	ck_assert_ptr_nonnull(held_find(self, crowd[HELD_PROBES]));
	ck_assert_ptr_null(held_find(self, crowd[1]));
	ck_assert_ptr_nonnull(held_find(self, crowd[0]));
}
END_TEST

START_TEST(gets_another_table_for_a_larger_crowd)
{
	uint32_t cursor = 0;
	size_t seen = 0;
	struct held_slot *slot;

	take_crowd(HELD_PROBES + 3);
	ck_assert_ptr_nonnull(atomic_load(&self->more));
	for (size_t i = 0; i < HELD_PROBES + 3; i++)
		ck_assert_ptr_eq(held_find(self, crowd[i])->site, (const void *)(0x10 + i));
	while ((slot = held_next(self, &cursor))) {
		ck_assert_ptr_eq(held_find(self, held_lock(slot)), slot);
		seen++;
		ck_assert_int_eq(held_kind(self, slot), LOCK_MUTEX);
		ck_assert_uint_eq(*held_flags(self, slot), 0);
	}
	ck_assert_uint_eq(seen, HELD_PROBES + 3);
	ck_assert_uint_eq(self->held.overflowed, 0);
}
END_TEST

START_TEST(uses_the_places_of_further_tables_again)
{
	struct held_slot *slot;

	take_crowd(HELD_PROBES + 2);
	slot = held_find(self, crowd[HELD_PROBES]);
	held_close(self, crowd[HELD_PROBES], held_closing);
	ck_assert_ptr_null(held_find(self, crowd[HELD_PROBES]));
	ck_assert_ptr_eq(open_at(crowd[HELD_PROBES], 0x99), slot);
	/* Open already: not in the place of a claim that is not true any more as well. */
	real.pthread_mutex_unlock(crowd[0]);
	self->crowded = 0;
	ck_assert_ptr_eq(open_at(crowd[HELD_PROBES], 0x9a), slot);
	held_forget(self, crowd[HELD_PROBES]);
	ck_assert_ptr_null(held_find(self, crowd[HELD_PROBES]));
	ck_assert_ptr_nonnull(held_find(self, crowd[HELD_PROBES + 1]));
	held_clear_more(self);
	ck_assert_ptr_null(held_find(self, crowd[HELD_PROBES + 1]));
	ck_assert_ptr_nonnull(held_find(self, crowd[0]));
}
END_TEST

START_TEST(counts_locks_that_find_no_place)
{
	uint32_t placed = 0;

	gather_crowd();
	for (size_t i = 0; i < CROWD; i++) {
		real.pthread_mutex_lock(crowd[i]);
		placed += open_at(crowd[i], 0x10) != NULL;
	}
	ck_assert_uint_eq(self->held.overflowed, CROWD - placed);
	ck_assert_uint_gt(self->held.overflowed, 0);
	ck_assert_uint_gt(placed, CROWD * 3 / 4);
	for (size_t i = 0; i < CROWD; i++)
		placed -= held_find(self, crowd[i]) != NULL;
	ck_assert_uint_eq(placed, 0);
}
END_TEST

/* Another thread unlocked it, or its memory is gone: the slot is only a claim. */
START_TEST(takes_the_place_of_a_claim_that_is_not_true)
{
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct held_slot *slot;

	gather_crowd();
	for (size_t i = 0; i < HELD_PROBES; i++) {
		real.pthread_mutex_lock(crowd[i]);
		open_at(crowd[i], 0x10);
	}
	if (_i == 0)
		real.pthread_mutex_unlock(crowd[2]);
	else {
		munmap(memory, 4096);
		held_find(self, crowd[2])->lock = (uintptr_t)memory;
	}
	slot = open_at(crowd[HELD_PROBES], 0x20);
	ck_assert_ptr_nonnull(slot);
	ck_assert_uint_eq(slot->lock, (uintptr_t)crowd[HELD_PROBES]);
	ck_assert_uint_eq(self->held.overflowed, 0);
	ck_assert_ptr_null(held_find(self, crowd[2]));
	ck_assert_ptr_nonnull(held_find(self, crowd[3]));
}
END_TEST

START_TEST(forgets_a_lock_that_was_made_anew)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;

	open_at(&mutex, 0x10);
	open_at(&other, 0x10);
	held_forget(self, &mutex);
	ck_assert_ptr_null(held_find(self, &mutex));
	ck_assert_ptr_nonnull(held_find(self, &other));
}
END_TEST

/* While handlers of fork run, and in a child that inherited locks. */
START_TEST(hides_its_slots_from_the_fast_path)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
	struct held_slot *slot = open_at(&mutex, 0x10);

	ck_assert_ptr_eq(slot, &held_fast[held_index(&mutex)]);
	held_set_open(&self->held, false);
	ck_assert(!held_matches(slot, &mutex, SITE(0x10)));
	ck_assert_ptr_eq(held_find(self, &mutex), slot);
	ck_assert_ptr_eq(held_lock(slot), &mutex);
	ck_assert(!held_matches(open_at(&other, 0x10), &other, SITE(0x10)));
	held_set_open(&self->held, true);
	ck_assert_ptr_eq(held_find(self, &mutex), slot);
	held_close(self, &mutex, held_closing);
	ck_assert(held_matches(slot, &mutex, SITE(0x10)));
	held_slow_down(moment_next());
	ck_assert(!held_matches(slot, &mutex, SITE(0x10)));
}
END_TEST

START_TEST(keeps_its_slots_without_the_memory_of_the_thread)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, later = PTHREAD_MUTEX_INITIALIZER;
	struct held_slot *slot = open_at(&mutex, 0x10);

	held_detach(&self->held);
	ck_assert(!held_matches(slot, &mutex, SITE(0x10)));
	ck_assert_ptr_ne(held_find(self, &mutex), slot);
	ck_assert_ptr_eq(held_find(self, &mutex)->site, (const void *)0x10);
	ck_assert(!held_matches(open_at(&later, 0x10), &later, SITE(0x10)));
	ck_assert_uint_eq(held_fast[held_index(&later)].lock, 0);
	held_close(self, &mutex, held_closing);
	ck_assert_ptr_null(held_find(self, &mutex));
}
END_TEST

static struct held_table *table_elsewhere(struct held_slot *fast)
{
	static struct held_table table;
	pthread_mutex_t *mutex = (pthread_mutex_t *)0x1000;

	table = (struct held_table){.used = 3 | (uint64_t)1 << HELD_FAST, .fast = fast};
	table.slots[0].lock = (uintptr_t)mutex;
	return &table;
}

START_TEST(reads_the_slots_of_a_thread_that_is_not_there)
{
	struct held_slot fast[HELD_FAST] = {{.lock = 0x2000}};
	struct held_table *table = table_elsewhere(fast);

	held_freeze(table, true);
	fast[0].lock = 0;
	ck_assert_uint_eq(held_slot(table, 0)->lock, 0x2000);
	ck_assert_uint_eq(held_slot(table, HELD_FAST)->lock, 0x1000);
	ck_assert_uint_eq(table->overflowed, 0);
	ck_assert_uint_eq(table->used, 3 | (uint64_t)1 << HELD_FAST);
}
END_TEST

START_TEST(counts_the_slots_that_a_thread_took_with_it)
{
	struct held_slot *gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct held_table *table = table_elsewhere(gone);

	/* Alive at the clone, but its memory is kept from children; or ended before. */
	held_freeze(table, _i == 0);
	ck_assert_uint_eq(table->overflowed, _i == 0 ? 2 : 0);
	ck_assert_uint_eq(table->used, (uint64_t)1 << HELD_FAST);
	ck_assert_uint_eq(held_slot(table, 0)->lock, 0);
	munmap(gone, 4096);
}
END_TEST

START_TEST(remembers_what_handlers_of_fork_took)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct held_slot *slot;

	self->fork_depth = 1;
	slot = open_at(&mutex, 0x10);
	ck_assert_int_eq(self->held.flags[held_number(&self->held, slot)], HELD_FROM_HANDLER);
	self->fork_depth = 0;
	open_at(&mutex, 0x10);
	ck_assert_int_eq(self->held.flags[held_number(&self->held, slot)], 0);
}
END_TEST

/* --- whose lock it is --------------------------------------------------------- */

struct mutex_type {
	int type, robust, protocol, shared;
	bool crosses;
};

static const struct mutex_type types[] = {
	{PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE, 0, true},
	{PTHREAD_MUTEX_ADAPTIVE_NP, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE, 0, true},
	{PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE, 0, false},
	{PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE, 0, false},
	{PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE, 0, false},
	{PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT, 0, false},
	{PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_INHERIT, 1, false},
	{PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE, 1, true},
	{PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_PROTECT, 0, false},
};

static void make_mutex(pthread_mutex_t *mutex, const struct mutex_type *type)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	ck_assert_int_eq(pthread_mutexattr_settype(&attributes, type->type), 0);
	ck_assert_int_eq(pthread_mutexattr_setrobust(&attributes, type->robust), 0);
	ck_assert_int_eq(pthread_mutexattr_setprotocol(&attributes, type->protocol), 0);
	ck_assert_int_eq(pthread_mutexattr_setpshared(&attributes, type->shared), 0);
	ck_assert_int_eq(shim_pthread_mutex_init(mutex, &attributes), 0);
}

START_TEST(reads_the_owner_that_libc_wrote)
{
	pthread_mutex_t mutex;

	make_mutex(&mutex, &types[_i]);
	ck_assert_int_eq(of_mutexes->owner(&mutex), 0);
	ck_assert_int_eq(lock_is_shared(of_mutexes, &mutex, &mutex), types[_i].shared);
	ck_assert_int_eq(of_mutexes->crosses_fork(&mutex), types[_i].crosses);
	/* Raising the priority to the ceiling may not be allowed. */
	if (real.pthread_mutex_lock(&mutex))
		return;
	ck_assert_int_eq(of_mutexes->owner(&mutex), gettid());
	real.pthread_mutex_unlock(&mutex);
	ck_assert_int_eq(of_mutexes->owner(&mutex), 0);
}
END_TEST

/* The word carries bits of its own beside the owner. */
START_TEST(reads_the_owner_of_a_contended_lock)
{
	pthread_mutex_t mutex;

	make_mutex(&mutex, &types[4]);
	mutex.__data.__lock = (int)(FUTEX_WAITERS | 1234);
	ck_assert_int_eq(of_mutexes->owner(&mutex), 1234);
	mutex.__data.__lock = (int)(FUTEX_WAITERS | FUTEX_OWNER_DIED);
	ck_assert_int_eq(of_mutexes->owner(&mutex), 0);
	make_mutex(&mutex, &types[0]);
	mutex.__data.__lock = 2;
	mutex.__data.__owner = 1234;
	ck_assert_int_eq(of_mutexes->owner(&mutex), 1234);
	/* The owner is written after the word and cleared before it. */
	mutex.__data.__lock = 0;
	ck_assert_int_eq(of_mutexes->owner(&mutex), 0);
}
END_TEST

static void *lock_and_end(void *mutex)
{
	real.pthread_mutex_lock(mutex);
	return NULL;
}

START_TEST(reads_no_owner_where_the_owner_died)
{
	pthread_mutex_t mutex;
	pthread_t thread;

	make_mutex(&mutex, &types[4]);
	real.pthread_create(&thread, NULL, lock_and_end, &mutex);
	pthread_join(thread, NULL);
	ck_assert_int_eq(of_mutexes->owner(&mutex), 0);
}
END_TEST

static pthread_mutex_t waited_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static _Atomic bool is_waiting;

static void *wait_for_condition(void *nothing)
{
	(void)nothing;
	real.pthread_mutex_lock(&waited_mutex);
	atomic_store(&is_waiting, true);
	real.pthread_cond_wait(&condition, &waited_mutex);
	real.pthread_mutex_unlock(&waited_mutex);
	return NULL;
}

START_TEST(reads_no_owner_while_a_condition_is_waited_for)
{
	pthread_t thread;

	real.pthread_create(&thread, NULL, wait_for_condition, NULL);
	while (!atomic_load(&is_waiting))
		sched_yield();
	/* It can be had only once the wait has given it up. */
	real.pthread_mutex_lock(&waited_mutex);
	ck_assert_int_eq(of_mutexes->owner(&waited_mutex), gettid());
	real.pthread_mutex_unlock(&waited_mutex);
	ck_assert_int_eq(of_mutexes->owner(&waited_mutex), 0);
	pthread_cond_signal(&condition);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(believes_the_word_and_not_the_slot)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	_Alignas(16) unsigned char state[SESSION_LOCK_STATE_MAX];
	struct held_slot slot = {.lock = (uintptr_t)&mutex, .since = 1};
	pid_t tid = gettid();

	ck_assert(!lock_is_held(&slot, LOCK_MUTEX, tid, NULL));
	real.pthread_mutex_lock(&mutex);
	ck_assert(lock_is_held(&slot, LOCK_MUTEX, tid, NULL));
	ck_assert(lock_is_held(&slot, LOCK_MUTEX, tid, state));
	ck_assert_mem_eq(state, &mutex, sizeof(mutex));
	ck_assert(!lock_is_held(&slot, LOCK_MUTEX, tid + 1, NULL));
	ck_assert(!lock_is_held(&slot, 0, tid, NULL));
	ck_assert(!lock_is_held(&slot, LOCK_KINDS, tid, NULL));
	slot.lock |= 1; /* a lock that counts */
	ck_assert(lock_is_held(&slot, LOCK_MUTEX, tid, NULL));
	slot.since = 0;
	ck_assert(!lock_is_held(&slot, LOCK_MUTEX, tid, NULL));
	slot = (struct held_slot){.lock = 0, .since = 1};
	ck_assert(!lock_is_held(&slot, LOCK_MUTEX, tid, NULL));
	slot.lock = 8; /* no memory */
	ck_assert(!lock_is_held(&slot, LOCK_MUTEX, 0, NULL));
}
END_TEST

START_TEST(knows_where_a_lock_was_initialised)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
	session_reference first, second;

	ck_assert_uint_eq(lock_initialised_at(&mutex), 0);
	lock_initialised(self, &mutex, false, SITE(0x10));
	first = lock_initialised_at(&mutex);
	ck_assert_uint_ne(first, 0);
	ck_assert_uint_eq(lock_initialised_at(&other), 0);
	lock_initialised(self, &other, false, SITE(0x10));
	/* The same line: the same record. */
	ck_assert_uint_eq(lock_initialised_at(&other), first);
	lock_forgotten(&mutex);
	ck_assert_uint_eq(lock_initialised_at(&mutex), 0);
	second = lock_initialised_at(&other);
	ck_assert_uint_eq(second, first);
	lock_forgotten(&mutex);
}
END_TEST

/* More locks than the table has room for: some are forgotten, none is confused. */
START_TEST(knows_which_locks_are_private)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	ck_assert(!lock_initialised_private(&mutex));
	lock_initialised(self, &mutex, true, SITE(0x10));
	ck_assert(lock_initialised_private(&mutex));
	ck_assert_uint_le(lock_initialised_at(&mutex), session.header->cells_count);
	lock_initialised(self, &mutex, false, SITE(0x10));
	ck_assert(!lock_initialised_private(&mutex));
}
END_TEST

/* The bit that libc sets in every robust mutex says nothing where nobody saw it made. */
START_TEST(takes_an_unknown_robust_mutex_for_shared)
{
	pthread_mutex_t mutex;

	make_mutex(&mutex, &types[4]);
	ck_assert(!lock_is_shared(of_mutexes, &mutex, &mutex));
	lock_forgotten(&mutex);
	ck_assert(lock_is_shared(of_mutexes, &mutex, &mutex));
}
END_TEST

START_TEST(confuses_no_locks_when_its_table_is_full)
{
	static pthread_mutex_t mutexes[INITIALISED_LOCKS * 2];
	session_reference first;
	size_t known = 0;

	lock_initialised(self, &mutexes[0], false, SITE(0x10));
	first = lock_initialised_at(&mutexes[0]);
	lock_forgotten(&mutexes[0]);
	for (size_t i = 0; i < INITIALISED_LOCKS * 2; i++)
		lock_initialised(self, &mutexes[i], false, SITE(0x10));
	for (size_t i = 0; i < INITIALISED_LOCKS * 2; i++) {
		session_reference at = lock_initialised_at(&mutexes[i]);

		if (at && at != first)
			ck_abort_msg("not where it was initialised");
		known += at != 0;
	}
	ck_assert_uint_ge(known, INITIALISED_LOCKS / 2);
	ck_assert_uint_le(known, INITIALISED_LOCKS);
}
END_TEST

/* --- the wrappers --------------------------------------------------------------- */

/* In a function of its own, so that every pass has the same call site. */
static __attribute__((noinline)) int lock_here(pthread_mutex_t *mutex)
{
	int result = shim_pthread_mutex_lock(mutex);

	__asm__ volatile("");
	return result;
}

START_TEST(holds_from_lock_to_unlock)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	const struct held_slot *slot = NULL;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(lock_here(&mutex), 0);
		ck_assert(!slot || held_find(self, &mutex) == slot);
		slot = held_find(self, &mutex);
		ck_assert_ptr_nonnull(slot);
		ck_assert(lock_is_held(slot, LOCK_MUTEX, gettid(), NULL));
		ck_assert_int_eq(shim_pthread_mutex_unlock(&mutex), 0);
		ck_assert_ptr_null(held_find(self, &mutex));
	}
}
END_TEST

START_TEST(holds_a_recursive_mutex_until_the_last_unlock)
{
	const struct held_slot *slot;
	pthread_mutex_t mutex;
	const void *site;

	make_mutex(&mutex, &types[2]);
	/* The first round goes the slow way, the others need not. */
	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(lock_here(&mutex), 0);
		slot = held_find(self, &mutex);
		ck_assert_ptr_nonnull(slot);
		site = slot->site;
		ck_assert_int_eq(shim_pthread_mutex_lock(&mutex), 0);
		ck_assert_int_eq(shim_pthread_mutex_trylock(&mutex), 0);
		/* Where it was first taken. */
		ck_assert_ptr_eq(held_find(self, &mutex)->site, site);
		for (int i = 0; i < 2; i++) {
			ck_assert_int_eq(shim_pthread_mutex_unlock(&mutex), 0);
			ck_assert_ptr_nonnull(held_find(self, &mutex));
		}
		ck_assert_int_eq(shim_pthread_mutex_unlock(&mutex), 0);
		ck_assert_ptr_null(held_find(self, &mutex));
		ck_assert_int_eq(of_mutexes->owner(&mutex), 0);
	}
}
END_TEST

static void *hold(void *mutex)
{
	real.pthread_mutex_lock(mutex);
	atomic_store(&is_waiting, true);
	for (;;)
		pause();
	return NULL;
}

START_TEST(holds_nothing_that_it_did_not_get)
{
	struct timespec past = {1, 0};
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_t thread;

	real.pthread_create(&thread, NULL, hold, &mutex);
	while (!atomic_load(&is_waiting))
		sched_yield();
	ck_assert_int_eq(shim_pthread_mutex_trylock(&mutex), EBUSY);
	ck_assert_ptr_null(held_find(self, &mutex));
	ck_assert_int_eq(shim_pthread_mutex_timedlock(&mutex, &past), ETIMEDOUT);
	ck_assert_ptr_null(held_find(self, &mutex));
	ck_assert_int_eq(shim_pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past), ETIMEDOUT);
	ck_assert_ptr_null(held_find(self, &mutex));
}
END_TEST

START_TEST(holds_what_it_tried_or_waited_for_with_a_limit)
{
	struct timespec past = {1, 0};
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	int result = _i == 0   ? shim_pthread_mutex_trylock(&mutex)
		     : _i == 1 ? shim_pthread_mutex_timedlock(&mutex, &past)
			       : shim_pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past);

	ck_assert_int_eq(result, 0);
	ck_assert_ptr_nonnull(held_find(self, &mutex));
	ck_assert_int_eq(shim_pthread_mutex_unlock(&mutex), 0);
	ck_assert_ptr_null(held_find(self, &mutex));
}
END_TEST

START_TEST(passes_every_result_on)
{
	pthread_mutex_t mutex;
	pthread_t thread;

	make_mutex(&mutex, &types[3]);
	ck_assert_int_eq(shim_pthread_mutex_unlock(&mutex), EPERM);
	ck_assert_int_eq(shim_pthread_mutex_lock(&mutex), 0);
	ck_assert_int_eq(shim_pthread_mutex_lock(&mutex), EDEADLK);
	ck_assert_ptr_nonnull(held_find(self, &mutex));
	ck_assert_int_eq(shim_pthread_mutex_unlock(&mutex), 0);

	make_mutex(&mutex, &types[4]);
	real.pthread_create(&thread, NULL, lock_and_end, &mutex);
	pthread_join(thread, NULL);
	ck_assert_int_eq(shim_pthread_mutex_lock(&mutex), EOWNERDEAD);
	/* It is had nevertheless. */
	ck_assert_ptr_nonnull(held_find(self, &mutex));
	ck_assert_int_eq(shim_pthread_mutex_unlock(&mutex), 0);
	ck_assert_int_eq(shim_pthread_mutex_lock(&mutex), ENOTRECOVERABLE);
	ck_assert_ptr_null(held_find(self, &mutex));
}
END_TEST

START_TEST(leaves_errno_alone)
{
	pthread_mutex_t mutex;

	errno = 77;
	shim_pthread_mutex_init(&mutex, NULL);
	lock_here(&mutex);
	shim_pthread_mutex_unlock(&mutex);
	shim_pthread_mutex_trylock(&mutex);
	shim_pthread_mutex_unlock(&mutex);
	shim_pthread_mutex_destroy(&mutex);
	ck_assert_int_eq(errno, 77);
}
END_TEST

START_TEST(starts_anew_with_an_initialised_mutex)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	lock_here(&mutex);
	ck_assert_ptr_nonnull(held_find(self, &mutex));
	ck_assert_int_eq(shim_pthread_mutex_init(&mutex, NULL), 0);
	ck_assert_ptr_null(held_find(self, &mutex));
	ck_assert_uint_ne(lock_initialised_at(&mutex), 0);
	ck_assert_int_eq(shim_pthread_mutex_destroy(&mutex), 0);
	ck_assert_uint_eq(lock_initialised_at(&mutex), 0);
}
END_TEST

START_TEST(asks_before_it_waits_in_a_child_that_inherits)
{
	struct timespec past = {1, 0};
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_t thread;

	real.pthread_create(&thread, NULL, hold, &mutex);
	while (!atomic_load(&is_waiting))
		sched_yield();
	shim_pthread_mutex_trylock(&mutex);
	ck_assert_int_eq(child_calls.waits, 0);
	process.inherits = true;
	thread_renew_fast(self);
	ck_assert(!self->held.is_open);

	ck_assert_int_eq(shim_pthread_mutex_trylock(&mutex), EBUSY);
	ck_assert_int_eq(child_calls.waits, 1);
	ck_assert_int_eq(child_calls.ends, 1);
	ck_assert_int_eq(child_calls.result, EBUSY);
	ck_assert_int_eq(child_calls.operation, OPERATION_TRYLOCK);
	ck_assert_uint_eq(child_calls.flags, WAIT_TRY);
	ck_assert_ptr_eq(child_calls.lock, &mutex);
	ck_assert_int_eq(shim_pthread_mutex_timedlock(&mutex, &past), ETIMEDOUT);
	ck_assert_int_eq(child_calls.operation, OPERATION_TIMEDLOCK);
	ck_assert_uint_eq(child_calls.flags, WAIT_TIMED);
	ck_assert_int_eq(child_calls.ends, 2);
}
END_TEST

START_TEST(does_not_ask_for_a_lock_that_is_free)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	process.inherits = true;
	thread_renew_fast(self);
	ck_assert_int_eq(shim_pthread_mutex_lock(&mutex), 0);
	ck_assert_int_eq(child_calls.waits, 0);
	ck_assert_ptr_nonnull(held_find(self, &mutex));
	ck_assert_int_eq(shim_pthread_mutex_unlock(&mutex), 0);
	ck_assert_int_eq(child_calls.touches, 1);
	ck_assert_int_eq(child_calls.operation, OPERATION_UNLOCK);
	ck_assert_int_eq(child_calls.result, 0);
	ck_assert_ptr_null(held_find(self, &mutex));
}
END_TEST

/* What could not be given back stays in the table. */
START_TEST(keeps_what_a_child_could_not_unlock)
{
	pthread_mutex_t mutex;

	make_mutex(&mutex, &types[3]);
	ck_assert_int_eq(shim_pthread_mutex_lock(&mutex), 0);
	mutex.__data.__owner++; /* as after a fork: the owner's id is another */
	process.inherits = true;
	thread_renew_fast(self);
	ck_assert_int_eq(shim_pthread_mutex_unlock(&mutex), EPERM);
	ck_assert_int_eq(child_calls.result, EPERM);
	ck_assert_ptr_nonnull(held_find(self, &mutex));
}
END_TEST

/* --- snapshots ------------------------------------------------------------------ */

static size_t count_snapshots(void)
{
	size_t count = 0;

	for (size_t i = 0; i < SNAPSHOTS; i++)
		count += self->snapshots[i].length > 0;
	return count;
}

START_TEST(takes_one_snapshot_of_a_call_site)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
	const struct snapshot *snapshot;

	ck_assert_ptr_null(capture_find(self, (const void *)0x10, (const void *)0x7000));
	open_at(&mutex, 0x10);
	snapshot = capture_find(self, (const void *)0x10, (const void *)0x7000);
	ck_assert_ptr_nonnull(snapshot);
	ck_assert_uint_gt(snapshot->length, 64);
	ck_assert_uint_le(snapshot->length, SESSION_SNAPSHOT_MAX);
	ck_assert_uint_eq(snapshot->address, snapshot->registers.sp);
	ck_assert_uint_ne(snapshot->registers.pc, 0);
	open_at(&other, 0x10);
	ck_assert_ptr_eq(capture_find(self, (const void *)0x10, (const void *)0x7000), snapshot);
	ck_assert_uint_eq(count_snapshots(), 1);
	/* The same line at another depth is another call site. */
	ck_assert_ptr_null(capture_find(self, (const void *)0x10, (const void *)0x6000));
}
END_TEST

START_TEST(keeps_the_snapshot_of_a_lock_that_is_held)
{
	static pthread_mutex_t held_mutex, busy[1000];
	struct call_site site = SITE(0x10);

	real.pthread_mutex_lock(&held_mutex);
	held_open(self, &held_mutex, LOCK_MUTEX, HELD_PLAIN, site);
	for (uintptr_t i = 0; i < 1000; i++) {
		open_at(&busy[i], 0x1000 + 16 * i);
		held_close(self, &busy[i], held_closing);
	}
	ck_assert_ptr_nonnull(capture_find(self, site.address, site.sp));
}
END_TEST

START_TEST(finds_places_within_the_table)
{
	uint64_t state = 3;

	for (int i = 0; i < 10000; i++)
		if (capture_index((const void *)support_random(&state),
				  (const void *)support_random(&state)) >= SNAPSHOTS)
			ck_abort_msg("beyond the table");
}
END_TEST

/* --- what reaches the log --------------------------------------------------------- */

START_TEST(records_a_held_lock_once)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	session_reference reference, again, other;
	const struct record_held *record;
	struct held_slot *slot;

	shim_pthread_setname_np(pthread_self(), "holder");
	lock_here(&mutex);
	slot = held_find(self, &mutex);
	lock_initialised(self, &mutex, false, SITE(0x55));
	reference = held_record(self, slot, 9, 0, &mutex, sizeof(mutex));
	again = held_record(self, slot, 9, 0, &mutex, sizeof(mutex));
	other = held_record(self, slot, 10, HELD_BY_FORKER, &mutex, sizeof(mutex));
	ck_assert_uint_ne(reference, 0);
	ck_assert_uint_eq(again, reference);
	ck_assert_uint_ne(other, reference);
	ck_assert_uint_ne(held_record(self, slot, 10, 0, &mutex, sizeof(mutex)), reference);
	ck_assert_uint_eq(reader_count(&reader, reference), 2);

	model_update(&model);
	record = model_held(&model, reference);
	ck_assert_ptr_nonnull(record);
	ck_assert_uint_eq(record->fork, 9);
	ck_assert_uint_eq(record->lock, (uintptr_t)&mutex);
	ck_assert_uint_eq(record->kind, LOCK_MUTEX);
	ck_assert_uint_eq(record->flags, 0);
	ck_assert_uint_eq(record->site, (uintptr_t)slot->site);
	ck_assert_uint_eq(record->site_sp, (uintptr_t)slot->sp);
	ck_assert_uint_eq(record->since_ns, slot->since);
	ck_assert_uint_eq(record->state_length, sizeof(mutex));
	ck_assert_mem_eq(record->state, &mutex, sizeof(mutex));
	ck_assert_int_eq(model_thread(&model, record->thread)->tid, gettid());
	ck_assert_str_eq(model_thread(&model, record->thread)->name, "holder");
	ck_assert_ptr_nonnull(model_stack(&model, record->acquired));
	ck_assert_ptr_nonnull(model_stack(&model, record->frozen));
	ck_assert_ptr_nonnull(model_stack(&model, record->initialised));
	ck_assert_uint_eq(model_stack(&model, record->frozen)->address, record->site_sp);
	ck_assert_uint_eq(model_held(&model, other)->flags, HELD_BY_FORKER);
	ck_assert_uint_eq(reader_lost(&reader), 0);
}
END_TEST

START_TEST(records_no_more_state_than_there_is_room_for)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	unsigned char state[SESSION_LOCK_STATE_MAX + 50];
	session_reference reference;

	memset(state, 7, sizeof(state));
	lock_here(&mutex);
	reference = held_record(self, held_find(self, &mutex), 9, 0, state, sizeof(state));
	model_update(&model);
	ck_assert_uint_eq(model_held(&model, reference)->state_length, SESSION_LOCK_STATE_MAX);
	ck_assert_uint_eq(model_held(&model, reference)->initialised, 0);
}
END_TEST

/* --- threads ---------------------------------------------------------------------- */

struct started {
	struct thread *thread;
	_Atomic bool lives, may_end;
	uint64_t used; /* slots at the start */
};

static void *live_a_while(void *data)
{
	struct started *started = data;

	started->thread = thread_current();
	atomic_store(&started->lives, true);
	while (!atomic_load(&started->may_end))
		sched_yield();
	return started;
}

static void *lock_and_live(void *data)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct started *started = data;

	started->thread = thread_current();
	started->used = started->thread->held.used;
	shim_pthread_mutex_lock(&mutex);
	shim_pthread_mutex_unlock(&mutex);
	return NULL;
}

static int live_a_while_c11(void *data)
{
	live_a_while(data);
	return 7;
}

START_TEST(knows_a_thread_from_its_start_to_its_end)
{
	struct started started = {0};
	session_reference reference;
	const struct record_thread *record;
	uint32_t generation = thread_generation();
	pthread_t id;
	void *result;

	ck_assert_int_eq(shim_pthread_create(&id, NULL, live_a_while, &started), 0);
	while (!atomic_load(&started.lives))
		sched_yield();
	ck_assert_uint_eq(thread_generation(), generation + 1);
	ck_assert_uint_eq(header_threads(), 1);
	ck_assert_ptr_ne(started.thread, self);
	ck_assert(thread_lives_here(started.thread));
	ck_assert(!thread_is_lost(started.thread));
	ck_assert_int_gt(thread_tid(started.thread), 0);
	ck_assert_int_ne(thread_tid(started.thread), gettid());
	shim_pthread_setname_np(id, "worker");
	model_update(&model);
	ck_assert_uint_eq(model_list(&model, RECORD_STACK)->count, 0);
	kept_flush();
	reference = thread_record(started.thread);
	ck_assert_uint_eq(thread_record(started.thread), reference);
	model_update(&model);
	record = model_thread(&model, reference);
	ck_assert_ptr_nonnull(record);
	ck_assert_str_eq(record->name, "worker");
	ck_assert_uint_eq(record->start_routine, (uintptr_t)live_a_while);
	ck_assert_uint_eq(record->creator, self->serial);
	ck_assert_ptr_nonnull(model_stack(&model, record->created_at));
	ck_assert_uint_eq(model_list(&model, RECORD_USE)->count, 1);

	atomic_store(&started.may_end, true);
	pthread_join(id, &result);
	ck_assert_ptr_eq(result, &started);
	ck_assert(!thread_lives_here(started.thread));
	ck_assert_int_lt(thread_tid(started.thread), 0);
}
END_TEST

START_TEST(passes_the_result_of_a_c11_thread_on)
{
	struct started started = {.may_end = true};
	thrd_t id;
	int result = 0;

	ck_assert_int_eq(shim_thrd_create(&id, live_a_while_c11, &started), thrd_success);
	ck_assert_int_eq(thrd_join(id, &result), thrd_success);
	ck_assert_int_eq(result, 7);
	ck_assert_ptr_nonnull(started.thread);
}
END_TEST

static bool count_block(struct thread *thread, void *count)
{
	(void)thread;
	++*(size_t *)count;
	return true;
}

START_TEST(uses_the_block_of_a_thread_that_ended_again)
{
	size_t count = 0;

	for (int i = 0; i < 500; i++) {
		struct started started = {0};
		pthread_t id;

		ck_assert_int_eq(shim_pthread_create(&id, NULL, lock_and_live, &started), 0);
		pthread_join(id, NULL);
		ck_assert_uint_eq(started.used, 0);
		ck_assert_uint_ne(started.thread->held.used, 0);
	}
	thread_each(count_block, &count);
	ck_assert_uint_le(count, SLAB_THREADS);
}
END_TEST

/* Many at once: more than the first blocks, which come with the shim. */
START_TEST(gives_the_blocks_of_ended_threads_back)
{
	enum { MANY = 200 };
	static struct started started[MANY];
	static pthread_t ids[MANY];
	struct thread *last;
	size_t before = 0, blocks = 0;

	thread_each(count_block, &before);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(shim_pthread_create(&ids[i], NULL, live_a_while, &started[i]), 0);
	for (int i = 0; i < MANY; i++)
		while (!atomic_load(&started[i].lives))
			sched_yield();
	last = started[MANY - 1].thread;
	thread_sweep();
	thread_each(count_block, &blocks);
	ck_assert_uint_eq(blocks, before + MANY);
	for (int i = 0; i < MANY; i++) {
		atomic_store(&started[i].may_end, true);
		ck_assert_int_eq(pthread_join(ids[i], NULL), 0);
	}
	/* The kernel may list one for a moment longer. */
	for (int i = 0; i < 1000 && blocks != before; i++) {
		usleep(1000);
		thread_sweep();
		blocks = 0;
		thread_each(count_block, &blocks);
	}
	ck_assert_uint_eq(blocks, before);
	/* Its memory is as if it never had been used. */
	ck_assert_uint_eq(last->serial, 0);
	ck_assert(thread_lives_here(self));
	atomic_store(&started[0].may_end, false);
	atomic_store(&started[0].lives, false);
	ck_assert_int_eq(shim_pthread_create(&ids[0], NULL, live_a_while, &started[0]), 0);
	while (!atomic_load(&started[0].lives))
		sched_yield();
	ck_assert(thread_lives_here(started[0].thread));
	atomic_store(&started[0].may_end, true);
	pthread_join(ids[0], NULL);
}
END_TEST

/* In a fork child: its life is locked, and its end noticed, from the next creation on. */
START_TEST(lives_without_a_lock_until_it_creates_a_thread)
{
	struct started started = {.may_end = true};
	pthread_t id;

	process.epoch++;
	thread_in_child(self);
	ck_assert(self->is_alone);
	ck_assert_int_eq(thread_tid(self), getpid());
	ck_assert(thread_lives_here(self));
	ck_assert_int_eq(shim_pthread_create(&id, NULL, live_a_while, &started), 0);
	ck_assert(!self->is_alone);
	ck_assert_int_eq(real.pthread_mutex_trylock(&self->life), EBUSY);
	ck_assert_int_eq(thread_tid(self), getpid());
	pthread_join(id, NULL);
}
END_TEST

START_TEST(gives_the_block_of_a_failed_creation_back)
{
	size_t before = 0, after = 0;
	pthread_attr_t attributes;
	pthread_t id;

	thread_each(count_block, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)1 << 46);
	ck_assert_int_ne(shim_pthread_create(&id, &attributes, live_a_while, NULL), 0);
	thread_each(count_block, &after);
	ck_assert_uint_eq(after, before);
	ck_assert_uint_eq(header_threads(), 0);
}
END_TEST

/* In a fork child only the thread that forked is there. */
START_TEST(tells_lost_threads_from_living_ones)
{
	struct started started = {0};
	pthread_t id;
	pid_t child;
	int status;

	ck_assert_int_eq(shim_pthread_create(&id, NULL, live_a_while, &started), 0);
	while (!atomic_load(&started.lives))
		sched_yield();
	child = fork();
	if (!child) {
		process.epoch++;
		thread_in_child(self);
		_exit(thread_lives_here(self) && !thread_is_lost(self) &&
				      thread_tid(self) == gettid() && thread_current() == self &&
				      !thread_lives_here(started.thread) &&
				      thread_is_lost(started.thread)
			      ? 0
			      : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	atomic_store(&started.may_end, true);
	pthread_join(id, NULL);
}
END_TEST

START_TEST(records_a_thread_that_it_never_met)
{
	session_reference reference = thread_record_unseen(4321, 5);

	ck_assert_uint_eq(thread_record_unseen(4321, 5), reference);
	ck_assert_uint_ne(thread_record_unseen(4322, 5), reference);
	model_update(&model);
	ck_assert_int_eq(model_thread(&model, reference)->tid, 4321);
	ck_assert_uint_eq(model_thread(&model, reference)->flags, THREAD_UNSEEN);
	ck_assert_uint_eq(model_thread(&model, reference)->born_in, 5);
}
END_TEST

START_TEST(cuts_long_names)
{
	shim_prctl(PR_SET_NAME, (unsigned long)"a name that is much too long", 0, 0, 0);
	ck_assert_str_eq(self->name, "a name that is ");
}
END_TEST

/* --- from the outside ------------------------------------------------------------- */

static struct private_facts facts;
static uint64_t published;

static bool read_tables(struct thread_tables *tables)
{
	struct process_facts own = {.serial = 1, .pid = getpid()};

	published = thread_layout();
	facts = (struct private_facts){.magic = PRIVATE_FACTS_MAGIC,
				       .pid = own.pid,
				       .process = own.serial,
				       .threads = published};
	own.private_facts = (uintptr_t)&facts;
	return thread_tables_read(tables, &own, own.pid);
}

/* In its first table, and in one of the others. */
START_TEST(shows_what_a_thread_holds)
{
	static struct thread_tables tables;
	const struct table_thread *thread;
	struct table_claim claim;
	struct snapshot snapshot;

	take_crowd(_i ? 2 * HELD_PROBES : 1);
	ck_assert(read_tables(&tables));
	thread = thread_tables_find(&tables, gettid());
	ck_assert_ptr_nonnull(thread);
	ck_assert_ptr_eq(thread, thread_tables_find_self(&tables, pthread_self()));
	ck_assert_uint_eq(thread->serial, self->serial);
	for (size_t i = 0; i < (_i ? 2 * HELD_PROBES : 1); i++) {
		ck_assert(thread_tables_find_claim(&tables, thread, (uintptr_t)crowd[i], &claim));
		ck_assert_uint_eq(claim.site, 0x10 + i);
		ck_assert_uint_eq(claim.kind, LOCK_MUTEX);
	}
	ck_assert(!thread_tables_find_claim(&tables, thread, (uintptr_t)&tables, &claim));
	claim.site = 1;
	ck_assert(!thread_tables_find_snapshot(&tables, thread, &claim, &snapshot));
	held_close(self, crowd[0], held_closing);
	ck_assert(!thread_tables_find_claim(&tables, thread, (uintptr_t)crowd[0], &claim));
}
END_TEST

START_TEST(shows_what_is_tried_for_in_a_fork)
{
	static struct thread_tables tables;
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct tried_lock tried;

	shim_pthread_mutex_lock(&mutex);
	shim_pthread_mutex_trylock(&mutex);
	ck_assert(read_tables(&tables));
	ck_assert(
		!thread_tables_find_tried(&tables, thread_tables_find(&tables, gettid()), &tried));
	self->fork_depth = 1;
	for (int i = 0; i < 3; i++)
		shim_pthread_mutex_trylock(&mutex);
	ck_assert(thread_tables_find_tried(&tables, thread_tables_find(&tables, gettid()), &tried));
	ck_assert_uint_eq(tried.lock, (uintptr_t)&mutex);
	ck_assert_uint_eq(tried.kind, LOCK_MUTEX);
	ck_assert_uint_eq(tried.count, 3);
	shim_pthread_mutex_unlock(&mutex);
	shim_pthread_mutex_trylock(&mutex);
	ck_assert(
		!thread_tables_find_tried(&tables, thread_tables_find(&tables, gettid()), &tried));
	self->fork_depth = 0;
}
END_TEST

static void on_alarm(int signal)
{
	(void)signal;
}

/* A wait that a signal has ended was no try in vain. */
START_TEST(counts_no_interrupted_wait_as_a_try)
{
	static struct thread_tables tables;
	struct sigaction action = {.sa_handler = on_alarm};
	struct tried_lock tried = {.lock = 0};
	sem_t semaphore;

	sem_init(&semaphore, 0, 0);
	sigaction(SIGALRM, &action, NULL);
	self->fork_depth = 1;
	ualarm(20000, 20000);
	while (shim_sem_wait(&semaphore) == 0 || errno != EINTR)
		;
	ualarm(0, 0);
	ck_assert(read_tables(&tables));
	ck_assert(
		!thread_tables_find_tried(&tables, thread_tables_find(&tables, gettid()), &tried));
	ck_assert_int_eq(shim_sem_trywait(&semaphore), -1);
	ck_assert(thread_tables_find_tried(&tables, thread_tables_find(&tables, gettid()), &tried));
	ck_assert_uint_eq(tried.count, 1);
	self->fork_depth = 0;
}
END_TEST

/* What says where the blocks are may be anything. */
START_TEST(believes_no_table_from_outside)
{
	static struct thread_tables tables;
	struct session_threads *where;

	ck_assert(read_tables(&tables));
	where = (void *)(uintptr_t)published;
	switch (_i) {
	case 0:
		where->block = UINT32_MAX;
		break;
	case 1:
		where->held = where->block;
		break;
	case 2:
		where->first_slab = where->slabs = 8;
		break;
	default:
		where->snapshots = UINT32_MAX - 8;
		break;
	}
	ck_assert(read_tables(&tables) == (_i == 2));
	ck_assert_uint_eq(tables.count, 0);
}
END_TEST

Suite *held_suite(void)
{
	Suite *suite = suite_create("held");
	TCase *table = tcase_create("table"), *owners = tcase_create("owners");
	TCase *wrappers = tcase_create("wrappers"), *records = tcase_create("records");
	TCase *outside = tcase_create("from the outside");
	TCase *threads = tcase_create("threads");

	tcase_add_checked_fixture(table, setup, teardown);
	tcase_add_test(table, spreads_neighbours_over_the_table);
	tcase_add_test(table, opens_finds_and_closes);
	tcase_add_test(table, never_matches_a_lock_that_counts);
	tcase_add_test(table, keeps_a_crowd_apart);
	tcase_add_test(table, gets_another_table_for_a_larger_crowd);
	tcase_add_test(table, uses_the_places_of_further_tables_again);
	tcase_add_test(table, counts_locks_that_find_no_place);
	tcase_add_loop_test(table, takes_the_place_of_a_claim_that_is_not_true, 0, 2);
	tcase_add_test(table, forgets_a_lock_that_was_made_anew);
	tcase_add_test(table, remembers_what_handlers_of_fork_took);
	tcase_add_test(table, hides_its_slots_from_the_fast_path);
	tcase_add_test(table, keeps_its_slots_without_the_memory_of_the_thread);
	tcase_add_test(table, reads_the_slots_of_a_thread_that_is_not_there);
	tcase_add_loop_test(table, counts_the_slots_that_a_thread_took_with_it, 0, 2);
	suite_add_tcase(suite, table);

	tcase_add_checked_fixture(owners, setup, teardown);
	tcase_add_loop_test(owners, reads_the_owner_that_libc_wrote, 0,
			    sizeof(types) / sizeof(*types));
	tcase_add_test(owners, reads_the_owner_of_a_contended_lock);
	tcase_add_test(owners, reads_no_owner_where_the_owner_died);
	tcase_add_test(owners, reads_no_owner_while_a_condition_is_waited_for);
	tcase_add_test(owners, believes_the_word_and_not_the_slot);
	tcase_add_test(owners, knows_where_a_lock_was_initialised);
	tcase_add_test(owners, knows_which_locks_are_private);
	tcase_add_test(owners, takes_an_unknown_robust_mutex_for_shared);
	tcase_add_test(owners, confuses_no_locks_when_its_table_is_full);
	suite_add_tcase(suite, owners);

	tcase_add_checked_fixture(wrappers, setup, teardown);
	tcase_add_test(wrappers, holds_from_lock_to_unlock);
	tcase_add_test(wrappers, holds_a_recursive_mutex_until_the_last_unlock);
	tcase_add_test(wrappers, holds_nothing_that_it_did_not_get);
	tcase_add_loop_test(wrappers, holds_what_it_tried_or_waited_for_with_a_limit, 0, 3);
	tcase_add_test(wrappers, passes_every_result_on);
	tcase_add_test(wrappers, leaves_errno_alone);
	tcase_add_test(wrappers, starts_anew_with_an_initialised_mutex);
	tcase_add_test(wrappers, asks_before_it_waits_in_a_child_that_inherits);
	tcase_add_test(wrappers, does_not_ask_for_a_lock_that_is_free);
	tcase_add_test(wrappers, keeps_what_a_child_could_not_unlock);
	suite_add_tcase(suite, wrappers);

	tcase_add_checked_fixture(records, setup, teardown);
	tcase_add_test(records, takes_one_snapshot_of_a_call_site);
	tcase_add_test(records, keeps_the_snapshot_of_a_lock_that_is_held);
	tcase_add_test(records, finds_places_within_the_table);
	tcase_add_test(records, records_a_held_lock_once);
	tcase_add_test(records, records_no_more_state_than_there_is_room_for);
	suite_add_tcase(suite, records);

	tcase_add_checked_fixture(outside, setup, teardown);
	tcase_add_loop_test(outside, shows_what_a_thread_holds, 0, 2);
	tcase_add_test(outside, shows_what_is_tried_for_in_a_fork);
	tcase_add_test(outside, counts_no_interrupted_wait_as_a_try);
	tcase_add_loop_test(outside, believes_no_table_from_outside, 0, 4);
	suite_add_tcase(suite, outside);

	tcase_set_timeout(threads, 20);
	tcase_add_checked_fixture(threads, setup, teardown);
	tcase_add_test(threads, knows_a_thread_from_its_start_to_its_end);
	tcase_add_test(threads, passes_the_result_of_a_c11_thread_on);
	tcase_add_test(threads, uses_the_block_of_a_thread_that_ended_again);
	tcase_add_test(threads, gives_the_block_of_a_failed_creation_back);
	tcase_add_test(threads, gives_the_blocks_of_ended_threads_back);
	tcase_add_test(threads, lives_without_a_lock_until_it_creates_a_thread);
	tcase_add_test(threads, tells_lost_threads_from_living_ones);
	tcase_add_test(threads, records_a_thread_that_it_never_met);
	tcase_add_test(threads, cuts_long_names);
	suite_add_tcase(suite, threads);
	return suite;
}
