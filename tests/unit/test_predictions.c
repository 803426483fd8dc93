/*
 * FC004 over sessions that are written here by hand: a server whose "logger" uses a mutex before
 * and after forks, and whose children take it. Nothing hangs.
 */
#include "cli/findings/evidence/cut_sections.h"
#include "cli/findings/evidence/predicted_locks.h"
#include "cli/findings/judge.h"
#include "cli/findings/narrow.h"
#include "cli/findings/suppressions.h"
#include "session_builder.h"
#include "suites.h"
#include "support.h"
#include <check.h>
#include <link.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { SERVER = 1, CHILD = 2, OTHER_CHILD = 3, GRANDCHILD = 4 };
enum { MAIN_TID = 100, LOGGER_TID = 101, OTHER_TID = 102 };

#define CELLS 1024

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t name_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t stripe_locks[4];

static __attribute__((noinline)) void log_write(void)
{
	__asm__ volatile("");
}

static __attribute__((noinline)) void start_worker(void)
{
	__asm__ volatile("nop");
}

static __attribute__((noinline)) void start_other(void)
{
	__asm__ volatile("nop\n\tnop");
}

static __attribute__((noinline)) void work(void)
{
	__asm__ volatile("nop\n\tnop\n\tnop");
}

static struct session_builder session;
static struct reader reader;
static struct model model;
static struct arena arena;
static struct finding *findings;
static size_t finding_count;

static struct {
	session_reference main, logger, other, fork;
} scene;

static int take_first_bias(struct dl_phdr_info *info, size_t size, void *bias)
{
	(void)size;
	*(uint64_t *)bias = info->dlpi_addr;
	return 1;
}

static session_reference add_stack(uint32_t process, void (*function)(void))
{
	return session_add(&session, STACK, stack, process,
			   .registers = {.pc = (uintptr_t)function, .sp = 0x7000});
}

static void add_child(uint32_t serial, uint32_t parent, session_reference fork)
{
	session_builder_birth(&session, (struct session_birth){.process = serial,
							       .parent = parent,
							       .image = SERVER,
							       .pid = (int32_t)serial * 100,
							       .fork = fork,
							       .kind = BIRTH_CHILD,
							       .time_ns = session.time_ns});
}

static session_reference add_thread(uint32_t serial, int32_t tid, const char *name)
{
	struct record_thread thread = {.born_in = SERVER,
				       .serial = serial,
				       .tid = tid,
				       .creator = 1,
				       .start_routine = (uintptr_t)log_write};

	strncpy(thread.name, name, sizeof(thread.name) - 1);
	return session_builder_add(&session, RECORD_THREAD, SERVER, &thread, sizeof(thread), NULL,
				   0);
}

static session_reference add_fork(uint32_t parent, session_reference stack, uint64_t count)
{
	struct record_fork fork = {.parent = parent,
				   .parent_pid = (int32_t)parent * 100,
				   .function = FORK_FORK,
				   .thread = scene.main,
				   .stack = stack,
				   .record = {.count = count}};

	return session_builder_add(&session, RECORD_FORK, parent, &fork, sizeof(fork), NULL, 0);
}

static void add_server(void)
{
	static char path[4096];
	uint64_t bias = 0;
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	ck_assert_int_gt(length, 0);
	dl_iterate_phdr(take_first_bias, &bias);
	session_builder_process(&session,
				(struct record_process){.serial = SERVER,
							.image = SERVER,
							.pid = 100,
							.kind = BIRTH_IMAGE,
							.libc_length = 0},
				path);
	session_builder_module(&session, SERVER, path, bias);
	scene.main = session_add(&session, THREAD, thread, SERVER, .born_in = SERVER, .serial = 1,
				 .tid = MAIN_TID, .flags = THREAD_MAIN, .name = "server");
	scene.logger = add_thread(2, LOGGER_TID, "logger");
	scene.other = add_thread(3, OTHER_TID, "other");
}

static void setup(void)
{
	session_builder_open(&session, 16, CELLS);
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	model_init(&model, &reader, NULL);
	arena_init(&arena);
	add_server();
	scene.fork = add_fork(SERVER, add_stack(SERVER, start_worker), 100);
	add_child(CHILD, SERVER, scene.fork);
}

static void teardown(void)
{
	arena_release(&arena);
	model_release(&model);
	reader_close(&reader);
	session_builder_close(&session);
}

static session_reference add_taken(uint32_t process, session_reference fork, const void *lock,
				   uint32_t flags)
{
	return session_add(&session, TAKEN, taken, process, .fork = fork,
			   .stack = add_stack(process, work), .lock = (uintptr_t)lock,
			   .site = (uintptr_t)work + 1, .kind = LOCK_MUTEX, .flags = flags);
}

static session_reference add_section(session_reference thread, const void *lock,
				     enum section_side side, enum section_order order)
{
	uint32_t process = side == SECTION_BEFORE ? CHILD : SERVER;

	return session_add(&session, SECTION, section, process, .fork = scene.fork,
			   .thread = thread, .stack = add_stack(process, log_write),
			   .lock = (uintptr_t)lock, .site = (uintptr_t)log_write + 1,
			   .kind = LOCK_MUTEX, .side = side, .order = order);
}

static struct record_section *section_at(session_reference reference)
{
	return session_builder_cell(&session, reference);
}

/* Both sides free: the child would hang. */
static void add_deadlock(const void *lock)
{
	add_taken(CHILD, scene.fork, lock, 0);
	add_section(scene.logger, lock, SECTION_BEFORE, SECTION_FREE);
	add_section(scene.logger, lock, SECTION_AFTER, SECTION_FREE);
}

static void run_rules(void)
{
	model_update(&model);
	judge(&model, &arena, true, &findings, &finding_count);
}

static size_t count_of(const char *code)
{
	size_t count = 0;

	for (size_t i = 0; i < finding_count; i++)
		count += strcmp(findings[i].code, code) == 0;
	return count;
}

static const struct finding *the(const char *code)
{
	ck_assert_uint_eq(count_of(code), 1);
	for (size_t i = 0; i < finding_count; i++)
		if (strcmp(findings[i].code, code) == 0)
			return &findings[i];
	return NULL;
}

static size_t count_rows(const struct finding *finding)
{
	size_t count = 0;

	for (const struct predicted_lock *lock = finding->locks; lock; lock = lock->next)
		count++;
	return count;
}

/* --- one lock, one thread --------------------------------------------------------------- */

START_TEST(predicts_a_deadlock_with_both_threads)
{
	const struct finding *finding;

	add_deadlock(&log_lock);
	run_rules();
	finding = the("FC004");
	ck_assert_str_eq(finding->name, "reachable-deadlock");
	ck_assert_int_eq(finding->severity, SEVERITY_ERROR);
	ck_assert_int_eq(finding->certainty, CERTAINTY_PREDICTED);
	ck_assert_uint_eq(finding->count, 1);
	ck_assert_int_eq(strncmp(finding->message,
				 "a child would wait for ever for log_lock if fork() came while "
				 "thread \"logger\" is in log_write",
				 92),
			 0);
	ck_assert_str_eq(finding->suppression, "rule:FC004 lock:log_lock");
	ck_assert_str_eq(finding->fork.stack.list[0].function, "start_worker");
	ck_assert_int_eq(finding->fork.pid, 100);
	ck_assert_str_eq(finding->lock.kind, "mutex");
	ck_assert_str_eq(finding->lock.name, "log_lock");
	ck_assert_uint_eq(finding->lock.address, (uintptr_t)&log_lock);
	ck_assert_str_eq(finding->holder.name, "logger");
	ck_assert_str_eq(finding->holder.acquired_at.list[0].function, "log_write");
	ck_assert_str_eq(finding->holder.used, "before this fork and after it");
	ck_assert_double_lt(finding->holder.held_ms, 0);
	ck_assert_int_eq(finding->child.pid, 200);
	ck_assert_str_eq(finding->child.stack.list[0].function, "work");
	ck_assert_str_eq(finding->child.deed, "took log_lock");
	ck_assert_ptr_null(finding->package);
	ck_assert_uint_eq(count_rows(finding), 1);
	ck_assert_str_eq(finding->locks->order, "free");
	ck_assert(finding->remedy.present);
	ck_assert_str_eq(finding->remedy.id, "mutex-lost");
}
END_TEST

static const struct side_case {
	enum section_order before, after; /* 0: there is none */
	int severity;                     /* -1: nothing is said */
} side_cases[] = {
	{SECTION_FREE, SECTION_FREE, SEVERITY_ERROR},
	{0, SECTION_FREE, SEVERITY_ERROR},
	{SECTION_ORDERED, SECTION_FREE, SEVERITY_ERROR},
	{SECTION_GATED, SECTION_FREE, SEVERITY_ERROR},
	{SECTION_FREE, SECTION_ORDERED, SEVERITY_ERROR},
	{SECTION_FREE, SECTION_GATED, SEVERITY_ERROR},
	{SECTION_FREE, SECTION_PERHAPS, SEVERITY_WARNING},
	{SECTION_FREE, 0, SEVERITY_WARNING},
	{SECTION_PERHAPS, 0, SEVERITY_WARNING},
	{0, SECTION_PERHAPS, SEVERITY_WARNING},
	{SECTION_PERHAPS, SECTION_ORDERED, SEVERITY_WARNING},
	{SECTION_ORDERED, SECTION_PERHAPS, SEVERITY_WARNING},
	{SECTION_PERHAPS, SECTION_PERHAPS, SEVERITY_WARNING},
	{SECTION_ORDERED, 0, -1},
	{0, SECTION_ORDERED, -1},
	{SECTION_GATED, 0, -1},
	{SECTION_GATED, SECTION_GATED, -1},
	{SECTION_ORDERED, SECTION_ORDERED, -1},
	{SECTION_ORDERED, SECTION_GATED, -1},
	{0, 0, -1},
};
#define SIDE_CASES (sizeof(side_cases) / sizeof(*side_cases))

START_TEST(tells_threads_apart_by_what_they_run)
{
	struct record_thread *logger = session_builder_cell(&session, scene.logger);

	strcpy(logger->name, "server");
	add_deadlock(&log_lock);
	run_rules();
	ck_assert_ptr_nonnull(
		strstr(the("FC004")->message, " while the thread of log_write() is in log_write"));
}
END_TEST

START_TEST(weighs_both_sides_of_the_fork)
{
	const struct side_case *sides = &side_cases[_i];

	add_taken(CHILD, scene.fork, &log_lock, 0);
	if (sides->before)
		add_section(scene.logger, &log_lock, SECTION_BEFORE, sides->before);
	if (sides->after)
		add_section(scene.logger, &log_lock, SECTION_AFTER, sides->after);
	run_rules();
	if (sides->severity < 0)
		ck_assert_uint_eq(count_of("FC004"), 0);
	else
		ck_assert_int_eq(the("FC004")->severity, sides->severity);
}
END_TEST

/* Of several records of one side the nearest counts. */
START_TEST(takes_the_nearest_of_a_side)
{
	add_taken(CHILD, scene.fork, &log_lock, 0);
	add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_ORDERED);
	add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_ORDERED);
	if (_i) {
		add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
		add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_PERHAPS);
	} else {
		add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	}
	run_rules();
	ck_assert_int_eq(the("FC004")->severity, SEVERITY_ERROR);
}
END_TEST

/* One thread was there before and another one after: neither comes back. */
START_TEST(does_not_mix_threads)
{
	add_taken(CHILD, scene.fork, &log_lock, 0);
	add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	add_section(scene.other, &log_lock, SECTION_AFTER, SECTION_ORDERED);
	run_rules();
	ck_assert_int_eq(the("FC004")->severity, SEVERITY_WARNING);
	ck_assert_str_eq(the("FC004")->holder.name, "logger");
	ck_assert_str_eq(the("FC004")->holder.used, "before this fork");
}
END_TEST

START_TEST(shows_the_thread_that_makes_it_an_error)
{
	add_taken(CHILD, scene.fork, &log_lock, 0);
	add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	add_section(scene.other, &log_lock, SECTION_AFTER, SECTION_FREE);
	run_rules();
	ck_assert_int_eq(the("FC004")->severity, SEVERITY_ERROR);
	ck_assert_str_eq(the("FC004")->holder.name, "other");
	ck_assert_str_eq(the("FC004")->holder.used, "after this fork");
}
END_TEST

/* One that waits behind what the forking thread has is open as well, and not inside. */
START_TEST(takes_a_section_open_at_the_clone_for_a_free_one)
{
	bool is_kept_away = _i;
	session_reference before;

	add_taken(CHILD, scene.fork, &log_lock, 0);
	before = add_section(scene.logger, &log_lock, SECTION_BEFORE,
			     is_kept_away ? SECTION_GATED : SECTION_PERHAPS);
	section_at(before)->flags = SECTION_AT_FORK;
	add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_ORDERED);
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), is_kept_away ? 0 : 1);
	if (is_kept_away)
		return;
	ck_assert_int_eq(the("FC004")->severity, SEVERITY_ERROR);
	ck_assert_str_eq(the("FC004")->locks->order, "free");
}
END_TEST

/* The flag was set in time at the first fork, so that nobody had to wait for it. */
START_TEST(takes_a_line_that_polls_once_for_one_that_polls)
{
	session_reference polled;

	add_deadlock(&log_lock);
	polled = add_section(scene.other, &name_lock, SECTION_BEFORE, SECTION_ORDERED);
	section_at(polled)->flags = SECTION_POLLS;
	run_rules();
	ck_assert_int_eq(the("FC004")->severity, SEVERITY_WARNING);
	ck_assert_str_eq(the("FC004")->locks->order, "perhaps");
	ck_assert_ptr_nonnull(strstr(the("FC004")->why, "polls"));
}
END_TEST

/* A mutex that two threads had used is waited with only after the fork. */
START_TEST(doubts_a_fork_that_came_before_a_mutex_handed_over)
{
	session_reference sections[2];
	session_reference late;

	add_taken(CHILD, scene.fork, &log_lock, 0);
	sections[0] = add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	sections[1] = add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	late = session_add(&session, LATE_ORDER, late_order, SERVER, .lock = (uintptr_t)&name_lock);
	((struct record *)session_builder_cell(&session, late))->time_ns = 1000;
	section_at(sections[0])->newest_ns = section_at(sections[1])->newest_ns = 999 + (_i == 1);
	if (_i == 2) {
		/* At a later fork it is known that they are kept apart. */
		sections[0] = add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_ORDERED);
		section_at(sections[0])->newest_ns = 1001;
	}
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), _i < 2);
	if (_i == 0)
		ck_assert_ptr_nonnull(strstr(the("FC004")->why, "tell each other"));
	if (_i < 2)
		ck_assert_int_eq(the("FC004")->severity, _i ? SEVERITY_ERROR : SEVERITY_WARNING);
}
END_TEST

START_TEST(says_nothing_where_no_child_takes_it)
{
	add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	if (_i == 1)
		add_taken(CHILD, scene.fork, &name_lock, 0);
	if (_i == 2)
		add_taken(CHILD, scene.fork, &log_lock, TAKEN_BOUNDED);
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), 0);
}
END_TEST

START_TEST(says_nothing_of_a_lock_of_another_kind)
{
	session_reference taken;

	add_deadlock(&log_lock);
	taken = add_taken(CHILD, scene.fork, &name_lock, 0);
	((struct record_taken *)session_builder_cell(&session, taken))->kind = LOCK_SPIN;
	add_section(scene.logger, &name_lock, SECTION_AFTER, SECTION_FREE);
	run_rules();
	ck_assert_uint_eq(count_rows(the("FC004")), 1);
}
END_TEST

START_TEST(lets_readers_read)
{
	bool child_writes = _i & 1, thread_writes = _i & 2;
	session_reference sections[2];

	add_taken(CHILD, scene.fork, &log_lock, TAKEN_FOR_READING);
	if (child_writes)
		add_taken(CHILD, scene.fork, &log_lock, 0);
	sections[0] = add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	sections[1] = add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	for (int i = 0; i < 2 && !thread_writes; i++)
		section_at(sections[i])->flags = SECTION_READS;
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), child_writes || thread_writes);
}
END_TEST

/* It wrote before the fork and only reads after it: the reader that it meets goes on. */
START_TEST(counts_only_sections_that_stand_in_the_way)
{
	session_reference after;

	add_taken(CHILD, scene.fork, &log_lock, TAKEN_FOR_READING);
	add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	after = add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	section_at(after)->flags = SECTION_READS;
	run_rules();
	ck_assert_int_eq(the("FC004")->severity, SEVERITY_WARNING);
}
END_TEST

/* --- lines of forks ---------------------------------------------------------------------- */

START_TEST(joins_the_forks_of_one_line)
{
	const struct record_fork *first = session_builder_cell(&session, scene.fork);
	session_reference again = add_fork(SERVER, first->stack, 1);

	add_child(OTHER_CHILD, SERVER, again);
	add_taken(OTHER_CHILD, again, &log_lock, 0);
	add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	run_rules();
	ck_assert_int_eq(the("FC004")->severity, SEVERITY_ERROR);
}
END_TEST

START_TEST(keeps_two_lines_apart)
{
	session_reference other = add_fork(SERVER, add_stack(SERVER, start_other), 1);

	add_child(OTHER_CHILD, SERVER, other);
	add_taken(OTHER_CHILD, other, &log_lock, 0);
	add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), 0);
}
END_TEST

/* The thread was lost by the first fork, and the grandchild takes the lock. */
START_TEST(finds_what_a_grandchild_takes)
{
	session_reference fork = add_fork(CHILD, add_stack(CHILD, start_other), 1);
	const struct finding *finding;

	add_child(GRANDCHILD, CHILD, fork);
	add_taken(GRANDCHILD, fork, &log_lock, 0);
	add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	run_rules();
	finding = the("FC004");
	ck_assert_int_eq(finding->fork.pid, 100);
	ck_assert(finding->last_fork.present);
	ck_assert_int_eq(finding->child.pid, 400);
}
END_TEST

START_TEST(does_not_believe_wrong_references)
{
	session_reference before, after;

	add_taken(CHILD, scene.fork, &log_lock, 0);
	before = add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	after = add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	section_at(before)->thread = scene.fork;
	if (_i)
		section_at(after)->fork = scene.logger;
	else
		section_at(after)->side = 77;
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), 0);
}
END_TEST

/* --- what other rules say ----------------------------------------------------------------- */

static session_reference add_held(const void *lock, uint32_t flags)
{
	return session_add(&session, HELD, held, CHILD, .fork = scene.fork, .thread = scene.logger,
			   .lock = (uintptr_t)lock, .kind = LOCK_MUTEX, .flags = flags,
			   .state_length = sizeof(pthread_mutex_t));
}

START_TEST(is_silent_beside_a_hang)
{
	add_deadlock(&log_lock);
	session_add(&session, WAIT, wait, CHILD, .fork = scene.fork, .held = add_held(&log_lock, 0),
		    .stack = add_stack(CHILD, work), .lock = (uintptr_t)&log_lock,
		    .kind = LOCK_MUTEX, .owner = LOGGER_TID, .tid = 200,
		    .operation = OPERATION_LOCK, .state_length = sizeof(pthread_mutex_t));
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 1);
	ck_assert_uint_eq(count_of("FC004"), 0);
}
END_TEST

/* It hangs in a wait for a lock that nobody owns. */
START_TEST(is_silent_beside_a_lost_wakeup)
{
	add_deadlock(&log_lock);
	session_add(&session, OBJECT, object, 0, .serial = CHILD, .kind = LOCK_SEMAPHORE,
		    .address = (uintptr_t)&log_lock, .waited = (uintptr_t)&log_lock + 4);
	session_add(&session, HANG, hang, 0, .serial = CHILD, .pid = 200, .kind = HANG_CHILD,
		    .fork = scene.fork, .address = (uintptr_t)&log_lock + 4);
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), 0);
}
END_TEST

/* The fork has made no copy: a thread of the parent gives it back. */
START_TEST(is_silent_of_locks_in_shared_memory)
{
	add_deadlock(&log_lock);
	if (_i)
		add_held(&log_lock, HELD_IN_SHARED_MEMORY);
	else
		session_add(&session, WAIT, wait, CHILD, .fork = scene.fork,
			    .lock = (uintptr_t)&log_lock, .kind = LOCK_MUTEX, .ended_ns = 1,
			    .is_in_shared_memory = 1);
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), 0);
}
END_TEST

START_TEST(tells_who_initialised_a_lock_that_was_held)
{
	session_reference held;

	add_deadlock(&log_lock);
	held = add_held(&log_lock, 0);
	((struct record_held *)session_builder_cell(&session, held))->initialised =
		add_stack(SERVER, start_other);
	run_rules();
	ck_assert_str_eq(the("FC004")->lock.initialised_at.list[0].function, "start_other");
}
END_TEST

static void add_inheritor(void)
{
	session_builder_birth(&session, (struct session_birth){.process = OTHER_CHILD,
							       .parent = SERVER,
							       .image = SERVER,
							       .pid = 300,
							       .fork = scene.fork,
							       .kind = BIRTH_CHILD,
							       .state = BIRTH_INHERITED,
							       .time_ns = session.time_ns});
}

START_TEST(says_more_than_that_it_was_held)
{
	add_inheritor();
	add_held(&log_lock, 0);
	add_taken(CHILD, scene.fork, &log_lock, 0);
	add_section(scene.logger, &log_lock, SECTION_BEFORE, SECTION_FREE);
	if (_i)
		add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	run_rules();
	/* A warning of what may be, beside one of what was: the latter says more. */
	ck_assert_uint_eq(count_of("FC004"), _i ? 1 : 0);
	ck_assert_uint_eq(count_of("FC005"), _i ? 0 : 1);
}
END_TEST

START_TEST(is_no_reason_to_act_on_a_process)
{
	add_deadlock(&log_lock);
	model_update(&model);
	ck_assert_ptr_null(judge_process(&model, &arena, CHILD));
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), 1);
}
END_TEST

/* --- locks inside of libc --------------------------------------------------------------------- */

static void add_region_deadlock(enum region region, bool comes_back)
{
	session_reference references[3] = {
		add_taken(CHILD, scene.fork, NULL, 0),
		add_section(scene.logger, NULL, SECTION_BEFORE, SECTION_FREE),
		comes_back ? add_section(scene.logger, NULL, SECTION_AFTER, SECTION_FREE) : 0,
	};

	((struct record_taken *)session_builder_cell(&session, references[0]))->lock = region;
	((struct record_taken *)session_builder_cell(&session, references[0]))->kind = LOCK_REGION;
	for (int i = 1; i < 3 && references[i]; i++) {
		section_at(references[i])->lock = region;
		section_at(references[i])->kind = LOCK_REGION;
	}
}

static void set_libc_version(const char *version)
{
	struct record_process process = {.serial = SERVER,
					 .image = SERVER,
					 .pid = 100,
					 .kind = BIRTH_IMAGE,
					 .libc_length = (uint16_t)strlen(version)};

	session_builder_add(&session, RECORD_PROCESS, SERVER, &process, sizeof(process), version,
			    strlen(version));
}

/* Only what was tried with a version of glibc is certain. */
START_TEST(knows_which_glibc_hangs)
{
	static const struct {
		const char *version;
		enum severity severity;
	} cases[] = {
		{"2.36", SEVERITY_ERROR}, {"2.39", SEVERITY_ERROR}, {"2.99", SEVERITY_WARNING}};

	set_libc_version(cases[_i].version);
	add_region_deadlock(REGION_TIME_ZONE, true);
	run_rules();
	ck_assert_int_eq(the("FC004")->severity, cases[_i].severity);
	ck_assert_str_eq(the("FC004")->lock.name, "time zone (tzset_lock)");
	ck_assert_uint_eq(the("FC004")->lock.address, 0);
	ck_assert_ptr_nonnull(the("FC004")->holder.inside);
	ck_assert_str_eq(the("FC004")->remedy.id, "region-time-zone");
}
END_TEST

START_TEST(warns_at_most_of_handlers_of_exit)
{
	set_libc_version("2.36");
	add_region_deadlock(REGION_EXIT, _i);
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), _i ? 1 : 0);
	if (_i)
		ck_assert_int_eq(the("FC004")->severity, SEVERITY_WARNING);
}
END_TEST

START_TEST(does_not_believe_in_a_region_that_there_is_none_of)
{
	add_region_deadlock(REGIONS, true);
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), 0);
}
END_TEST

/* --- several locks -------------------------------------------------------------------------- */

START_TEST(makes_one_finding_of_the_locks_behind_a_fork)
{
	const struct finding *finding;
	const struct predicted_lock *row;

	add_deadlock(&zone_lock);
	add_deadlock(&log_lock);
	add_taken(CHILD, scene.fork, &name_lock, 0);
	add_section(scene.logger, &name_lock, SECTION_BEFORE, SECTION_PERHAPS);
	run_rules();
	finding = the("FC004");
	ck_assert_str_eq(finding->lock.name, "log_lock");
	ck_assert_uint_eq(count_rows(finding), 3);
	row = finding->locks;
	ck_assert_str_eq(row->name, "log_lock");
	ck_assert_str_eq(row->next->name, "zone_lock");
	ck_assert_str_eq(row->next->next->name, "name_lock");
	ck_assert_int_eq(row->next->next->severity, SEVERITY_WARNING);
	ck_assert_str_eq(row->next->next->order, "perhaps");
	ck_assert_str_eq(finding->suppression, "rule:FC004 fork:start_worker");
}
END_TEST

/* Which of them stands for all, and what they are, is not in the fingerprint. */
START_TEST(keeps_its_fingerprint_whatever_locks_are_seen)
{
	const char *fingerprint;

	add_deadlock(&zone_lock);
	run_rules();
	fingerprint = the("FC004")->fingerprint;
	add_deadlock(&log_lock);
	run_rules();
	ck_assert_str_eq(the("FC004")->lock.name, "log_lock");
	ck_assert_str_eq(the("FC004")->fingerprint, fingerprint);
}
END_TEST

START_TEST(joins_the_parts_of_one_object)
{
	const struct finding *finding;

	for (size_t i = 0; i < 4; i++)
		add_deadlock(&stripe_locks[3 - i]);
	run_rules();
	finding = the("FC004");
	ck_assert_uint_eq(count_rows(finding), 1);
	ck_assert_uint_eq(finding->locks->alike, 3);
	ck_assert_str_eq(finding->locks->name, finding->lock.name);
	ck_assert_str_eq(finding->suppression, "rule:FC004 lock:stripe_locks");
}
END_TEST

/* Other runs see other parts of it. */
START_TEST(suppresses_all_parts_of_an_object)
{
	add_deadlock(&stripe_locks[2]);
	run_rules();
	ck_assert_str_eq(the("FC004")->suppression, "rule:FC004 lock:stripe_locks+*");
}
END_TEST

START_TEST(joins_locks_without_a_name_that_one_place_takes)
{
	static const uint64_t heap = 0x10000;
	const struct finding *finding;

	for (uint64_t i = 0; i < 3; i++)
		add_deadlock((const void *)(uintptr_t)(heap + 64 * i)); /* NOLINT */
	add_deadlock(&log_lock);
	run_rules();
	finding = the("FC004");
	ck_assert_str_eq(finding->lock.name, "log_lock");
	ck_assert_uint_eq(count_rows(finding), 2);
	ck_assert_ptr_null(finding->locks->next->name);
	ck_assert_str_eq(finding->locks->next->user, "work");
	ck_assert_uint_eq(finding->locks->next->alike, 2);
}
END_TEST

START_TEST(makes_a_finding_of_each_fork)
{
	session_reference other = add_fork(SERVER, add_stack(SERVER, start_other), 1);

	add_deadlock(&log_lock);
	add_child(OTHER_CHILD, SERVER, other);
	add_taken(OTHER_CHILD, other, &log_lock, 0);
	section_at(add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE))->fork = other;
	run_rules();
	ck_assert_uint_eq(count_of("FC004"), 2);
	ck_assert_str_ne(findings[0].fingerprint, findings[1].fingerprint);
}
END_TEST

START_TEST(hides_a_finding_only_if_all_of_its_locks_are_named)
{
	struct suppressions *suppressions = suppressions_new();

	add_deadlock(&log_lock);
	add_deadlock(&zone_lock);
	run_rules();
	suppressions_add(suppressions, "rule:FC004 lock:log_lock");
	ck_assert(!suppressions_match(suppressions, the("FC004")));
	suppressions_add(suppressions, "rule:FC004 lock:*_lock");
	ck_assert(suppressions_match(suppressions, the("FC004")));
	suppressions_free(suppressions);
	suppressions_narrow(&arena, findings, finding_count);
	suppressions = suppressions_new();
	suppressions_add(suppressions, the("FC004")->suppression);
	ck_assert(suppressions_match(suppressions, the("FC004")));
	suppressions_free(suppressions);
}
END_TEST

/* --- how likely it is ----------------------------------------------------------------------- */

/* It comes to the lock `delay` after a fork, on average, and has it for `held`. */
static void add_times(const void *lock, uint64_t delay_ns, uint64_t held_ns)
{
	struct record_section *section;

	add_taken(CHILD, scene.fork, lock, 0);
	section = section_at(add_section(scene.logger, lock, SECTION_AFTER, SECTION_FREE));
	section->delays = 4;
	section->delays_ns = 4 * delay_ns;
	section->helds = 2;
	section->held_ns = 2 * held_ns;
}

START_TEST(estimates_from_how_long_it_is_held)
{
	add_times(&log_lock, 1000000, 2000);
	run_rules();
	/* 2 us of 2,002 us. */
	ck_assert_double_eq_tol(the("FC004")->risk.share, 1 / 1001.0, 1e-9);
	ck_assert(!the("FC004")->risk.is_counted);
	ck_assert_uint_eq(predicted_risk_one_in(&the("FC004")->risk), 1000);
	ck_assert_uint_eq(the("FC004")->risk.forks, 100);
}
END_TEST

START_TEST(reads_the_times_as_they_are_at_the_end)
{
	session_reference section;

	add_taken(CHILD, scene.fork, &log_lock, 0);
	section = add_section(scene.logger, &log_lock, SECTION_AFTER, SECTION_FREE);
	model_update(&model);
	section_at(section)->delays = section_at(section)->helds = 1;
	section_at(section)->delays_ns = section_at(section)->held_ns = 500;
	run_rules();
	ck_assert_double_eq_tol(the("FC004")->risk.share, 1 / 3.0, 1e-9);
}
END_TEST

START_TEST(estimates_from_what_was_held_at_forks)
{
	session_reference held;

	add_times(&log_lock, 1000000, 2000);
	held = add_held(&log_lock, 0);
	((struct record_held *)session_builder_cell(&session, held))->record.count = 5;
	run_rules();
	ck_assert(the("FC004")->risk.is_counted);
	ck_assert_double_eq_tol(the("FC004")->risk.share, 0.05, 1e-9);
	ck_assert_uint_eq(predicted_risk_one_in(&the("FC004")->risk), 20);
}
END_TEST

START_TEST(does_not_guess_without_times)
{
	add_deadlock(&log_lock);
	run_rules();
	ck_assert_double_le(the("FC004")->risk.share, 0);
	ck_assert_uint_eq(predicted_risk_one_in(&the("FC004")->risk), 0);
}
END_TEST

/* Held much longer than the others: that one strikes first. */
START_TEST(tells_of_the_likeliest_where_it_stands_out)
{
	bool stands_out = _i;

	add_times(&log_lock, 1000000, 2000);
	add_times(&zone_lock, 1000000, stands_out ? 100000 : 5000);
	run_rules();
	ck_assert_str_eq(the("FC004")->lock.name, stands_out ? "zone_lock" : "log_lock");
	ck_assert_str_eq(the("FC004")->locks->name, "log_lock");
}
END_TEST

START_TEST(rounds_to_a_digit)
{
	static const struct {
		double share;
		uint64_t one_in;
	} cases[] = {{1, 1},          {0.6, 2},      {1 / 4321.0, 4000},
		     {1 / 96.0, 100}, {1 / 9.7, 10}, {1e-6, 1000000},
		     {0, 0},          {-1, 0},       {1 / 15.1, 20},
		     {1e-300, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct risk_part risk = {.share = cases[i].share, .forks = 1};

		ck_assert_uint_eq(predicted_risk_one_in(&risk), cases[i].one_in);
	}
}
END_TEST

/* --- several sessions ----------------------------------------------------------------------- */

static struct finding prediction_of(const char *lock, enum severity severity, double share,
				    uint64_t forks)
{
	struct predicted_lock *row = arena_zalloc(&arena, sizeof(*row));

	*row = (struct predicted_lock){.name = lock,
				       .kind = "mutex",
				       .severity = severity,
				       .risk = {.share = share, .forks = forks}};
	return (struct finding){.code = "FC004",
				.certainty = CERTAINTY_PREDICTED,
				.fingerprint = "FC004-1",
				.severity = severity,
				.count = 1,
				.locks = row,
				.risk = row->risk};
}

START_TEST(sharpens_its_estimate_with_sessions)
{
	struct finding list[] = {
		prediction_of("b", SEVERITY_WARNING, 0.01, 100),
		prediction_of("a", SEVERITY_ERROR, 0.04, 100),
		prediction_of("b", SEVERITY_ERROR, 0, 100),
		prediction_of("b", SEVERITY_ERROR, 0.01, 200),
	};

	ck_assert_uint_eq(judge_merge(list, 4), 1);
	ck_assert_int_eq(list[0].severity, SEVERITY_ERROR);
	ck_assert_uint_eq(list[0].count, 1);
	ck_assert_uint_eq(count_rows(&list[0]), 2);
	ck_assert_str_eq(list[0].locks->name, "a");
	ck_assert_str_eq(list[0].locks->next->name, "b");
	ck_assert_int_eq(list[0].locks->next->severity, SEVERITY_ERROR);
	ck_assert_uint_eq(list[0].risk.forks, 400);
	ck_assert_double_eq_tol(list[0].risk.share, 0.0175, 1e-9);
}
END_TEST

/* What strikes more often is to be read first; measured times that are much alike decide nothing.
 */
START_TEST(orders_findings_by_what_is_likely)
{
	struct finding list[] = {
		prediction_of("a", SEVERITY_ERROR, 0, 1),
		prediction_of("b", SEVERITY_ERROR, 0.002, 1),
		prediction_of("c", SEVERITY_ERROR, 0.003, 1),
		prediction_of("d", SEVERITY_WARNING, 0.9, 1),
		prediction_of("e", SEVERITY_ERROR, 0.05, 1),
	};
	static const char *const expected[] = {"e", "b", "c", "a", "d"};

	for (unsigned i = 0; i < 5; i++) {
		list[i].fingerprint = list[i].locks->name;
		list[i].fork.serial = i + 1;
	}
	ck_assert_uint_eq(judge_merge(list, 5), 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(list[i].locks->name, expected[i]);
}
END_TEST

Suite *predictions_suite(void)
{
	Suite *suite = suite_create("predictions");
	TCase *verdicts = tcase_create("verdicts"), *lines = tcase_create("lines");
	TCase *others = tcase_create("other rules"), *locks = tcase_create("several locks");
	TCase *risk = tcase_create("risk"), *regions = tcase_create("regions");

	tcase_add_checked_fixture(verdicts, setup, teardown);
	tcase_add_test(verdicts, predicts_a_deadlock_with_both_threads);
	tcase_add_test(verdicts, tells_threads_apart_by_what_they_run);
	tcase_add_loop_test(verdicts, weighs_both_sides_of_the_fork, 0, SIDE_CASES);
	tcase_add_loop_test(verdicts, takes_the_nearest_of_a_side, 0, 2);
	tcase_add_test(verdicts, does_not_mix_threads);
	tcase_add_test(verdicts, shows_the_thread_that_makes_it_an_error);
	tcase_add_loop_test(verdicts, takes_a_section_open_at_the_clone_for_a_free_one, 0, 2);
	tcase_add_test(verdicts, takes_a_line_that_polls_once_for_one_that_polls);
	tcase_add_loop_test(verdicts, doubts_a_fork_that_came_before_a_mutex_handed_over, 0, 3);
	tcase_add_loop_test(verdicts, says_nothing_where_no_child_takes_it, 0, 3);
	tcase_add_test(verdicts, says_nothing_of_a_lock_of_another_kind);
	tcase_add_loop_test(verdicts, lets_readers_read, 0, 4);
	tcase_add_test(verdicts, counts_only_sections_that_stand_in_the_way);
	suite_add_tcase(suite, verdicts);
	tcase_add_checked_fixture(lines, setup, teardown);
	tcase_add_test(lines, joins_the_forks_of_one_line);
	tcase_add_test(lines, keeps_two_lines_apart);
	tcase_add_test(lines, finds_what_a_grandchild_takes);
	tcase_add_loop_test(lines, does_not_believe_wrong_references, 0, 2);
	suite_add_tcase(suite, lines);
	tcase_add_checked_fixture(others, setup, teardown);
	tcase_add_test(others, is_silent_beside_a_hang);
	tcase_add_test(others, is_silent_beside_a_lost_wakeup);
	tcase_add_loop_test(others, is_silent_of_locks_in_shared_memory, 0, 2);
	tcase_add_test(others, tells_who_initialised_a_lock_that_was_held);
	tcase_add_loop_test(others, says_more_than_that_it_was_held, 0, 2);
	tcase_add_test(others, is_no_reason_to_act_on_a_process);
	suite_add_tcase(suite, others);
	tcase_add_checked_fixture(regions, setup, teardown);
	tcase_add_loop_test(regions, knows_which_glibc_hangs, 0, 3);
	tcase_add_loop_test(regions, warns_at_most_of_handlers_of_exit, 0, 2);
	tcase_add_test(regions, does_not_believe_in_a_region_that_there_is_none_of);
	suite_add_tcase(suite, regions);
	tcase_add_checked_fixture(locks, setup, teardown);
	tcase_add_test(locks, makes_one_finding_of_the_locks_behind_a_fork);
	tcase_add_test(locks, keeps_its_fingerprint_whatever_locks_are_seen);
	tcase_add_test(locks, joins_the_parts_of_one_object);
	tcase_add_test(locks, suppresses_all_parts_of_an_object);
	tcase_add_test(locks, joins_locks_without_a_name_that_one_place_takes);
	tcase_add_test(locks, makes_a_finding_of_each_fork);
	tcase_add_test(locks, hides_a_finding_only_if_all_of_its_locks_are_named);
	suite_add_tcase(suite, locks);
	tcase_add_checked_fixture(risk, setup, teardown);
	tcase_add_test(risk, estimates_from_how_long_it_is_held);
	tcase_add_test(risk, reads_the_times_as_they_are_at_the_end);
	tcase_add_test(risk, estimates_from_what_was_held_at_forks);
	tcase_add_test(risk, does_not_guess_without_times);
	tcase_add_loop_test(risk, tells_of_the_likeliest_where_it_stands_out, 0, 2);
	tcase_add_test(risk, rounds_to_a_digit);
	tcase_add_test(risk, orders_findings_by_what_is_likely);
	tcase_add_test(risk, sharpens_its_estimate_with_sessions);
	suite_add_tcase(suite, risk);
	return suite;
}
