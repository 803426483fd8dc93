/*
 * The rules, over sessions that are written here by hand: a server whose
 * "logger" thread holds a mutex while the main thread forks.
 */
#include "cli/findings/evidence/culprit.h"
#include "cli/findings/evidence/evidence.h"
#include "cli/findings/evidence/fork_blockers.h"
#include "cli/findings/evidence/lock_kinds.h"
#include "cli/findings/evidence/peer_words.h"
#include "cli/findings/judge.h"
#include "cli/findings/narrow.h"
#include "cli/findings/rules/fc007_handler_locks.h"
#include "cli/findings/suppressions.h"
#include "session_builder.h"
#include "support.h"
#include <check.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Suite *judge_suite(void);

enum { SERVER = 1, CHILD = 2, OTHER_CHILD = 3, GRANDCHILD = 4 };
enum { MAIN_TID = 100, LOGGER_TID = 101, FORKER_IN_CHILD_TID = 200 };

#define CELLS 1024

/* What the symbols of this program name. */
static pthread_mutex_t first_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second_mutex = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noinline)) void logger_main(void)
{
	__asm__ volatile("");
}

static __attribute__((noinline)) void spawn_worker(void)
{
	__asm__ volatile("nop");
}

static __attribute__((noinline)) void spawn_helper(void)
{
	__asm__ volatile("nop\n\tnop");
}

static struct session_builder session;
static struct reader reader;
static struct model model;
static struct arena arena;
static struct finding *findings;
static size_t finding_count;

/* How far this program is from where it says it is, and what each process id gets added. */
static uint64_t shift;
static int32_t pid_shift;

static struct {
	session_reference main, logger, fork, lost;
} scene;

static int take_first_bias(struct dl_phdr_info *info, size_t size, void *bias)
{
	(void)size;
	*(uint64_t *)bias = info->dlpi_addr;
	return 1;
}

static uint64_t address_of(const void *thing)
{
	return (uintptr_t)thing + shift;
}

static session_reference add_stack(uint32_t process, void (*function)(void))
{
	return session_add(&session, STACK, stack, process,
			   .registers = {.pc = (uintptr_t)function + shift, .sp = 0x7000});
}

static void add_child(uint32_t serial, uint32_t parent, session_reference fork)
{
	session_builder_birth(&session,
			      (struct session_birth){.process = serial,
						     .parent = parent,
						     .image = SERVER,
						     .pid = (int32_t)serial * 100 + pid_shift,
						     .fork = fork,
						     .kind = BIRTH_CHILD,
						     .state = BIRTH_INHERITED,
						     .time_ns = session.time_ns});
}

static void add_server(const char *path)
{
	uint64_t bias = 0;

	dl_iterate_phdr(take_first_bias, &bias);
	session_builder_process(&session,
				(struct record_process){.serial = SERVER,
							.image = SERVER,
							.pid = 100 + pid_shift,
							.kind = BIRTH_IMAGE},
				path);
	session_builder_module(&session, SERVER, path, bias + shift);
	scene.main =
		session_add(&session, THREAD, thread, SERVER, .born_in = SERVER, .serial = 1,
			    .tid = MAIN_TID + pid_shift, .flags = THREAD_MAIN, .name = "server");
	scene.logger = session_add(&session, THREAD, thread, SERVER, .born_in = SERVER, .serial = 2,
				   .tid = LOGGER_TID + pid_shift, .creator = 1, .name = "logger",
				   .start_routine = (uintptr_t)logger_main + shift);
}

static session_reference add_fork(uint32_t parent, void (*from)(void))
{
	session_reference stack = add_stack(parent, from);

	return session_add(&session, FORK, fork, parent, .parent = parent,
			   .parent_pid = (int32_t)parent * 100 + pid_shift, .function = FORK_FORK,
			   .thread = scene.main, .stack = stack);
}

/* The server, its fork and one child. `distance` moves everything that may differ between runs. */
static void begin_scene(uint64_t distance, void (*from)(void))
{
	static char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	ck_assert_int_gt(length, 0);
	shift = distance;
	pid_shift = (int32_t)(distance >> 16);
	session_builder_open(&session, 16, CELLS);
	ck_assert_ptr_null(reader_open(&reader, session.header, session.size));
	model_init(&model, &reader, NULL);
	arena_init(&arena);
	add_server(path);
	scene.fork = add_fork(SERVER, from);
	scene.lost = session_builder_lost(&session, CHILD, scene.fork, &scene.logger, 1);
	add_child(CHILD, SERVER, scene.fork);
}

static void end_scene(void)
{
	arena_release(&arena);
	model_release(&model);
	reader_close(&reader);
	session_builder_close(&session);
}

static void setup(void)
{
	begin_scene(0, spawn_worker);
}

static session_reference add_held(const pthread_mutex_t *mutex, session_reference thread,
				  uint32_t flags)
{
	return session_add(&session, HELD, held, CHILD, .fork = scene.fork, .thread = thread,
			   .lock = address_of(mutex), .kind = LOCK_MUTEX, .flags = flags,
			   .site = (uintptr_t)logger_main + shift + 1, .site_sp = 0x8000,
			   .since_ns = session.time_ns - 2000000,
			   .state_length = sizeof(pthread_mutex_t));
}

/* `fork` is the one that the waiting process was born by. */
static session_reference add_wait(uint32_t process, session_reference fork, session_reference held,
				  uint32_t flags)
{
	return session_add(&session, WAIT, wait, process, .fork = fork, .held = held,
			   .stack = add_stack(process, spawn_helper),
			   .lock = address_of(&first_mutex), .kind = LOCK_MUTEX, .flags = flags,
			   .owner = LOGGER_TID + pid_shift, .tid = (int32_t)process * 100,
			   .operation = OPERATION_LOCK, .state_length = sizeof(pthread_mutex_t));
}

static session_reference add_touch(uint32_t process, session_reference held,
				   enum lock_operation operation, int result)
{
	return session_add(&session, TOUCH, touch, process, .fork = scene.fork, .held = held,
			   .lock = address_of(&first_mutex), .kind = LOCK_MUTEX,
			   .operation = operation, .result = result);
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

/* The one finding with this code; fails where there is none or more. */
static const struct finding *the(const char *code)
{
	ck_assert_uint_eq(count_of(code), 1);
	for (size_t i = 0; i < finding_count; i++)
		if (strcmp(findings[i].code, code) == 0)
			return &findings[i];
	return NULL;
}

/* --- FC001 ----------------------------------------------------------------- */

START_TEST(names_the_holder_from_its_held_record)
{
	const struct finding *finding;

	add_wait(CHILD, scene.fork, add_held(&first_mutex, scene.logger, 0), 0);
	run_rules();
	finding = the("FC001");
	ck_assert_str_eq(finding->name, "orphaned-lock");
	ck_assert_int_eq(finding->severity, SEVERITY_ERROR);
	ck_assert_int_eq(finding->certainty, CERTAINTY_PROVEN);
	ck_assert_uint_eq(finding->count, 1);
	ck_assert_str_eq(
		finding->message,
		"child 200 waits for first_mutex; its holder does not exist in the child.");
	ck_assert_str_eq(finding->suppression, "rule:FC001 lock:first_mutex");
	/* The wait says it all: no warning about the same lock beside it. */
	ck_assert_uint_eq(count_of("FC005"), 0);

	ck_assert(finding->fork.present);
	ck_assert_int_eq(finding->fork.pid, 100);
	ck_assert_int_eq(finding->fork.child_pid, 200);
	ck_assert_int_eq(finding->fork.tid, MAIN_TID);
	ck_assert_str_eq(finding->fork.thread_name, "server");
	ck_assert_str_eq(finding->fork.function, "fork");
	ck_assert_uint_eq(finding->fork.serial, 1);
	ck_assert_uint_ge(finding->fork.stack.count, 1);
	ck_assert_str_eq(finding->fork.stack.list[0].function, "spawn_worker");

	ck_assert(finding->lock.present);
	ck_assert_str_eq(finding->lock.kind, "mutex");
	ck_assert_str_eq(finding->lock.name, "first_mutex");
	ck_assert_str_eq(finding->lock.attributes, "normal, private");
	ck_assert_uint_eq(finding->lock.address, (uintptr_t)&first_mutex);

	ck_assert(finding->holder.present);
	ck_assert_int_eq(finding->holder.tid, LOGGER_TID);
	ck_assert_str_eq(finding->holder.name, "logger");
	ck_assert_str_eq(finding->holder.start_routine, "logger_main");
	ck_assert_int_eq(finding->holder.creator_tid, MAIN_TID);
	ck_assert_str_eq(finding->holder.creator_name, "server");
	ck_assert(!finding->holder.is_forker);
	ck_assert(!finding->holder.taken_by_handler);
	ck_assert_double_eq_tol(finding->holder.held_ms, 2, 0.001);
	ck_assert_uint_ge(finding->holder.acquired_at.count, 1);
	ck_assert_str_eq(finding->holder.acquired_at.list[0].function, "logger_main");

	ck_assert(finding->child.present);
	ck_assert_int_eq(finding->child.pid, 200);
	ck_assert_int_eq(finding->child.tid, 200);
	ck_assert_str_eq(finding->child.waiting_in, "pthread_mutex_lock");
	ck_assert_double_eq_tol(finding->child.after_ms, 2, 0.001);
	ck_assert_str_eq(finding->child.stack.list[0].function, "spawn_helper");
}
END_TEST

/* The child's table of orphans was full: the log knows nevertheless. */
START_TEST(finds_the_held_record_that_the_wait_does_not_name)
{
	session_reference other = session_add(&session, THREAD, thread, SERVER, .serial = 3,
					      .tid = 777, .name = "other");

	add_held(&first_mutex, other, 0);
	add_held(&second_mutex, scene.logger, 0);
	add_held(&first_mutex, scene.logger, HELD_FROM_HANDLER);
	add_wait(CHILD, scene.fork, 0, 0);
	run_rules();
	ck_assert_str_eq(the("FC001")->holder.name, "logger");
	ck_assert(the("FC001")->holder.taken_by_handler);
}
END_TEST

START_TEST(does_not_believe_a_reference_to_another_record)
{
	add_wait(CHILD, scene.fork, scene.fork, 0);
	run_rules();
	ck_assert_str_eq(the("FC001")->holder.name, "logger");
	ck_assert_uint_eq(the("FC001")->holder.acquired_at.count, 0);
}
END_TEST

START_TEST(names_the_holder_from_the_lost_threads)
{
	session_reference threads[2] = {scene.logger, scene.logger};

	threads[0] = session_add(&session, THREAD, thread, SERVER, .serial = 3, .tid = 777,
				 .name = "other");
	session_builder_lost(&session, CHILD, scene.fork, threads, 2);
	add_wait(CHILD, scene.fork, 0, 0);
	run_rules();
	ck_assert_int_eq(the("FC001")->holder.tid, LOGGER_TID);
	ck_assert_str_eq(the("FC001")->holder.name, "logger");
	ck_assert_str_eq(the("FC001")->holder.start_routine, "logger_main");
	ck_assert_double_lt(the("FC001")->holder.held_ms, 0);
}
END_TEST

START_TEST(leaves_an_unknown_holder_unknown)
{
	((struct record_lost *)session_builder_cell(&session, scene.lost))->count = 0;
	add_wait(CHILD, scene.fork, 0, 0);
	run_rules();
	ck_assert(the("FC001")->holder.present);
	ck_assert_int_eq(the("FC001")->holder.tid, LOGGER_TID);
	ck_assert_ptr_null(the("FC001")->holder.name);
	ck_assert_ptr_null(the("FC001")->holder.start_routine);
	ck_assert_int_eq(the("FC001")->holder.creator_tid, -1);
}
END_TEST

/* A lock that was orphaned by the fork before the last. */
START_TEST(looks_for_the_holder_up_the_line_of_forks)
{
	session_reference fork;

	add_held(&first_mutex, scene.logger, 0);
	fork = add_fork(CHILD, spawn_helper);
	add_child(GRANDCHILD, CHILD, fork);
	add_wait(GRANDCHILD, fork, 0, 0);
	run_rules();
	ck_assert_str_eq(the("FC001")->holder.name, "logger");
	ck_assert_int_eq(the("FC001")->child.pid, 400);
	ck_assert_uint_eq(the("FC001")->fork.serial, 1);
	ck_assert_int_eq(the("FC001")->fork.pid, 100);
}
END_TEST

START_TEST(ends_in_a_ring_of_forks)
{
	session_reference fork = add_fork(GRANDCHILD, spawn_helper);

	add_child(GRANDCHILD, GRANDCHILD, fork);
	add_wait(GRANDCHILD, fork, 0, 0);
	run_rules();
	ck_assert_ptr_null(the("FC001")->holder.name);
	ck_assert_uint_eq(the("FC001")->fork.serial, 2);
}
END_TEST

START_TEST(says_when_the_forking_thread_holds_it_itself)
{
	add_wait(CHILD, scene.fork, add_held(&first_mutex, scene.main, HELD_BY_FORKER), 0);
	run_rules();
	ck_assert(the("FC001")->holder.is_forker);
	ck_assert_int_eq(the("FC001")->holder.tid, MAIN_TID);
	ck_assert_str_eq(
		the("FC001")->message,
		"child 200 waits for first_mutex, which the thread that forked holds itself.");
}
END_TEST

START_TEST(says_nothing_of_a_wait_that_ended)
{
	session_reference wait =
		add_wait(CHILD, scene.fork, add_held(&first_mutex, scene.logger, 0), 0);

	((struct record_wait *)session_builder_cell(&session, wait))->ended_ns = 1;
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 0);
	ck_assert_uint_eq(count_of("FC005"), 0);
}
END_TEST

START_TEST(sees_a_wait_end_after_it_was_read)
{
	session_reference wait = add_wait(CHILD, scene.fork, 0, 0);

	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 1);
	((struct record_wait *)session_builder_cell(&session, wait))->ended_ns = 1;
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 0);
}
END_TEST

START_TEST(says_no_error_of_timed_waits_and_tries)
{
	add_wait(CHILD, scene.fork, add_held(&first_mutex, scene.logger, 0),
		 _i ? WAIT_TIMED : WAIT_TRY);
	run_rules();
	for (size_t i = 0; i < finding_count; i++)
		ck_assert_int_lt(findings[i].severity, SEVERITY_ERROR);
}
END_TEST

START_TEST(warns_of_a_try_that_failed)
{
	session_reference wait =
		add_wait(CHILD, scene.fork, add_held(&first_mutex, scene.logger, 0),
			 _i ? WAIT_TIMED : WAIT_TRY);
	struct record_wait *record = session_builder_cell(&session, wait);

	/* Not yet: it may still get it. */
	run_rules();
	ck_assert_uint_eq(count_of("FC003"), 0);
	record->result = _i ? ETIMEDOUT : EBUSY;
	record->ended_ns = 1;
	run_rules();
	ck_assert_int_eq(the("FC003")->severity, SEVERITY_WARNING);
	ck_assert_str_eq(the("FC003")->holder.name, "logger");
	ck_assert(the("FC003")->child.gave_up);
	ck_assert_uint_eq(count_of("FC001"), 0);
	ck_assert_uint_eq(count_of("FC005"), 0);
	record->result = 0;
	run_rules();
	ck_assert_uint_eq(count_of("FC003"), 0);
}
END_TEST

/* Its parent's thread gives it back, and wakes nobody here. */
START_TEST(tells_a_private_lock_in_shared_memory_from_an_orphan)
{
	session_reference held =
		add_held(&first_mutex, scene.logger, _i ? HELD_IN_SHARED_MEMORY : 0);
	struct record_wait *record =
		session_builder_cell(&session, add_wait(CHILD, scene.fork, held, 0));

	record->is_in_shared_memory = (uint32_t)_i;
	run_rules();
	ck_assert_uint_eq(count_of("FC016"), (size_t)_i);
	ck_assert_uint_eq(count_of("FC001"), (size_t)!_i);
	ck_assert_uint_eq(count_of("FC005"), 0);
	record->ended_ns = 1;
	run_rules();
	ck_assert_uint_eq(count_of("FC016"), 0);
}
END_TEST

/* It has no holder: it was given, and the wake-up went elsewhere. */
START_TEST(tells_a_private_object_by_the_change_of_its_word)
{
	static const uint32_t kinds[] = {LOCK_SEMAPHORE, LOCK_BARRIER, LOCK_CONDITION};
	static const char *const cures[] = {"private-semaphore", "private-barrier",
					    "private-condition"};
	struct record_wait *record =
		session_builder_cell(&session, add_wait(CHILD, scene.fork, 0, 0));

	record->is_in_shared_memory = 1;
	record->kind = kinds[_i];
	record->owner = 0;
	run_rules();
	ck_assert_int_eq(the("FC016")->certainty, CERTAINTY_PROVEN);
	ck_assert(!the("FC016")->holder.present);
	ck_assert_str_eq(the("FC016")->remedy.id, cures[_i]);
	ck_assert_ptr_nonnull(strstr(the("FC016")->why, "has been changed since"));
	ck_assert_ptr_nonnull(strstr(the("FC016")->message, "shares with its parent"));
}
END_TEST

/* Which fork made the one that gave is not known any more: it has ended. */
START_TEST(tells_a_private_object_of_a_child_that_has_ended)
{
	struct record_wait *record = session_builder_cell(&session, add_wait(CHILD, 0, 0, 0));

	record->is_in_shared_memory = 1;
	record->kind = LOCK_SEMAPHORE;
	record->owner = 0;
	run_rules();
	ck_assert_ptr_nonnull(strstr(the("FC016")->message, "shares with its child"));
	ck_assert(!the("FC016")->fork.present);
}
END_TEST

/* A HELD record that no child hangs on. */
START_TEST(says_nothing_of_locks_that_are_not_left_for_ever)
{
	static const uint32_t flags[] = {0, HELD_IN_SHARED_MEMORY, HELD_IN_WINDOW};

	add_held(&first_mutex, scene.logger, flags[_i]);
	run_rules();
	ck_assert_uint_eq(count_of("FC005"), (size_t)!flags[_i]);
}
END_TEST

START_TEST(prefers_the_hang_to_the_try_before_it)
{
	session_reference held = add_held(&first_mutex, scene.logger, 0);
	struct record_wait *record =
		session_builder_cell(&session, add_wait(CHILD, scene.fork, held, WAIT_TRY));

	record->result = EBUSY;
	record->ended_ns = 1;
	add_wait(CHILD, scene.fork, held, 0);
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 1);
	ck_assert_uint_eq(count_of("FC003"), 0);
}
END_TEST

/* Who forked can give a normal mutex back: a try that fails is its own affair. */
START_TEST(does_not_warn_of_a_try_for_ones_own_lock)
{
	struct record_wait *record = session_builder_cell(
		&session, add_wait(CHILD, scene.fork,
				   add_held(&first_mutex, scene.main, HELD_BY_FORKER), WAIT_TRY));

	record->result = EBUSY;
	record->ended_ns = 1;
	record->state_length = sizeof(pthread_mutex_t);
	run_rules();
	ck_assert_uint_eq(count_of("FC003"), 0);
}
END_TEST

START_TEST(reports_an_unlock_that_the_child_may_not_do)
{
	session_reference held = add_held(&first_mutex, scene.main, HELD_BY_FORKER);

	add_touch(CHILD, held, OPERATION_UNLOCK, EPERM);
	run_rules();
	ck_assert_int_eq(the("FC001")->severity, SEVERITY_ERROR);
	ck_assert_int_eq(the("FC001")->certainty, CERTAINTY_OBSERVED);
	ck_assert(the("FC001")->holder.is_forker);
	ck_assert_str_eq(the("FC001")->child.waiting_in, "pthread_mutex_unlock");
	ck_assert_ptr_nonnull(strstr(the("FC001")->message, "could not unlock first_mutex"));
}
END_TEST

START_TEST(reports_a_failed_unlock_only_where_it_matters)
{
	session_reference held =
		add_held(&first_mutex, scene.main, _i == 0 ? 0 : (uint32_t)HELD_BY_FORKER);

	switch (_i) {
	case 0: /* another thread's: FC005 has said so */
		add_touch(CHILD, held, OPERATION_UNLOCK, EPERM);
		break;
	case 1: /* it worked */
		add_touch(CHILD, held, OPERATION_UNLOCK, 0);
		break;
	case 2: /* no unlock */
		add_touch(CHILD, held, OPERATION_DESTROY, EPERM);
		break;
	case 3: /* no lock that is known */
		add_touch(CHILD, scene.logger, OPERATION_UNLOCK, EPERM);
		break;
	}
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 0);
}
END_TEST

START_TEST(prefers_the_wait_to_the_unlock_that_failed_before)
{
	session_reference held = add_held(&first_mutex, scene.main, HELD_BY_FORKER);

	add_touch(CHILD, held, OPERATION_UNLOCK, EPERM);
	add_wait(CHILD, scene.fork, held, 0);
	run_rules();
	ck_assert_int_eq(the("FC001")->certainty, CERTAINTY_PROVEN);
}
END_TEST

START_TEST(reports_a_wait_of_an_unknown_process)
{
	add_wait(99, 0, 0, 0);
	run_rules();
	ck_assert_int_eq(the("FC001")->child.pid, -1);
	ck_assert_int_eq(the("FC001")->fork.pid, -1);
	ck_assert_ptr_null(the("FC001")->lock.name);
	ck_assert_ptr_nonnull(strstr(the("FC001")->message, "the mutex at 0x"));
}
END_TEST

/* --- FC015 ----------------------------------------------------------------- */

static void add_use(uint32_t process, session_reference fork, uint32_t function)
{
	session_add(&session, LOST_USE, lost_use, process, .fork = fork, .thread = scene.logger,
		    .stack = add_stack(process, spawn_helper), .function = function,
		    .tid = (int32_t)process * 100);
}

START_TEST(reports_a_join_of_a_thread_that_is_not_there)
{
	add_use(CHILD, scene.fork, LOST_JOIN);
	run_rules();
	ck_assert_int_eq(the("FC015")->severity, SEVERITY_ERROR);
	ck_assert_int_eq(the("FC015")->certainty, CERTAINTY_OBSERVED);
	ck_assert_str_eq(the("FC015")->message, "child 200 joins a thread that it does not have.");
	ck_assert_str_eq(the("FC015")->child.stack.list[0].function, "spawn_helper");
	ck_assert_uint_eq(the("FC015")->missing_count, 1);
	ck_assert_str_eq(the("FC015")->missing[0].names[0], "logger");
}
END_TEST

START_TEST(only_warns_of_other_uses)
{
	add_use(CHILD, scene.fork, LOST_KILL);
	add_use(CHILD, scene.fork, 0);
	add_use(CHILD, scene.fork, LOST_FUNCTIONS);
	add_use(CHILD, scene.fork, UINT32_MAX);
	run_rules();
	ck_assert_int_eq(the("FC015")->severity, SEVERITY_WARNING);
}
END_TEST

START_TEST(names_the_fork_that_lost_the_thread)
{
	session_reference second = add_fork(CHILD, spawn_helper);

	add_child(OTHER_CHILD, CHILD, second);
	add_use(OTHER_CHILD, second, LOST_JOIN);
	run_rules();
	ck_assert_str_eq(the("FC015")->fork.stack.list[0].function, "spawn_worker");
	ck_assert_int_eq(the("FC015")->fork.child_pid, 200);
	ck_assert_int_eq(the("FC015")->child.pid, 300);
}
END_TEST

START_TEST(survives_uses_that_refer_to_nothing)
{
	session_add(&session, LOST_USE, lost_use, UINT32_MAX, .fork = UINT32_MAX,
		    .thread = UINT32_MAX, .stack = UINT32_MAX, .function = LOST_JOIN);
	run_rules();
	ck_assert_int_eq(the("FC015")->child.pid, -1);
	ck_assert_uint_eq(the("FC015")->missing_count, 0);
}
END_TEST

static void add_crash(uint32_t process, uint32_t number, session_reference stack)
{
	session_add(&session, CRASH, crash, process, .fork = scene.fork, .number = number,
		    .code = 1, .stack = stack, .tid = (int32_t)process * 100);
}

START_TEST(warns_of_a_child_that_crashes)
{
	add_crash(CHILD, SIGSEGV, add_stack(CHILD, spawn_helper));
	run_rules();
	ck_assert_int_eq(the("FC015")->severity, SEVERITY_WARNING);
	ck_assert_int_eq(the("FC015")->certainty, CERTAINTY_OBSERVED);
	ck_assert_str_eq(the("FC015")->message, "child 200 was ended by SIGSEGV.");
	ck_assert_str_eq(the("FC015")->child.deed, "was ended by SIGSEGV");
	ck_assert_str_eq(the("FC015")->child.stack.list[0].function, "spawn_helper");
	ck_assert_uint_eq(the("FC015")->missing_count, 1);
}
END_TEST

/* Only a crash inside of the call is that call's. */
START_TEST(tells_a_crash_from_a_use_at_the_same_place)
{
	add_use(CHILD, scene.fork, LOST_KILL);
	add_crash(CHILD, SIGBUS, add_stack(CHILD, spawn_helper));
	run_rules();
	ck_assert_uint_eq(count_of("FC015"), 2);
}
END_TEST

static void add_end(uint32_t parent, uint32_t what, uint32_t number, int32_t pid)
{
	session_add(&session, SIGNAL, signal, parent, .what = what, .number = number, .pid = pid);
}

/* What only the parent saw; SIGABRT may have come from anywhere. */
START_TEST(warns_of_a_child_whose_end_its_parent_saw)
{
	add_end(SERVER, SIGNAL_ENDED, SIGABRT, 200);
	add_end(SERVER, SIGNAL_ENDED, SIGSEGV, 201);
	add_end(CHILD, SIGNAL_ENDED, SIGSEGV, 200);
	run_rules();
	ck_assert_uint_eq(count_of("FC015"), 0);
	add_end(SERVER, SIGNAL_ENDED, SIGSEGV, 200);
	run_rules();
	ck_assert_str_eq(the("FC015")->message, "child 200 was ended by SIGSEGV.");
	ck_assert_int_eq(the("FC015")->severity, SEVERITY_WARNING);
	ck_assert_uint_eq(the("FC015")->child.stack.count, 0);
}
END_TEST

START_TEST(tells_the_end_of_a_child_once)
{
	add_crash(CHILD, SIGSEGV, add_stack(CHILD, spawn_helper));
	add_end(SERVER, SIGNAL_ENDED, SIGSEGV, 200);
	run_rules();
	ck_assert_uint_eq(the("FC015")->child.stack.count > 0, 1);
}
END_TEST

START_TEST(is_silent_of_signals_that_others_send)
{
	add_end(OTHER_CHILD, SIGNAL_SENT, SIGSEGV, 200);
	add_end(SERVER, SIGNAL_ENDED, SIGSEGV, 200);
	run_rules();
	ck_assert_uint_eq(count_of("FC015"), 0);
}
END_TEST

START_TEST(survives_crashes_that_refer_to_nothing)
{
	session_add(&session, CRASH, crash, UINT32_MAX, .fork = UINT32_MAX, .thread = UINT32_MAX,
		    .stack = UINT32_MAX, .python = UINT32_MAX, .lost = UINT32_MAX,
		    .number = UINT32_MAX, .flags = UINT32_MAX);
	run_rules();
	ck_assert_str_eq(the("FC015")->message, "child -1 was ended by signal 4294967295.");
}
END_TEST

/* --- FC013 ----------------------------------------------------------------- */

static session_reference add_lost_work(uint32_t process, session_reference fork,
				       session_reference stack, uint32_t flags)
{
	struct record_lost_work work = {.fork = fork,
					.thread = scene.main,
					.stack = stack,
					.object = address_of(&first_mutex),
					.kind = LOCK_CONDITION,
					.flags = flags,
					.tid = (int32_t)process * 100,
					.given = 2,
					.waiters = 1,
					.count = 1};

	return session_builder_add(&session, RECORD_LOST_WORK, process, &work, sizeof(work),
				   &scene.logger, sizeof(scene.logger));
}

START_TEST(warns_of_work_for_a_thread_that_is_not_there)
{
	add_lost_work(CHILD, scene.fork, add_stack(CHILD, spawn_helper), 0);
	run_rules();
	ck_assert_int_eq(the("FC013")->severity, SEVERITY_WARNING);
	ck_assert_int_eq(the("FC013")->certainty, CERTAINTY_OBSERVED);
	ck_assert_ptr_nonnull(strstr(the("FC013")->message, "child 200 gave work to"));
	ck_assert_ptr_nonnull(strstr(the("FC013")->message, "nobody took it"));
	ck_assert_ptr_nonnull(strstr(the("FC013")->why, "it signalled first_mutex 2 times."));
	ck_assert_str_eq(the("FC013")->child.stack.list[0].function, "spawn_helper");
	ck_assert_str_eq(the("FC013")->fork.stack.list[0].function, "spawn_worker");
	ck_assert_uint_eq(the("FC013")->missing_count, 1);
	ck_assert_str_eq(the("FC013")->missing[0].names[0], "logger");
}
END_TEST

START_TEST(only_notes_a_broadcast)
{
	add_lost_work(CHILD, scene.fork, add_stack(CHILD, spawn_helper), LOST_WORK_TO_ALL);
	run_rules();
	ck_assert_int_eq(the("FC013")->severity, SEVERITY_NOTE);
	ck_assert_ptr_null(strstr(the("FC013")->message, "nobody took it"));
}
END_TEST

/* Two lines that give, and more children of the same fork. */
START_TEST(tells_of_one_pool_once)
{
	session_reference work =
		add_lost_work(CHILD, scene.fork, add_stack(CHILD, spawn_helper), 0);
	struct record *record = session_builder_cell(&session, work);

	atomic_store(&record->count, 3);
	add_lost_work(OTHER_CHILD, scene.fork, add_stack(CHILD, logger_main), 0);
	run_rules();
	ck_assert_uint_eq(the("FC013")->count, 4);
	ck_assert_ptr_nonnull(strstr(the("FC013")->why, "as 4 children did"));
}
END_TEST

/* Of the child that the other finding is about, and of no other one. */
START_TEST(leaves_lost_work_to_what_says_more)
{
	session_reference stack = add_stack(CHILD, spawn_helper);

	add_lost_work(CHILD, scene.fork, stack, 0);
	if (_i == 0)
		add_use(CHILD, scene.fork, LOST_JOIN);
	else
		session_add(&session, HANG, hang, 0, .serial = CHILD, .pid = 200, .tid = 200,
			    .kind = HANG_CHILD, .is_proven = 1, .fork = scene.fork, .stack = stack);
	run_rules();
	ck_assert_uint_eq(count_of("FC013"), 0);
}
END_TEST

START_TEST(survives_lost_work_that_refers_to_nothing)
{
	session_add(&session, LOST_WORK, lost_work, UINT32_MAX, .fork = UINT32_MAX,
		    .thread = UINT32_MAX, .stack = UINT32_MAX, .kind = UINT32_MAX,
		    .python = UINT32_MAX, .object = UINT64_MAX);
	run_rules();
	ck_assert_int_eq(the("FC013")->child.pid, -1);
	ck_assert_uint_eq(the("FC013")->missing_count, 0);
}
END_TEST

/* --- FC005 ----------------------------------------------------------------- */

START_TEST(warns_of_a_held_lock_that_nobody_touched)
{
	add_held(&first_mutex, scene.logger, 0);
	run_rules();
	ck_assert_int_eq(the("FC005")->severity, SEVERITY_WARNING);
	ck_assert_int_eq(the("FC005")->certainty, CERTAINTY_OBSERVED);
	ck_assert_uint_eq(the("FC005")->count, 1);
	ck_assert_str_eq(the("FC005")->lock.name, "first_mutex");
	ck_assert_str_eq(the("FC005")->holder.name, "logger");
	ck_assert_int_eq(the("FC005")->fork.child_pid, 200);
	ck_assert(!the("FC005")->child.present);
	ck_assert_uint_eq(count_of("FC001"), 0);
}
END_TEST

/* Of a lock on the heap; `fork` is that of the child which takes it, 0: none does. */
static enum severity severity_of_heap_lock(session_reference fork, uint64_t taken)
{
	session_add(&session, HELD, held, CHILD, .fork = scene.fork, .thread = scene.logger,
		    .lock = UINT64_C(0x7000), .kind = LOCK_MUTEX,
		    .state_length = sizeof(pthread_mutex_t));
	if (fork)
		session_add(&session, TAKEN, taken, OTHER_CHILD, .fork = fork,
			    .stack = add_stack(SERVER, spawn_helper), .lock = taken,
			    .kind = LOCK_MUTEX);
	add_child(OTHER_CHILD, SERVER, fork);
	run_rules();
	return the("FC005")->severity;
}

START_TEST(only_notes_a_lock_that_no_child_asks_for)
{
	ck_assert_int_eq(severity_of_heap_lock(0, 0), SEVERITY_NOTE);
	ck_assert_ptr_nonnull(strstr(the("FC005")->why, "no child of this fork was seen"));
}
END_TEST

START_TEST(warns_of_a_lock_that_a_child_of_the_same_line_takes)
{
	session_reference again = add_fork(SERVER, spawn_worker);
	struct record_fork *fork = session_builder_cell(&session, scene.fork);

	((struct record_fork *)session_builder_cell(&session, again))->stack = fork->stack;
	ck_assert_int_eq(severity_of_heap_lock(again, UINT64_C(0x7000)), SEVERITY_WARNING);
	ck_assert_ptr_nonnull(strstr(the("FC005")->why, "took it in spawn_helper"));
}
END_TEST

START_TEST(does_not_mix_up_who_asks_for_which_lock)
{
	ck_assert_int_eq(severity_of_heap_lock(scene.fork, UINT64_C(0x7000) + 64), SEVERITY_NOTE);
}
END_TEST

START_TEST(does_not_mix_up_children_of_other_lines)
{
	session_reference other = add_fork(SERVER, spawn_helper);

	ck_assert_int_eq(severity_of_heap_lock(other, UINT64_C(0x7000)), SEVERITY_NOTE);
}
END_TEST

START_TEST(warns_once_of_all_children_of_a_fork)
{
	session_reference held = add_held(&first_mutex, scene.logger, 0);

	add_child(OTHER_CHILD, SERVER, scene.fork);
	((struct record *)session_builder_cell(&session, held))->count = 2;
	run_rules();
	ck_assert_uint_eq(the("FC005")->count, 2);
}
END_TEST

/* Only one of the two was forked while the lock was held. */
START_TEST(counts_no_more_children_than_inherited_the_lock)
{
	add_held(&first_mutex, scene.logger, 0);
	add_child(OTHER_CHILD, SERVER, scene.fork);
	run_rules();
	ck_assert_uint_eq(the("FC005")->count, 1);
}
END_TEST

/* The child lost the holder and left the lock alone; its own child waits for it. */
START_TEST(says_once_that_a_lock_is_orphaned)
{
	session_reference fork = add_fork(CHILD, spawn_helper);

	add_held(&first_mutex, scene.logger, 0);
	add_child(GRANDCHILD, CHILD, fork);
	add_wait(GRANDCHILD, fork, 0, 0);
	run_rules();
	ck_assert_uint_eq(the("FC001")->fork.serial, 1);
	ck_assert_uint_eq(count_of("FC005"), 0);
}
END_TEST

/* Another child of the same line waits for it. */
START_TEST(says_once_for_all_children_of_a_line)
{
	struct record_fork *fork = session_builder_cell(&session, scene.fork);
	session_reference again = add_fork(SERVER, spawn_worker);
	struct record_wait *wait;

	add_held(&first_mutex, scene.logger, 0);
	((struct record_fork *)session_builder_cell(&session, again))->stack = fork->stack;
	add_child(OTHER_CHILD, SERVER, again);
	wait = session_builder_cell(&session, add_wait(OTHER_CHILD, again, 0, (uint32_t)_i));
	if (_i) {
		wait->result = EBUSY;
		wait->ended_ns = 1;
	}
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), (size_t)!_i);
	ck_assert_uint_eq(count_of("FC003"), (size_t)(_i != 0));
	ck_assert_uint_eq(count_of("FC005"), 0);
}
END_TEST

START_TEST(does_not_warn_of_a_lock_that_the_child_made_anew)
{
	static const enum lock_operation operations[] = {OPERATION_INIT, OPERATION_UNLOCK,
							 OPERATION_DESTROY, OPERATION_OVERWRITTEN};

	add_touch(CHILD, add_held(&first_mutex, scene.logger, 0), operations[_i], 0);
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 0);
	ck_assert_uint_eq(count_of("FC005"), 0);
}
END_TEST

START_TEST(warns_of_the_lock_that_was_not_touched)
{
	add_touch(CHILD, add_held(&first_mutex, scene.logger, 0), OPERATION_INIT, 0);
	add_held(&second_mutex, scene.logger, 0);
	run_rules();
	ck_assert_str_eq(the("FC005")->lock.name, "second_mutex");
}
END_TEST

START_TEST(does_not_warn_where_every_child_execed)
{
	struct record_fork *fork = session_builder_cell(&session, scene.fork);

	add_held(&first_mutex, scene.logger, 0);
	session_builder_birth_at(&session, 0)->state |= BIRTH_EXECED;
	fork->execs = 1;
	run_rules();
	ck_assert_uint_eq(finding_count, 0);
}
END_TEST

START_TEST(warns_for_the_child_that_did_not_exec)
{
	struct record_fork *fork = session_builder_cell(&session, scene.fork);
	session_reference held = add_held(&first_mutex, scene.logger, 0);

	((struct record *)session_builder_cell(&session, held))->count = 2;
	session_builder_birth_at(&session, 0)->state |= BIRTH_EXECED;
	add_child(OTHER_CHILD, SERVER, scene.fork);
	fork->record.count = 2;
	fork->execs = 1;
	run_rules();
	ck_assert_uint_eq(the("FC005")->count, 1);
	ck_assert_int_eq(the("FC005")->fork.child_pid, 300);
	ck_assert_uint_eq(the("FC008")->count, 1);
	ck_assert_int_eq(the("FC008")->fork.child_pid, 300);
}
END_TEST

/* The lock was free when this one was made. */
START_TEST(does_not_warn_where_no_child_inherited)
{
	add_held(&first_mutex, scene.logger, 0);
	session_builder_birth_at(&session, 0)->state = 0;
	run_rules();
	ck_assert_uint_eq(count_of("FC005"), 0);
}
END_TEST

START_TEST(does_not_warn_of_what_the_forking_thread_holds)
{
	add_held(&first_mutex, scene.main, HELD_BY_FORKER);
	run_rules();
	ck_assert_uint_eq(count_of("FC005"), 0);
}
END_TEST

START_TEST(does_not_warn_of_a_fork_without_children)
{
	session_reference fork = add_fork(CHILD, spawn_helper);

	session_add(&session, HELD, held, CHILD, .fork = fork, .thread = scene.logger,
		    .lock = address_of(&first_mutex), .kind = LOCK_MUTEX);
	run_rules();
	ck_assert_uint_eq(count_of("FC005"), 0);
}
END_TEST

/* --- FC009, FC010 ---------------------------------------------------------- */

static void add_copied(uint32_t process, uint64_t identity, uint32_t kind, uint32_t flags)
{
	session_add(&session, COPIED, copied, process, .identity = identity, .kind = kind,
		    .flags = flags, .descriptor = 1, .length = 5);
}

START_TEST(reports_output_of_parent_and_child)
{
	add_copied(CHILD, 7, COPIED_OUTPUT, COPIED_AT_EXIT);
	add_copied(SERVER, 7, COPIED_OUTPUT, 0);
	run_rules();
	ck_assert_uint_eq(count_of("FC009"), 1);
	ck_assert_int_eq(the("FC009")->severity, SEVERITY_WARNING);
	ck_assert_str_eq(the("FC009")->copied.what, "stdout");
	ck_assert_uint_eq(the("FC009")->copied.bytes, 5);
	ck_assert_int_eq(the("FC009")->child.pid, 200);
	ck_assert(the("FC009")->parent.present);
}
END_TEST

START_TEST(tells_files_of_python_from_streams)
{
	add_copied(CHILD, 7, COPIED_OUTPUT, COPIED_BY_CALL | COPIED_PYTHON);
	add_copied(SERVER, 7, COPIED_OUTPUT, COPIED_BY_CALL | COPIED_PYTHON);
	run_rules();
	ck_assert_uint_eq(count_of("FC009"), 1);
	ck_assert_str_eq(the("FC009")->copied.what, "stdout");
	ck_assert_ptr_nonnull(strstr(the("FC009")->message, "Python's buffer of stdout"));
	ck_assert_ptr_nonnull(strstr(the("FC009")->advice, "sys.stdout.flush()"));
	/* Nothing of Python's ran then. */
	ck_assert_uint_eq(the("FC009")->child.stack.count, 0);
	ck_assert_ptr_nonnull(strstr(the("FC009")->child.deed, "no Python code ran"));
}
END_TEST

START_TEST(reports_no_copies_that_do_not_belong_together)
{
	add_copied(CHILD, 7, COPIED_OUTPUT, 0);
	add_copied(CHILD, 7, COPIED_OUTPUT, 0);
	add_copied(SERVER, 8, COPIED_OUTPUT, 0);
	add_copied(SERVER, 7, COPIED_RANDOM, 0);
	add_copied(UINT32_MAX, 7, COPIED_OUTPUT, 0);
	add_copied(SERVER, 7, UINT32_MAX, 0);
	run_rules();
	ck_assert_uint_eq(count_of("FC009"), 0);
	ck_assert_uint_eq(count_of("FC010"), 0);
}
END_TEST

START_TEST(reports_numbers_of_a_seeded_generator_only)
{
	add_copied(SERVER, 7, COPIED_RANDOM, COPIED_UNSEEDED);
	add_copied(CHILD, 7, COPIED_RANDOM, COPIED_UNSEEDED);
	add_copied(SERVER, 9, COPIED_RAND48, 0);
	add_copied(CHILD, 9, COPIED_RAND48, 0);
	run_rules();
	ck_assert_uint_eq(count_of("FC010"), 1);
	ck_assert_str_eq(the("FC010")->copied.what, "drand48");
}
END_TEST

/* --- FC014 ----------------------------------------------------------------- */

static void add_shared(uint32_t process, uint32_t way, uint64_t since_ns)
{
	static const char peer[] = {AF_INET, 0, 0x15, 0x38, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};

	session_builder_add(&session, RECORD_SHARED_USE, process,
			    &(struct record_shared_use){.identity = 7,
							.since_ns = since_ns,
							.kind = SHARED_SOCKET,
							.way = way,
							.descriptor = 3,
							.peer_length = sizeof(peer)},
			    sizeof(struct record_shared_use), peer, sizeof(peer));
}

static uint64_t birth_of(uint32_t process)
{
	model_update(&model);
	return model_facts(&model, process)->birth_ns;
}

START_TEST(reports_a_connection_that_parent_and_child_read)
{
	add_shared(CHILD, SHARED_READS, birth_of(CHILD));
	add_shared(SERVER, SHARED_READS, birth_of(CHILD) + 1);
	run_rules();
	ck_assert_uint_eq(count_of("FC014"), 1);
	ck_assert_int_eq(the("FC014")->severity, SEVERITY_WARNING);
	ck_assert_str_eq(the("FC014")->shared.what, "connection");
	ck_assert_str_eq(the("FC014")->shared.peer, "127.0.0.1:5432");
	ck_assert_int_eq(the("FC014")->child.pid, 200);
	ck_assert_int_eq(the("FC014")->parent.pid, 100);
	ck_assert(!the("FC014")->parent.is_sibling);
}
END_TEST

/* What the parent did before that fork, after another one. */
START_TEST(reports_no_connection_that_was_used_before_the_fork)
{
	add_shared(CHILD, SHARED_READS, birth_of(CHILD));
	add_shared(SERVER, SHARED_READS, birth_of(CHILD) - 1);
	run_rules();
	ck_assert_uint_eq(count_of("FC014"), 0);
}
END_TEST

START_TEST(reports_no_connection_of_a_reader_and_a_writer)
{
	add_shared(CHILD, SHARED_WRITES, birth_of(CHILD));
	add_shared(SERVER, SHARED_READS, birth_of(CHILD) + 1);
	run_rules();
	ck_assert_uint_eq(count_of("FC014"), 0);
}
END_TEST

/* With a reader among them the other end answers. */
START_TEST(reports_writers_only_where_somebody_reads)
{
	add_shared(CHILD, SHARED_WRITES, birth_of(CHILD));
	add_shared(SERVER, SHARED_WRITES, birth_of(CHILD) + 1);
	if (_i)
		add_shared(SERVER, SHARED_READS, birth_of(CHILD) + 1);
	run_rules();
	ck_assert_uint_eq(count_of("FC014"), (size_t)_i);
}
END_TEST

START_TEST(reports_children_that_have_one_connection)
{
	add_child(OTHER_CHILD, SERVER, scene.fork);
	add_shared(CHILD, SHARED_READS, birth_of(CHILD));
	add_shared(OTHER_CHILD, SHARED_READS, birth_of(OTHER_CHILD));
	run_rules();
	ck_assert_uint_eq(count_of("FC014"), 1);
	ck_assert(the("FC014")->parent.is_sibling);
	ck_assert_int_eq(the("FC014")->child.pid, 300);
	ck_assert_int_eq(the("FC014")->parent.pid, 200);
}
END_TEST

/* The first had done its work when the other one was born. */
START_TEST(reports_no_children_that_come_one_after_the_other)
{
	add_shared(CHILD, SHARED_READS, birth_of(CHILD));
	add_child(OTHER_CHILD, SERVER, scene.fork);
	add_shared(OTHER_CHILD, SHARED_READS, birth_of(OTHER_CHILD));
	run_rules();
	ck_assert_uint_eq(count_of("FC014"), 0);
}
END_TEST

START_TEST(survives_uses_of_nobody_and_of_no_kind)
{
	session_add(&session, SHARED_USE, shared_use, SERVER, .identity = 7, .kind = UINT32_MAX);
	session_add(&session, SHARED_USE, shared_use, CHILD, .identity = 7, .kind = SHARED_SOCKET,
		    .way = UINT32_MAX, .since_ns = UINT64_MAX);
	session_add(&session, SHARED_USE, shared_use, UINT32_MAX, .identity = 7,
		    .kind = SHARED_SOCKET, .since_ns = UINT64_MAX);
	session_add(&session, SHARED_USE, shared_use, CHILD, .identity = 7, .kind = SHARED_SOCKET,
		    .since_ns = UINT64_MAX);
	run_rules();
	ck_assert_uint_eq(count_of("FC014"), 0);
}
END_TEST

START_TEST(says_only_addresses_that_are_whole)
{
	static const char unix_path[] = {AF_UNIX, 0, '/', 'a', 0, 'b'};
	static const char abstract[] = {AF_UNIX, 0, 0, 'a', 'b'};
	char inet6[28] = {AF_INET6, 0, 0, 80, [23] = 1};

	ck_assert_str_eq(peer_words(&arena, unix_path, sizeof(unix_path)), "/a");
	ck_assert_str_eq(peer_words(&arena, unix_path, 4), "/a");
	ck_assert_str_eq(peer_words(&arena, abstract, sizeof(abstract)), "@ab");
	ck_assert_str_eq(peer_words(&arena, inet6, sizeof(inet6)), "[::1]:80");
	ck_assert_ptr_null(peer_words(&arena, inet6, sizeof(inet6) - 1));
	ck_assert_ptr_null(peer_words(&arena, unix_path, 2));
	ck_assert_ptr_null(peer_words(&arena, "\2\0\0\1", 4));
	ck_assert_ptr_null(peer_words(&arena, "\2", 1));
	ck_assert_ptr_null(peer_words(&arena, "\377\377aaaaaaaaaaaaaaaa", 18));
}
END_TEST

/* --- FC008 ----------------------------------------------------------------- */

START_TEST(notes_the_threads_that_were_lost)
{
	struct record_fork *fork = session_builder_cell(&session, scene.fork);

	fork->record.count = 5;
	fork->execs = 2;
	run_rules();
	ck_assert_uint_eq(finding_count, 1);
	ck_assert_int_eq(the("FC008")->severity, SEVERITY_NOTE);
	ck_assert_uint_eq(the("FC008")->count, 3);
	ck_assert_str_eq(the("FC008")->message, "a fork without exec left 1 other thread behind.");
	ck_assert_uint_eq(the("FC008")->missing_count, 1);
	ck_assert_uint_eq(the("FC008")->missing[0].count, 1);
	ck_assert_uint_eq(the("FC008")->missing[0].name_count, 1);
	ck_assert_str_eq(the("FC008")->missing[0].names[0], "logger");
}
END_TEST

/* What its own code asks futexes for may be locks that no hook sees. */
START_TEST(names_whose_locks_are_not_seen)
{
	session_add(&session, USE, use, SERVER, .image = OTHER_CHILD, .kind = USE_FUTEX,
		    .address = (uintptr_t)logger_main);
	run_rules();
	ck_assert_ptr_null(strstr(the("FC008")->why, "not predicted"));
	session_add(&session, USE, use, SERVER, .image = SERVER, .kind = USE_FUTEX,
		    .address = (uintptr_t)logger_main);
	run_rules();
	ck_assert_ptr_nonnull(strstr(the("FC008")->why, "Locks that check makes of futexes"));
	ck_assert_ptr_nonnull(strstr(the("FC008")->why, "not predicted"));
}
END_TEST

START_TEST(groups_lost_threads_by_library)
{
	session_reference threads[5] = {scene.logger};
	const struct missing_group *groups;
	char own[4096] = {0};

	ck_assert_int_gt(readlink("/proc/self/exe", own, sizeof(own) - 1), 0);
	threads[1] = session_add(&session, THREAD, thread, SERVER, .serial = 3, .tid = 103,
				 .name = "nobody");
	threads[2] = session_add(&session, THREAD, thread, SERVER, .serial = 4, .tid = 104,
				 .name = "writer", .start_routine = (uintptr_t)logger_main);
	threads[3] = session_add(&session, THREAD, thread, SERVER, .serial = 5, .tid = 105,
				 .name = "logger", .start_routine = (uintptr_t)logger_main);
	threads[4] = scene.fork; /* no thread */
	session_builder_lost(&session, CHILD, scene.fork, threads, 5);
	run_rules();
	ck_assert_str_eq(the("FC008")->message, "a fork without exec left 5 other threads behind.");
	ck_assert_uint_eq(the("FC008")->missing_count, 2);
	groups = the("FC008")->missing;
	ck_assert_str_eq(groups[0].library, evidence_file_name(own));
	ck_assert_uint_eq(groups[0].count, 3);
	ck_assert_uint_eq(groups[0].name_count, 2);
	ck_assert_str_eq(groups[0].names[0], "logger");
	ck_assert_str_eq(groups[0].names[1], "writer");
	ck_assert_ptr_null(groups[1].library);
	ck_assert_uint_eq(groups[1].count, 1);
	ck_assert_str_eq(groups[1].names[0], "nobody");
}
END_TEST

START_TEST(notes_nothing_where_no_thread_was_lost)
{
	struct record_fork *fork = session_builder_cell(&session, scene.fork);

	if (_i == 0)
		fork->lost = 0;
	else if (_i == 1)
		fork->lost = scene.logger; /* no LOST record */
	else
		fork->execs = 7; /* more than children: a stranger's arithmetic */
	run_rules();
	ck_assert_uint_eq(finding_count, 0);
}
END_TEST

/* --- hangs that were seen from the outside ---------------------------------- */

static session_reference add_hang(enum hang_kind kind, bool is_proven)
{
	return session_add(&session, HANG, hang, 0, .serial = CHILD, .pid = 200 + pid_shift,
			   .tid = 200 + pid_shift, .kind = kind, .is_proven = is_proven,
			   .evidence = is_proven ? EVIDENCE_SERVED : EVIDENCE_NONE, .tasks = 1,
			   .fork = scene.fork, .stack = add_stack(CHILD, spawn_helper));
}

START_TEST(names_the_threads_that_a_child_waits_for)
{
	add_hang(HANG_CHILD, _i);
	run_rules();
	ck_assert_int_eq(the("FC002")->severity, _i ? SEVERITY_ERROR : SEVERITY_WARNING);
	ck_assert_int_eq(the("FC002")->certainty, _i ? CERTAINTY_PROVEN : CERTAINTY_SUSPECTED);
	ck_assert_int_eq(the("FC002")->child.pid, 200);
	ck_assert_int_eq(the("FC002")->fork.pid, 100);
	ck_assert_uint_eq(the("FC002")->missing_count, 1);
	ck_assert_str_eq(the("FC002")->missing[0].names[0], "logger");
	ck_assert_uint_eq(count_of("FC007"), 0);
}
END_TEST

/* The one that lost the thread which gave last, though a later one lost another. */
START_TEST(blames_the_fork_that_lost_the_thread)
{
	session_reference fork = add_fork(CHILD, spawn_helper), own;
	struct record_hang *hang;

	add_child(GRANDCHILD, CHILD, fork);
	own = session_add(&session, THREAD, thread, CHILD, .born_in = CHILD, .serial = 3,
			  .tid = 201, .name = "own");
	session_builder_lost(&session, GRANDCHILD, fork, &own, 1);
	hang = session_builder_cell(&session, add_hang(HANG_CHILD, true));
	hang->serial = GRANDCHILD;
	hang->fork = fork;
	hang->address = 0x7000;
	session_add(&session, OBJECT, object, 0, .serial = GRANDCHILD, .kind = LOCK_SEMAPHORE,
		    .address = 0x7000, .waited = 0x7000,
		    .gave = _i ? UINT64_C(3) << OBJECT_THREAD : UINT64_C(2) << OBJECT_THREAD,
		    .took = _i ? 0 : UINT64_C(3) << OBJECT_THREAD);
	run_rules();
	ck_assert_uint_eq(the("FC002")->missing_count, 1);
	ck_assert_str_eq(the("FC002")->missing[0].names[0], _i ? "own" : "logger");
	ck_assert_uint_eq(the("FC002")->fork.serial, _i ? 2 : 1);
	ck_assert_int_eq(the("FC002")->fork.child_pid, _i ? 400 : 200);
	ck_assert_int_eq(the("FC002")->last_fork.present, !_i);
	if (!_i) {
		ck_assert_uint_eq(the("FC002")->last_fork.serial, 2);
		ck_assert_int_eq(the("FC002")->last_fork.child_pid, 400);
		ck_assert(the("FC002")->last_fork.is_by_same_thread);
	}
}
END_TEST

/* What was found out about it later; where it began in code that anybody may begin in, it is
 * not known whose it is. */
START_TEST(names_a_thread_that_nobody_saw_created)
{
	session_reference thread =
		session_add(&session, THREAD, thread, CHILD, .born_in = SERVER,
			    .serial = _i ? 3 : 0, .tid = 105, .flags = _i ? 0 : THREAD_UNSEEN);

	session_builder_lost(&session, CHILD, scene.fork, &thread, 1);
	session_add(&session, THREAD, thread, 0, .born_in = OTHER_CHILD, .tid = 105,
		    .flags = THREAD_UNSEEN, .name = "other");
	session_add(&session, THREAD, thread, 0, .born_in = SERVER, .tid = 105,
		    .flags = THREAD_UNSEEN, .name = "worker",
		    .start_routine = _i == 2 ? 0x1000 : (uintptr_t)logger_main);
	add_hang(HANG_CHILD, true);
	run_rules();
	ck_assert_uint_eq(the("FC002")->missing_count, 1);
	ck_assert_str_eq(the("FC002")->missing[0].names[0], "worker");
	ck_assert_int_eq(the("FC002")->missing[0].library == NULL, _i == 2);
}
END_TEST

/* Serials begin anew in every program; ids come again. */
START_TEST(names_a_creator_of_the_same_program)
{
	enum { SHELL = 5 };
	session_reference fork, holder, maker;

	session_add(&session, THREAD, thread, SHELL, .born_in = SHELL, .serial = 1, .tid = 500,
		    .flags = THREAD_MAIN, .name = "bash");
	fork = add_fork(CHILD, spawn_helper);
	maker = session_add(&session, THREAD, thread, CHILD, .born_in = SERVER, .serial = 1,
			    .tid = FORKER_IN_CHILD_TID, .flags = THREAD_MAIN, .name = "daemon");
	((struct record_fork *)session_builder_cell(&session, fork))->thread = maker;
	holder = session_add(&session, THREAD, thread, CHILD, .born_in = CHILD, .serial = 3,
			     .tid = LOGGER_TID, .creator = _i ? 7 : 1, .name = "own");
	session_builder_lost(&session, GRANDCHILD, fork, &holder, 1);
	add_child(GRANDCHILD, CHILD, fork);
	add_wait(GRANDCHILD, fork, 0, 0);
	run_rules();
	ck_assert_str_eq(the("FC001")->holder.name, "own");
	ck_assert_int_eq(the("FC001")->holder.creator_tid, _i ? -1 : FORKER_IN_CHILD_TID);
	if (!_i)
		ck_assert_str_eq(the("FC001")->holder.creator_name, "daemon");
	ck_assert_int_eq(the("FC001")->holder.creator_serial == the("FC001")->fork.thread_serial,
			 !_i);
}
END_TEST

START_TEST(tells_places_of_creation_apart)
{
	session_reference threads[4] = {scene.logger};
	const struct missing_group *groups;
	struct record_hang *hang;

	for (uint32_t i = 1; i < 4; i++)
		threads[i] = session_add(
			&session, THREAD, thread, SERVER, .born_in = SERVER, .serial = 2 + i,
			.tid = (int32_t)(101 + i), .start_routine = (uintptr_t)logger_main,
			.name = {(char)('a' + i)},
			/* Two records of one place, and one of another. */
			.created_at = add_stack(SERVER, i == 2 ? spawn_worker : spawn_helper));
	session_builder_lost(&session, CHILD, scene.fork, threads, 4);
	hang = session_builder_cell(&session, add_hang(HANG_CHILD, true));
	hang->address = 0x7000;
	session_add(&session, OBJECT, object, 0, .serial = CHILD, .kind = LOCK_SEMAPHORE,
		    .address = 0x7000, .waited = 0x7000, .took = UINT64_C(4) << OBJECT_THREAD);
	run_rules();
	ck_assert_uint_eq(the("FC002")->missing_count, 3);
	groups = the("FC002")->missing;
	ck_assert_str_eq(groups[0].names[0], "c");
	ck_assert_str_eq(groups[0].created_at.list[0].function, "spawn_worker");
	ck_assert_str_eq(groups[1].names[0], "logger");
	ck_assert_uint_eq(groups[1].created_at.count, 0);
	ck_assert_uint_eq(groups[2].count, 2);
	ck_assert_str_eq(groups[2].created_at.list[0].function, "spawn_helper");
}
END_TEST

/* Adds a PLACE record of what a child waits on, and what it is called in the finding. */
static const struct lock_part *place_of(enum place_kind kind, const char *name, uint64_t address)
{
	struct record_place place = {
		.serial = CHILD,
		.kind = kind,
		.address = address,
		.start = address & ~UINT64_C(0xffff),
		.end = (address | 0xffff) + 1,
		.name_length = (uint32_t)strlen(name),
	};
	struct record_hang *hang = session_builder_cell(&session, add_hang(HANG_CHILD, true));

	hang->address = address;
	session_builder_add(&session, RECORD_PLACE, 0, &place, sizeof(place), name,
			    place.name_length);
	run_rules();
	return &the("FC002")->lock;
}

START_TEST(says_what_memory_a_futex_is_in)
{
	static const struct {
		enum place_kind kind;
		const char *name, *words;
	} places[] = {
		{PLACE_HEAP, "[heap]", "on the heap"},
		{PLACE_STACK, "[stack]", "on the stack of the first thread"},
		{PLACE_ANONYMOUS, "", "in allocated memory"},
		{PLACE_SHARED, "/dev/shm/jobs", "in shared memory /dev/shm/jobs"},
		{PLACE_SHARED, "/dev/zero (deleted)", "in shared memory"},
		{PLACE_FILE, "/tmp/data", "in the memory of /tmp/data"},
	};
	const struct lock_part *lock = place_of(places[_i].kind, places[_i].name, 0x7f0000009000);

	ck_assert(lock->present);
	ck_assert_str_eq(lock->kind, "futex");
	ck_assert_ptr_null(lock->name);
	ck_assert_str_eq(lock->place, places[_i].words);
}
END_TEST

/* The pthread_t of a thread is above its data and its stack. */
START_TEST(says_whose_memory_a_futex_is_in)
{
	session_reference thread = _i ? scene.logger : scene.main;

	((struct record_thread *)session_builder_cell(&session, thread))->self = 0x7f000000f000;
	ck_assert_str_eq(place_of(PLACE_ANONYMOUS, "", 0x7f0000009000)->place,
			 _i ? "in the stack, or the thread-local data, of thread \"logger\""
			    : "in thread-local data of thread \"server\"");
}
END_TEST

START_TEST(names_a_futex_by_its_symbol)
{
	const struct lock_part *lock =
		place_of(PLACE_FILE, "/a/program", address_of(&first_mutex) + 4);

	ck_assert_str_eq(lock->name, "first_mutex+0x4");
	ck_assert_ptr_null(lock->place);
	ck_assert_ptr_null(lock->user);
}
END_TEST

/* By the thread that forked: before the fork, or in the child after it. */
START_TEST(tells_the_child_from_its_parent)
{
	struct record_hang *hang = session_builder_cell(&session, add_hang(HANG_CHILD, true));

	hang->address = 0x7000;
	session_add(&session, OBJECT, object, 0, .serial = CHILD, .kind = LOCK_SEMAPHORE,
		    .address = 0x7000, .waited = 0x7000,
		    .took = UINT64_C(1) << OBJECT_THREAD | (_i ? OBJECT_IN_CHILD : 0));
	run_rules();
	ck_assert(the("FC002")->took.is_forker);
	ck_assert_int_eq(the("FC002")->took.in_child, _i);
}
END_TEST

/* Of two groups, the one with the thread that waited for what the child gave comes first. */
START_TEST(blames_those_who_were_given_work)
{
	session_reference threads[3] = {scene.logger};

	for (uint32_t i = 1; i < 3; i++)
		threads[i] = session_add(&session, THREAD, thread, SERVER, .born_in = SERVER,
					 .serial = 2 + i, .tid = (int32_t)(101 + i),
					 .start_routine = (uintptr_t)logger_main, .name = "helper",
					 .created_at = add_stack(SERVER, spawn_helper));
	session_builder_lost(&session, CHILD, scene.fork, threads, 3);
	add_hang(HANG_CHILD, true);
	if (_i)
		session_add(&session, HANDED, handed, 0, .serial = CHILD,
			    .took = UINT64_C(2) << OBJECT_THREAD);
	run_rules();
	ck_assert_uint_eq(the("FC002")->missing_count, 2);
	ck_assert_str_eq(the("FC002")->missing[0].names[0], _i ? "logger" : "helper");
}
END_TEST

/* What ties it to the threads makes it an error, proven or not. */
START_TEST(takes_evidence_for_an_error)
{
	struct record_hang *hang = session_builder_cell(&session, add_hang(HANG_CHILD, false));

	hang->evidence = (uint32_t)_i;
	run_rules();
	ck_assert_int_eq(the("FC002")->severity, _i ? SEVERITY_ERROR : SEVERITY_WARNING);
	ck_assert_int_eq(the("FC002")->certainty, CERTAINTY_SUSPECTED);
}
END_TEST

/* It tried for the lock of a lost thread on its way to where it hangs. */
START_TEST(only_notes_the_try_of_a_child_that_hangs_elsewhere)
{
	session_reference held = add_held(&first_mutex, scene.logger, 0);
	struct record_wait *record =
		session_builder_cell(&session, add_wait(CHILD, scene.fork, held, WAIT_TRY));

	record->result = EBUSY;
	record->ended_ns = 1;
	add_hang(_i ? HANG_OVER : HANG_CHILD, true);
	run_rules();
	ck_assert_uint_eq(count_of("FC002"), (size_t)!_i);
	ck_assert_int_eq(the("FC003")->severity, _i ? SEVERITY_WARNING : SEVERITY_NOTE);
}
END_TEST

static void add_share(session_reference stack, uint64_t inode, uint32_t process)
{
	session_reference share =
		session_add(&session, SHARE, share, OTHER_CHILD, .inode = inode,
			    .owner = OTHER_CHILD, .pid = 300 + pid_shift, .tid = 300 + pid_shift,
			    .taken = 2, .posted = 1, .stack = stack);
	struct record_hang *hang = session_builder_cell(&session, add_hang(HANG_DEAD_TAKER, true));

	hang->serial = process;
	hang->about = share;
	hang->stack = add_stack(process, process == CHILD ? spawn_helper : spawn_worker);
}

/* Two processes wait for one semaphore at two places; or for two, each taken elsewhere. */
START_TEST(tells_of_a_semaphore_once)
{
	session_reference taken = add_stack(SERVER, spawn_worker);

	add_child(OTHER_CHILD, SERVER, scene.fork);
	add_child(GRANDCHILD, SERVER, scene.fork);
	add_share(taken, 1, CHILD);
	add_share(_i ? add_stack(SERVER, logger_main) : taken, _i ? 2 : 1, GRANDCHILD);
	run_rules();
	ck_assert_uint_eq(count_of("FC012"), _i ? 2 : 1);
	if (!_i)
		ck_assert_uint_eq(the("FC012")->count, 2);
}
END_TEST

START_TEST(believes_the_last_word_on_a_process)
{
	add_hang(HANG_CHILD, false);
	add_hang(_i ? HANG_OVER : HANG_CHILD, true);
	run_rules();
	ck_assert_uint_eq(count_of("FC002"), _i ? 0 : 1);
	if (!_i)
		ck_assert_int_eq(the("FC002")->certainty, CERTAINTY_PROVEN);
}
END_TEST

START_TEST(prefers_the_lock_to_the_threads)
{
	add_wait(CHILD, scene.fork, add_held(&first_mutex, scene.logger, 0), 0);
	add_hang(HANG_CHILD, true);
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 1);
	ck_assert_uint_eq(count_of("FC002"), 0);
}
END_TEST

static session_reference add_inside(uint64_t region)
{
	return session_add(&session, HELD, held, CHILD, .fork = scene.fork, .thread = scene.logger,
			   .lock = region, .kind = LOCK_REGION,
			   .site = (uintptr_t)logger_main + shift + 1, .site_sp = 0x8000,
			   .since_ns = session.time_ns - 2000000);
}

static void add_hang_inside(uint64_t region, session_reference held, bool is_proven)
{
	session_reference wait =
		session_add(&session, WAIT, wait, CHILD, .fork = scene.fork, .held = held,
			    .lock = region, .kind = LOCK_REGION, .flags = WAIT_PERHAPS,
			    .owner = LOGGER_TID + pid_shift, .tid = 200);
	struct record_hang *hang = session_builder_cell(&session, add_hang(HANG_CHILD, is_proven));

	hang->wait = wait;
	hang->evidence = is_proven ? EVIDENCE_HOLDER : EVIDENCE_NONE;
	hang->address = address_of(&first_mutex);
}

START_TEST(names_the_lock_of_a_region)
{
	add_inside(REGION_RANDOM);
	add_hang_inside(REGION_TIME_ZONE, add_inside(REGION_TIME_ZONE), true);
	run_rules();
	ck_assert_int_eq(the("FC001")->certainty, CERTAINTY_PROVEN);
	ck_assert_str_eq(the("FC001")->lock.kind, "libc lock");
	ck_assert_str_eq(the("FC001")->lock.name, "time zone (tzset_lock)");
	ck_assert_uint_eq(the("FC001")->lock.address, address_of(&first_mutex));
	ck_assert_str_eq(the("FC001")->holder.name, "logger");
	ck_assert_ptr_nonnull(the("FC001")->holder.inside);
	ck_assert_ptr_nonnull(strstr(the("FC001")->why, "the thread was inside"));
	ck_assert_uint_eq(count_of("FC002"), 0);
	ck_assert_uint_eq(count_of("FC005"), 0);
}
END_TEST

START_TEST(says_when_several_were_inside)
{
	add_inside(REGION_TIME_ZONE);
	add_hang_inside(REGION_TIME_ZONE, add_inside(REGION_TIME_ZONE), true);
	run_rules();
	ck_assert_ptr_nonnull(strstr(the("FC001")->why, "several threads were inside"));
}
END_TEST

#define OWNER 0x7f0000002345

/* What a child waits for that is stuck on a lock of Python's. */
static void add_hang_on_python_lock(enum lock_kind kind, uint64_t owner, bool is_proven)
{
	struct record_hang *hang = session_builder_cell(&session, add_hang(HANG_CHILD, is_proven));

	hang->address = 0x7ffc1000;
	session_add(&session, OBJECT, object, 0, .serial = CHILD, .kind = kind,
		    .address = 0x7f0000009000, .waited = hang->address, .owner = owner);
}

START_TEST(names_the_owner_of_a_python_lock)
{
	((struct record_thread *)session_builder_cell(&session, scene.logger))->self = OWNER;
	add_hang_on_python_lock(LOCK_PYTHON_RLOCK, OWNER, true);
	run_rules();
	ck_assert_int_eq(the("FC001")->certainty, CERTAINTY_PROVEN);
	ck_assert_str_eq(the("FC001")->lock.kind, "threading.RLock");
	ck_assert_uint_eq(the("FC001")->lock.address, 0x7f0000009000);
	ck_assert_str_eq(the("FC001")->holder.name, "logger");
	ck_assert_uint_eq(count_of("FC002"), 0);
}
END_TEST

/* No owner, one that is not lost, a lock that has no word for it, no proof. */
START_TEST(names_a_python_lock_without_its_owner)
{
	((struct record_thread *)session_builder_cell(&session, scene.logger))->self = OWNER;
	add_hang_on_python_lock(_i == 2 ? LOCK_PYTHON_LOCK : LOCK_PYTHON_RLOCK,
				_i == 0   ? 0
				: _i == 1 ? OWNER + 8
					  : OWNER,
				_i != 3);
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 0);
	ck_assert_str_eq(the("FC002")->lock.kind, _i == 2 ? "threading.Lock" : "threading.RLock");
	ck_assert(!the("FC002")->holder.present);
	ck_assert_int_eq(the("FC002")->certainty, _i == 3 ? CERTAINTY_SUSPECTED : CERTAINTY_PROVEN);
}
END_TEST

/* Inside is no proof: nothing is made of it but where a hang was proven. */
START_TEST(makes_nothing_of_a_region_alone)
{
	session_reference held = add_inside(REGION_TIME_ZONE);

	session_add(&session, WAIT, wait, CHILD, .fork = scene.fork, .held = held,
		    .lock = REGION_TIME_ZONE, .kind = LOCK_REGION, .flags = WAIT_PERHAPS,
		    .tid = 200);
	run_rules();
	ck_assert_uint_eq(count_of("FC001") + count_of("FC002") + count_of("FC003"), 0);
	ck_assert_uint_eq(count_of("FC005"), 0);
}
END_TEST

/* Not proven; nobody known to be inside; no such region. */
START_TEST(leaves_a_hang_that_no_region_explains)
{
	add_hang_inside(_i == 2 ? REGIONS : REGION_TIME_ZONE,
			_i == 1 ? 0 : add_inside(REGION_TIME_ZONE), _i != 0);
	run_rules();
	ck_assert_uint_eq(count_of("FC001"), 0);
	ck_assert_uint_eq(count_of("FC002"), 1);
}
END_TEST

START_TEST(blames_a_handler_for_a_hang_in_fork)
{
	add_hang(HANG_IN_FORK, _i);
	run_rules();
	ck_assert_int_eq(the("FC007")->severity, _i ? SEVERITY_ERROR : SEVERITY_WARNING);
	ck_assert_int_eq(the("FC007")->fork.pid, 200);
	ck_assert_int_eq(the("FC007")->fork.child_pid, -1);
	ck_assert_uint_eq(count_of("FC002"), 0);
}
END_TEST

/* From the inside: libc waits, perhaps a handler, fork(), who called it, libc's start-up. */
START_TEST(finds_the_handler_above_fork)
{
	struct frame list[] = {
		{.module = "/lib/libc.so.6", .function = "fork"},
		{.module = "/bin/program", .function = "spawn"},
		{.module = "/lib/libc.so.6", .function = "__libc_start_call_main"},
		{.module = "/lib/libc.so.6", .function = "__libc_start_main"},
		{.module = "/bin/program"},
	};
	struct frames stack = {.list = list, .count = sizeof(list) / sizeof(list[0])};
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct fork_stack split = fork_stack_split(&judgement, CHILD, &stack);

	ck_assert_ptr_null(split.handler);
	ck_assert_ptr_eq(split.caller.list, &list[1]);
	list[0].function = NULL;
	split = fork_stack_split(&judgement, CHILD, &stack);
	ck_assert_ptr_null(split.handler);
	ck_assert_uint_eq(split.caller.count, stack.count);
	list[2].function = list[3].function = "fork";
	split = fork_stack_split(&judgement, CHILD, &stack);
	ck_assert_ptr_eq(split.handler, &list[1]);
	ck_assert_ptr_eq(split.caller.list, &list[4]);
}
END_TEST

/* What a signal interrupted called no handler of fork(). */
START_TEST(finds_the_signal_below_fork)
{
	struct frame list[] = {
		{.module = "/lib/libc.so.6"},
		{.module = "/lib/libc.so.6", .function = "fork"},
		{.module = "/bin/program", .function = "on_alarm"},
		{.module = "/lib/libc.so.6", .is_signal = true},
		{.module = "/lib/libc.so.6", .function = "malloc"},
		{.module = "/bin/program", .function = "main"},
	};
	struct frames stack = {.list = list, .count = sizeof(list) / sizeof(list[0])};
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct fork_stack split = fork_stack_split(&judgement, CHILD, &stack);

	ck_assert_ptr_null(split.handler);
	ck_assert_ptr_eq(split.caller.list, &list[2]);
	ck_assert_ptr_eq(split.signal_handler, &list[2]);
	ck_assert_str_eq(split.interrupted, "malloc");
	ck_assert_ptr_eq(split.interrupted_stack.list, &list[4]);
}
END_TEST

/* Of the Python frames, those that are deeper in the stack than what runs hooks are the hook's. */
START_TEST(finds_the_hook_of_an_interpreter)
{
	struct frame list[] = {
		{.module = "/lib/libc.so.6", .sp = 0x1000},
		{.module = "/usr/bin/python3", .function = "PyOS_BeforeFork", .sp = 0x3000},
		{.module = "/usr/bin/python3", .function = "os_fork", .sp = 0x4000},
	};
	struct frame lines[] = {
		{.function = "wait", .file = "/a/locks.py", .line = 7, .sp = 0x1800},
		{.function = "hook", .file = "/a/app.py", .line = 4, .sp = 0x2800},
		{.function = "start", .file = "/a/app.py", .line = 9, .sp = 0x4800},
	};
	struct python_frames python = {.list = lines, .count = 3};
	struct frames stack = {.list = list, .count = 3, .python = &python};
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct fork_stack split = fork_stack_split(&judgement, CHILD, &stack);

	ck_assert_ptr_eq(split.hook, &lines[1]);
	ck_assert_ptr_null(split.handler);
	ck_assert_ptr_eq(split.caller.list, &list[2]);
	ck_assert_ptr_eq(split.caller.python->list, &lines[2]);
	ck_assert_uint_eq(split.caller.python->count, 1);
	python.count = 0;
	split = fork_stack_split(&judgement, CHILD, &stack);
	ck_assert_ptr_null(split.hook);
}
END_TEST

static session_reference add_blocked(int32_t tid, const void *lock, int32_t holder,
				     session_reference next, uint32_t flags)
{
	return session_add(&session, BLOCKED, blocked, 0, .serial = CHILD, .tid = tid,
			   .lock = lock ? address_of(lock) : 0, .kind = lock ? LOCK_MUTEX : 0,
			   .flags = BLOCKED_CERTAIN, .holder = holder, .descriptor = -1,
			   .next = next, .held_flags = flags,
			   .site = (uintptr_t)logger_main + shift,
			   .stack = add_stack(CHILD, spawn_worker));
}

static struct record_hang *add_fork_hang(session_reference blocked)
{
	struct record_hang *hang = session_builder_cell(&session, add_hang(HANG_IN_FORK, true));

	hang->about = blocked;
	return hang;
}

START_TEST(says_that_the_forking_thread_has_the_lock)
{
	add_fork_hang(add_blocked(200, &first_mutex, 200, 0, 0));
	run_rules();
	ck_assert_str_eq(the("FC007")->lock.name, "first_mutex");
	ck_assert_int_eq(the("FC007")->holder.tid, 200);
	ck_assert(the("FC007")->holder.is_forker);
	ck_assert_ptr_nonnull(strstr(the("FC007")->message, "the forking thread itself holds"));
	ck_assert_uint_eq(the("FC007")->blocked_count, 0);
}
END_TEST

/* What was suspected from outside lasts as long as the hang. */
START_TEST(takes_back_what_it_suspected_of_a_private_lock)
{
	session_reference wait = add_wait(CHILD, scene.fork, 0, WAIT_SEEN);
	struct record_wait *record = session_builder_cell(&session, wait);
	struct record_hang *hang;

	record->is_in_shared_memory = 1;
	run_rules();
	ck_assert_uint_eq(count_of("FC016"), 0);
	hang = session_builder_cell(&session, add_hang(HANG_CHILD, false));
	hang->wait = wait;
	run_rules();
	ck_assert_int_eq(the("FC016")->severity, SEVERITY_ERROR);
	ck_assert_int_eq(the("FC016")->certainty, CERTAINTY_SUSPECTED);
	ck_assert_uint_eq(count_of("FC002"), 0);
	add_hang(HANG_OVER, false);
	run_rules();
	ck_assert_uint_eq(count_of("FC016"), 0);
}
END_TEST

/* Taken twice, by two in the opposite order, or perhaps. */
START_TEST(warns_of_a_lock_that_the_child_itself_has)
{
	session_reference other = add_blocked(LOGGER_TID, &second_mutex, 200, 0, 0);
	session_reference first =
		add_blocked(200, &first_mutex, _i == 1 ? LOGGER_TID : 200, _i == 1 ? other : 0, 0);
	struct record_hang *hang = session_builder_cell(&session, add_hang(HANG_OWN_LOCK, _i != 2));

	hang->about = first;
	run_rules();
	ck_assert_int_eq(the("FC017")->severity, SEVERITY_WARNING);
	ck_assert_int_eq(the("FC017")->certainty, _i == 2 ? CERTAINTY_SUSPECTED : CERTAINTY_PROVEN);
	ck_assert_str_eq(the("FC017")->lock.name, "first_mutex");
	ck_assert_int_eq(the("FC017")->holder.tid, _i == 1 ? LOGGER_TID : 200);
	ck_assert(!the("FC017")->holder.is_forker);
	ck_assert_uint_eq(the("FC017")->blocked_count, _i == 1);
	ck_assert_str_eq(the("FC017")->remedy.id, _i == 1 ? "own-order" : "own-twice");
	ck_assert_uint_eq(count_of("FC002"), 0);
	ck_assert_ptr_null(judge_process(&model, &arena, CHILD));
	ck_assert_str_eq(judge_wait(&model, &arena, CHILD)->code, "FC017");
	ck_assert_ptr_null(judge_wait(&model, &arena, OTHER_CHILD));
}
END_TEST

START_TEST(survives_a_lock_of_its_own_without_a_chain)
{
	struct record_hang *hang = session_builder_cell(&session, add_hang(HANG_OWN_LOCK, true));

	hang->about = _i ? UINT32_MAX : 0;
	hang->fork = _i ? UINT32_MAX : 0;
	run_rules();
	ck_assert_ptr_nonnull(strstr(the("FC017")->message, "a lock"));
	ck_assert(!the("FC017")->fork.present);
}
END_TEST

/* The other waits for what a handler took, what was held before, or nothing that is known. */
START_TEST(says_where_the_holder_stands)
{
	static const char *const words[] = {"in the opposite order", "held when it called fork()",
					    "has it, and is in"};
	static const char *const cures[] = {("register those for first_mutex after those for "
					     "second_mutex"),
					    "release second_mutex before", "give first_mutex back"};
	session_reference other = _i == 2 ? add_blocked(LOGGER_TID, NULL, 0, 0, 0)
					  : add_blocked(LOGGER_TID, &second_mutex, 200, 0,
							_i ? 0 : HELD_FROM_HANDLER);

	add_fork_hang(add_blocked(200, &first_mutex, LOGGER_TID, other, 0));
	run_rules();
	ck_assert_ptr_nonnull(strstr(the("FC007")->why, words[_i]));
	ck_assert_ptr_nonnull(strstr(the("FC007")->advice, cures[_i]));
	ck_assert_int_eq(the("FC007")->holder.tid, LOGGER_TID);
	ck_assert_uint_eq(the("FC007")->blocked_count, 1);
	ck_assert_int_eq(the("FC007")->blocked[0].held_by, _i == 2 ? -1 : 200);
}
END_TEST

/* A log may say anything: a chain that bites its tail, a reference to something else. */
START_TEST(survives_a_hostile_chain)
{
	session_reference blocked = add_blocked(200, &first_mutex, LOGGER_TID, 0, 0);
	struct record_blocked *record = session_builder_cell(&session, blocked);

	record->next = _i ? blocked : scene.fork;
	record->kind = _i ? UINT32_MAX : LOCK_THREAD;
	record->descriptor = INT32_MIN;
	add_fork_hang(blocked);
	run_rules();
	ck_assert_uint_eq(count_of("FC007"), 1);
}
END_TEST

START_TEST(tells_what_was_done_to_the_process)
{
	struct record_action action = {.pid = 200, .what_length = 6};

	add_wait(CHILD, scene.fork, add_held(&first_mutex, scene.logger, 0), 0);
	add_child(OTHER_CHILD, SERVER, scene.fork);
	run_rules();
	ck_assert_ptr_null(the("FC001")->action);
	action.pid = 300;
	session_builder_add(&session, RECORD_ACTION, 0, &action, sizeof(action), "missed", 6);
	action.pid = 200;
	session_builder_add(&session, RECORD_ACTION, 0, &action, sizeof(action), "killed", 6);
	run_rules();
	ck_assert_str_eq(the("FC001")->action, "killed");
	ck_assert_ptr_null(the("FC008")->action);
}
END_TEST

START_TEST(gives_the_worst_of_one_process)
{
	session_reference held = add_held(&first_mutex, scene.logger, 0);
	struct record_wait *record =
		session_builder_cell(&session, add_wait(CHILD, scene.fork, held, WAIT_TRY));

	record->result = EBUSY;
	record->ended_ns = 1;
	record->lock = address_of(&second_mutex);
	add_wait(CHILD, scene.fork, held, 0);
	add_child(OTHER_CHILD, SERVER, scene.fork);
	model_update(&model);
	ck_assert_str_eq(judge_process(&model, &arena, CHILD)->code, "FC001");
	ck_assert_ptr_null(judge_process(&model, &arena, OTHER_CHILD));
	ck_assert_ptr_null(judge_process(&model, &arena, 12345));
}
END_TEST

/* Nobody reads the notes of a run without findings unless asked. */
START_TEST(gives_notes_where_they_are_read)
{
	model_update(&model);
	judge(&model, &arena, false, &findings, &finding_count);
	ck_assert_uint_eq(finding_count, 0);
	add_held(&first_mutex, scene.logger, 0);
	model_update(&model);
	judge(&model, &arena, false, &findings, &finding_count);
	ck_assert_uint_eq(count_of("FC005"), 1);
	ck_assert_uint_eq(count_of("FC008"), 1);
}
END_TEST

/* --- one list ---------------------------------------------------------------- */

START_TEST(merges_the_same_finding_of_two_children)
{
	session_reference held = add_held(&first_mutex, scene.logger, 0);

	add_child(OTHER_CHILD, SERVER, scene.fork);
	add_wait(CHILD, scene.fork, held, 0);
	add_wait(OTHER_CHILD, scene.fork, held, 0);
	run_rules();
	ck_assert_uint_eq(the("FC001")->count, 2);
	ck_assert_int_eq(the("FC001")->child.pid, 200);
}
END_TEST

START_TEST(sorts_the_most_severe_first)
{
	session_reference fork = add_fork(CHILD, spawn_helper);

	session_builder_lost(&session, GRANDCHILD, fork, &scene.logger, 1);
	add_child(GRANDCHILD, CHILD, fork);
	session_add(&session, HELD, held, GRANDCHILD, .fork = fork, .thread = scene.logger,
		    .lock = address_of(&second_mutex), .kind = LOCK_MUTEX);
	add_held(&second_mutex, scene.logger, 0);
	add_wait(CHILD, scene.fork, add_held(&first_mutex, scene.logger, 0), 0);
	run_rules();
	static const struct {
		const char *code;
		uint64_t fork;
	} expected[] = {{"FC001", 1}, {"FC005", 1}, {"FC005", 2}, {"FC008", 1}, {"FC008", 2}};
	ck_assert_uint_eq(finding_count, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < finding_count; i++) {
		ck_assert_str_eq(findings[i].code, expected[i].code);
		ck_assert_uint_eq(findings[i].fork.serial, expected[i].fork);
		ck_assert_ptr_nonnull(findings[i].fingerprint);
		ck_assert_ptr_nonnull(findings[i].suppression);
	}
}
END_TEST

START_TEST(keeps_as_many_findings_as_there_are)
{
	struct judgement judgement = {.model = &model, .arena = &arena};

	for (uint64_t i = 0; i < 100; i++)
		judgement_add(&judgement, &rules[0])->fork.serial = i;
	ck_assert_uint_eq(judgement.count, 100);
	for (uint64_t i = 0; i < 100; i++) {
		ck_assert_uint_eq(judgement.findings[i].fork.serial, i);
		ck_assert_uint_eq(judgement.findings[i].count, 1);
		ck_assert_str_eq(judgement.findings[i].code, rules[0].code);
	}
}
END_TEST

START_TEST(has_nothing_to_say_of_an_empty_session)
{
	struct session_builder empty;

	end_scene();
	session_builder_open(&empty, 2, 4);
	ck_assert_ptr_null(reader_open(&reader, empty.header, empty.size));
	model_init(&model, &reader, NULL);
	arena_init(&arena);
	run_rules();
	ck_assert_uint_eq(finding_count, 0);
	session = empty;
}
END_TEST

/* --- fingerprints ------------------------------------------------------------ */

/* The fingerprint and suppression of one wait, in a run of its own. */
static char *fingerprint_of_run(uint64_t distance, void (*from)(void), const pthread_mutex_t *mutex)
{
	char *fingerprint;
	session_reference wait;

	end_scene();
	begin_scene(distance, from);
	wait = add_wait(CHILD, scene.fork, add_held(mutex, scene.logger, 0), 0);
	((struct record_wait *)session_builder_cell(&session, wait))->lock = address_of(mutex);
	run_rules();
	ck_assert_int_eq(the("FC001")->child.pid, 200 + pid_shift);
	ck_assert_uint_eq(the("FC001")->lock.address, address_of(mutex));
	fingerprint = strdup(the("FC001")->fingerprint);
	return fingerprint;
}

START_TEST(knows_a_finding_again_in_another_run)
{
	char *first = fingerprint_of_run(0, spawn_worker, &first_mutex);
	char *moved = fingerprint_of_run(0x12340000, spawn_worker, &first_mutex);
	char *other_lock = fingerprint_of_run(0, spawn_worker, &second_mutex);
	char *other_fork = fingerprint_of_run(0, spawn_helper, &first_mutex);

	ck_assert_str_eq(first, moved);
	ck_assert_str_ne(first, other_lock);
	ck_assert_str_ne(first, other_fork);
	ck_assert_int_eq(strncmp(first, "FC001-", 6), 0);
	free(first);
	free(moved);
	free(other_lock);
	free(other_fork);
}
END_TEST

START_TEST(tells_rules_apart_in_fingerprints)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct finding one = {.code = "FC001"}, other = {.code = "FC005"};

	evidence_identify(&judgement, &one);
	evidence_identify(&judgement, &other);
	ck_assert_str_ne(one.fingerprint + 5, other.fingerprint + 5);
	/* Nothing else says which one it is. */
	ck_assert_str_eq(one.suppression,
			 arena_printf(&arena, "rule:FC001 fingerprint:%s", one.fingerprint));
}
END_TEST

static const char *fingerprint_of_stack(struct frame *frames, size_t count)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct finding finding = {.code = "FC002",
				  .child = {.stack = {.list = frames, .count = count}}};

	evidence_identify(&judgement, &finding);
	return finding.fingerprint;
}

START_TEST(counts_functions_without_names_once)
{
	struct frame stripped = {.module = "libgomp.so.1"}, other = {.module = "libtbb.so.12"};
	struct frame named = {.module = "libgomp.so.1", .function = "GOMP_parallel"};
	const char *once = fingerprint_of_stack((struct frame[]){stripped, named}, 2);

	ck_assert_str_eq(fingerprint_of_stack((struct frame[]){stripped, stripped, named}, 3),
			 once);
	ck_assert_str_ne(fingerprint_of_stack((struct frame[]){stripped, other, named}, 3), once);
	ck_assert_str_ne(fingerprint_of_stack((struct frame[]){stripped, named, named}, 3), once);
	ck_assert_str_ne(fingerprint_of_stack((struct frame[]){named}, 1), once);
}
END_TEST

START_TEST(knows_a_bundled_library_again_in_the_next_wheel)
{
	struct frame old = {.module = "/v/libgomp-1a2b3c4d.so.1.0.0"};
	struct frame new = {.module = "/v/libgomp-e985bcbb.so.1.0.0"};
	struct frame other = {.module = "/v/libtbb-e985bcbb.so.1.0.0"};

	ck_assert_str_eq(fingerprint_of_stack(&old, 1), fingerprint_of_stack(&new, 1));
	ck_assert_str_ne(fingerprint_of_stack(&old, 1), fingerprint_of_stack(&other, 1));
}
END_TEST

/* Where one text ends and the next begins is part of the identity. */
START_TEST(keeps_texts_apart_in_fingerprints)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct finding one = {.code = "X", .lock = {.kind = "ab", .name = "c"}};
	struct finding other = {.code = "X", .lock = {.kind = "a", .name = "bc"}};

	evidence_identify(&judgement, &one);
	evidence_identify(&judgement, &other);
	ck_assert_str_ne(one.fingerprint, other.fingerprint);
}
END_TEST

/* Identified; taken by `function`. */
static struct finding held_at_fork(const char *name, const char *function, enum severity severity)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct frame *frame = arena_array(&arena, 1, sizeof(*frame));
	struct finding finding = {.code = "FC005", .count = 1, .severity = severity};

	frame->function = function;
	finding.lock = (struct lock_part){.present = true, .kind = "mutex", .name = name};
	finding.holder.acquired_at = (struct frames){.list = frame, .count = 1};
	evidence_identify(&judgement, &finding);
	return finding;
}

START_TEST(merges_the_parts_of_an_object_that_one_line_takes)
{
	struct finding list[] = {
		held_at_fork("stripes+0x28", "take_all", SEVERITY_WARNING),
		held_at_fork("stripes+0x50", "take_all", SEVERITY_WARNING),
		held_at_fork("stripes+0x28", "take_one", SEVERITY_WARNING),
		held_at_fork("stripes+0x28", "take_all", SEVERITY_WARNING),
		held_at_fork("other+0x28", "take_all", SEVERITY_WARNING),
		held_at_fork("plain", "take_all", SEVERITY_WARNING),
		held_at_fork("plain", "take_one", SEVERITY_WARNING),
		held_at_fork("stripes+0x78", "take_all", SEVERITY_WARNING),
	};

	ck_assert_uint_eq(judge_merge(list, sizeof(list) / sizeof(*list)), 4);
	ck_assert_str_eq(list[0].lock.name, "stripes+0x28");
	ck_assert_uint_eq(list[0].count, 4);
	ck_assert_uint_eq(list[0].lock.alike, 2);
	for (size_t i = 1; i < 4; i++)
		ck_assert_uint_eq(list[i].lock.alike, 0);
}
END_TEST

START_TEST(suppresses_a_warning_for_all_parts_of_an_object)
{
	ck_assert_str_eq(held_at_fork("stripes+0x28", "f", SEVERITY_WARNING).suppression,
			 "rule:FC005 lock:stripes+*");
	ck_assert_str_eq(held_at_fork("stripes+0x28", "f", SEVERITY_ERROR).suppression,
			 "rule:FC005 lock:stripes+0x28");
	ck_assert_str_eq(held_at_fork("plain", "f", SEVERITY_WARNING).suppression,
			 "rule:FC005 lock:plain");
}
END_TEST

START_TEST(suppresses_by_function_where_the_lock_has_no_name)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct frame fork_frames[] = {{.function = NULL},
				      {.function = "spawn", .module = "/srv/server"}};
	struct frame child_frames[] = {{.function = "log_write", .module = "/srv/server"}};
	struct finding finding = {.code = "FC001", .fork.stack = {.list = fork_frames, .count = 2}};

	evidence_identify(&judgement, &finding);
	ck_assert_str_eq(finding.suppression, "rule:FC001 fork:spawn");
	finding.child.stack = (struct frames){.list = child_frames, .count = 1};
	evidence_identify(&judgement, &finding);
	ck_assert_str_eq(finding.suppression, "rule:FC001 wait:log_write fork:spawn");
}
END_TEST

/* Identified; threads of `library` are missing. */
static const char *suppression_of_missing(const char *library)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct missing_group group = {.library = library, .count = 1};
	struct finding finding = {
		.code = "FC002", .severity = SEVERITY_ERROR, .missing = &group, .missing_count = 1};

	evidence_identify(&judgement, &finding);
	return finding.suppression;
}

/* Of an interpreter's threads: whose package started them. */
START_TEST(suppresses_by_the_package_of_python_threads)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct origin posthog = {.kind = ORIGIN_PACKAGE, .package = "posthog"};
	struct missing_group group = {.library = "libpython3.12.so.1.0",
				      .count = 1,
				      .is_python = true,
				      .origin = &posthog};
	struct frame fork_frame = {.function = "start", .module = "/srv/server"};
	struct finding finding = {.code = "FC008",
				  .fork.stack = {.list = &fork_frame, .count = 1},
				  .missing = &group,
				  .missing_count = 1};
	struct suppressions *suppressions = suppressions_new();

	evidence_identify(&judgement, &finding);
	ck_assert_str_eq(finding.suppression, "rule:FC008 fork:start package:posthog");
	suppressions_add(suppressions, finding.suppression);
	ck_assert(suppressions_match(suppressions, &finding));
	suppressions_free(suppressions);
	group.origin = NULL;
	evidence_identify(&judgement, &finding);
	ck_assert_str_eq(finding.suppression, "rule:FC008 fork:start");
}
END_TEST

/* Identified; waits in these frames. */
static struct finding waiting_in(struct frame *frames, size_t count)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct finding finding = {
		.code = "FC002",
		.name = "lost-wakeup",
		.severity = SEVERITY_ERROR,
		.count = 1,
		.child = {.present = true, .stack = {.list = frames, .count = count}}};

	evidence_identify(&judgement, &finding);
	return finding;
}

START_TEST(suppresses_by_what_the_user_wrote)
{
	struct frame futex = {.function = "futex_wait", .module = "/lib/x86_64/libc.so.6"};
	struct frame wait = {.function = "std::condition_variable::wait",
			     .module = "/usr/lib/x86_64/libstdc++.so.6"};
	struct frame pool = {.function = "pool_run", .module = "/usr/lib/x86_64/libpool.so.1"};
	struct frame own = {.function = "work", .module = "/srv/server", .file = "/b/src/work.c"};

	ck_assert_str_eq(waiting_in((struct frame[]){futex, wait, pool, own}, 4).suppression,
			 "rule:FC002 wait:work file:work.c");
	ck_assert_str_eq(waiting_in((struct frame[]){futex, wait, pool}, 3).suppression,
			 "rule:FC002 wait:pool_run");
}
END_TEST

START_TEST(knows_a_finding_again_with_another_runtime)
{
	struct frame old = {.function = "futex_wait", .module = "/lib/x86_64/libc.so.6"};
	struct frame new = {.function = "__futex_abstimed_wait", .module = "/lib/libc.so.6"};
	struct frame own = {.function = "work", .module = "/srv/server"};
	struct frame copy = {.function = "work", .module = "/tmp/other-0a5e1c3f9b8d7e62"};
	const char *fingerprint = waiting_in((struct frame[]){old, own}, 2).fingerprint;

	ck_assert_str_eq(waiting_in((struct frame[]){new, new, own}, 3).fingerprint, fingerprint);
	ck_assert_str_eq(waiting_in((struct frame[]){old, copy}, 2).fingerprint, fingerprint);
	/* Where nothing but runtimes is known, they tell. */
	ck_assert_str_ne(waiting_in(&old, 1).fingerprint, waiting_in(&new, 1).fingerprint);
}
END_TEST

START_TEST(keeps_findings_of_two_programs_apart)
{
	struct frame own = {.function = "work", .module = "/srv/server"};
	struct finding list[] = {waiting_in(&own, 1), waiting_in(&own, 1), waiting_in(&own, 1)};

	list[0].fork.program = "/srv/server-0a5e1c3f9b8d7e62";
	list[1].fork.program = "/srv/client";
	list[2].fork.program = "/tmp/server-1a2b3c4d5e6f7a8b";
	ck_assert_uint_eq(judge_merge(list, 3), 2);
	ck_assert_uint_eq(list[0].count + list[1].count, 3);
}
END_TEST

START_TEST(knows_a_ring_again_whoever_is_found_first)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct frame join = {.function = "join", .module = "/srv/server"};
	struct frame put = {.function = "put", .module = "/srv/server"};
	struct cycle_edge one = {.stack = {.list = &join, .count = 1}};
	struct cycle_edge other = {.stack = {.list = &put, .count = 1}};
	struct finding here = {
		.code = "FC011", .cycle = (struct cycle_edge[]){one, other}, .cycle_count = 2};
	struct finding there = {.code = "FC011",
				.cycle = (struct cycle_edge[]){other, one, other},
				.cycle_count = 3};
	struct finding less = {.code = "FC011", .cycle = &one, .cycle_count = 1};

	evidence_identify(&judgement, &here);
	evidence_identify(&judgement, &there);
	evidence_identify(&judgement, &less);
	ck_assert_str_eq(here.fingerprint, there.fingerprint);
	ck_assert_str_ne(here.fingerprint, less.fingerprint);
	ck_assert_str_eq(here.suppression, "rule:FC011 wait:join wait:put");
}
END_TEST

/* Each caller waits in take(). */
static struct finding waiting_for(const char *caller)
{
	struct frame *frames = arena_array(&arena, 2, sizeof(*frames));

	frames[0] = (struct frame){.function = "take", .module = "/srv/server"};
	frames[1] = (struct frame){.function = caller, .module = "/srv/server"};
	return waiting_in(frames, 2);
}

START_TEST(narrows_lines_until_they_hide_their_own)
{
	struct finding list[] = {waiting_for("read_job"), waiting_for("write_job"),
				 waiting_for("read_job")};

	suppressions_narrow(&arena, list, 1);
	ck_assert_str_eq(list[0].suppression, "rule:FC002 wait:take");
	suppressions_narrow(&arena, list, 3);
	ck_assert_str_eq(list[0].suppression, "rule:FC002 wait:take wait:read_job");
	ck_assert_str_eq(list[1].suppression, "rule:FC002 wait:take wait:write_job");
	/* What differs in no word but this: the last resort. */
	list[2].fingerprint = "FC002-0123456789abcdef";
	suppressions_narrow(&arena, list, 3);
	ck_assert_str_eq(list[2].suppression, "rule:FC002 fingerprint:FC002-0123456789abcdef");
	ck_assert_str_eq(list[1].suppression, "rule:FC002 wait:take wait:write_job");
}
END_TEST

START_TEST(suppresses_a_library_of_any_wheel)
{
	const char *line = suppression_of_missing("prog-0a5e1c3f9b8d7e62");

	ck_assert_str_eq(suppression_of_missing("libgomp.so.1"), "rule:FC002 library:libgomp.so.1");
	ck_assert_str_eq(suppression_of_missing("libgomp-e985bcbb.so.1.0.0"),
			 "rule:FC002 library:libgomp-*.so*");
	ck_assert_str_eq(suppression_of_missing("a*b-e985bcbb.so"),
			 "rule:FC002 library:a\\*b-*.so*");
	/* The program itself says nothing. */
	ck_assert_int_eq(strncmp(line, "rule:FC002 fingerprint:FC002-", 29), 0);
}
END_TEST

/* --- evidence ---------------------------------------------------------------- */

/* Ranges that wrap around or end before they begin. */
static const uint64_t hostile_addresses[] = {
	0, 8, 0x8000, 0x48000000, 1ul << 47, UINT64_MAX - 7, UINT64_MAX - 0xff};
#define HOSTILE_ADDRESSES (sizeof(hostile_addresses) / sizeof(*hostile_addresses))

START_TEST(walks_hostile_acquisitions)
{
	static const uint8_t bytes[256];
	struct record_stack stack = {.length = sizeof(bytes), .address = hostile_addresses[_i]};
	struct judgement judgement = {.model = &model, .arena = &arena};

	stack.registers.pc = (uintptr_t)logger_main;
	for (size_t i = 0; i < HOSTILE_ADDRESSES; i++) {
		struct record_held held = {.thread = scene.logger};

		stack.registers.sp = hostile_addresses[i];
		held.acquired = session_builder_add(&session, RECORD_STACK, SERVER, &stack,
						    sizeof(stack), bytes, sizeof(bytes));
		held.frozen = held.acquired;
		model_update(&model);
		for (size_t k = 0; k < HOSTILE_ADDRESSES; k++) {
			struct holder_part part = {0};

			held.site_sp = hostile_addresses[k];
			evidence_holder(&judgement, &part, SERVER, &held);
			ck_assert_str_eq(part.name, "logger");
			ck_assert_uint_ge(part.acquired_at.count, 1);
		}
	}
}
END_TEST

START_TEST(does_not_tell_a_time_that_is_not_known)
{
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct record_held held = {.record.time_ns = 10000000, .since_ns = 4000000};
	struct holder_part part = {0};

	model_update(&model);
	evidence_holder(&judgement, &part, SERVER, &held);
	ck_assert_double_eq_tol(part.held_ms, 6, 0.001);
	held.flags = HELD_WHILE_WAITING;
	evidence_holder(&judgement, &part, SERVER, &held);
	ck_assert_double_lt(part.held_ms, 0);
	held.flags = 0;
	held.since_ns = 20000000;
	evidence_holder(&judgement, &part, SERVER, &held);
	ck_assert_double_lt(part.held_ms, 0);
	held.since_ns = 0;
	evidence_holder(&judgement, &part, SERVER, &held);
	ck_assert_double_lt(part.held_ms, 0);
}
END_TEST

/* Names come from strangers: they need not end. */
START_TEST(reads_no_name_beyond_its_field)
{
	struct record_thread thread = {.tid = 5};
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct holder_part part = {0};

	memset(thread.name, 'x', sizeof(thread.name));
	evidence_thread(&judgement, &part, SERVER, &thread, -1);
	ck_assert_str_eq(part.name, "xxxxxxxxxxxxxxxx");
	thread.name[0] = '\0';
	evidence_thread(&judgement, &part, SERVER, &thread, -1);
	ck_assert_ptr_null(part.name);
}
END_TEST

/* Crates of one program, whose file says nothing. */
START_TEST(blames_the_package_that_the_child_waits_in)
{
	static const struct origin rayon = {.kind = ORIGIN_PACKAGE, .package = "rayon-core"},
				   client = {.kind = ORIGIN_PACKAGE, .package = "reqwest"};
	struct judgement judgement = {.model = &model, .arena = &arena};
	struct frame stack[] = {
		{.function = "std::thread::park", .module = "/srv/server", .is_rust = true},
		{.function = "reqwest::wait", .module = "/srv/server", .is_rust = true},
		{.function = "server::main", .module = "/srv/server", .is_rust = true}};
	struct missing_group groups[] = {{.library = "server", .count = 2, .origin = &rayon},
					 {.library = "server", .count = 1},
					 {.library = "server", .count = 1, .origin = &client}};
	struct finding finding = {.child = {.stack = {.list = stack, .count = 3}},
				  .missing = groups,
				  .missing_count = 3};
	struct record_hang hang = {0};
	struct fork_link link = {0};

	ck_assert_uint_eq(culprit_likeliest(&judgement, &finding, &hang, &link), 2);
	/* The program's own loop waits for its own thread. */
	stack[1].function = "server::wait";
	stack[1].origin = NULL;
	ck_assert_uint_eq(culprit_likeliest(&judgement, &finding, &hang, &link), 1);
}
END_TEST

START_TEST(takes_the_file_name_of_a_path)
{
	ck_assert_str_eq(evidence_file_name("/usr/lib/libx.so"), "libx.so");
	ck_assert_str_eq(evidence_file_name("libx.so"), "libx.so");
	ck_assert_str_eq(evidence_file_name("/usr/lib/"), "");
	ck_assert_ptr_null(evidence_file_name(NULL));
}
END_TEST

/* --- kinds of locks ---------------------------------------------------------- */

static const char *attributes_of(int type, int robust, int protocol, int shared)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t mutex;

	pthread_mutexattr_init(&attributes);
	ck_assert_int_eq(pthread_mutexattr_settype(&attributes, type), 0);
	ck_assert_int_eq(pthread_mutexattr_setrobust(&attributes, robust), 0);
	ck_assert_int_eq(pthread_mutexattr_setprotocol(&attributes, protocol), 0);
	ck_assert_int_eq(pthread_mutexattr_setpshared(&attributes, shared), 0);
	ck_assert_int_eq(pthread_mutex_init(&mutex, &attributes), 0);
	return lock_kind_facts(LOCK_MUTEX)
		->attributes(&arena, (const uint8_t *)&mutex, sizeof(mutex));
}

START_TEST(reads_attributes_that_libc_wrote)
{
	ck_assert_str_eq(attributes_of(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED,
				       PTHREAD_PRIO_NONE, PTHREAD_PROCESS_PRIVATE),
			 "normal, private");
	ck_assert_str_eq(attributes_of(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED,
				       PTHREAD_PRIO_NONE, PTHREAD_PROCESS_PRIVATE),
			 "recursive, private");
	/* libc marks every robust mutex as shared. */
	ck_assert_str_eq(attributes_of(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_ROBUST,
				       PTHREAD_PRIO_NONE, PTHREAD_PROCESS_PRIVATE),
			 "errorcheck, robust, private");
	ck_assert_str_eq(attributes_of(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED,
				       PTHREAD_PRIO_NONE, PTHREAD_PROCESS_SHARED),
			 "normal, process-shared");
	ck_assert_str_eq(attributes_of(PTHREAD_MUTEX_ADAPTIVE_NP, PTHREAD_MUTEX_STALLED,
				       PTHREAD_PRIO_NONE, PTHREAD_PROCESS_PRIVATE),
			 "adaptive, private");
	ck_assert_str_eq(attributes_of(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED,
				       PTHREAD_PRIO_INHERIT, PTHREAD_PROCESS_PRIVATE),
			 "normal, priority-inheriting, private");
	ck_assert_str_eq(attributes_of(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED,
				       PTHREAD_PRIO_PROTECT, PTHREAD_PROCESS_PRIVATE),
			 "normal, priority-protected, private");
}
END_TEST

START_TEST(tells_nothing_of_locks_it_does_not_know)
{
	const uint8_t state[SESSION_LOCK_STATE_MAX] = {0};

	ck_assert_ptr_null(lock_kind_facts(LOCK_MUTEX)
				   ->attributes(&arena, state, sizeof(pthread_mutex_t) - 1));
	ck_assert_str_eq(lock_kind_facts(0)->name, "lock");
	ck_assert_str_eq(lock_kind_facts(LOCK_KINDS)->name, "lock");
	ck_assert_str_eq(lock_kind_facts(UINT32_MAX)->name, "lock");
	ck_assert_ptr_null(lock_kind_facts(UINT32_MAX)->attributes(&arena, state, sizeof(state)));
	ck_assert_str_eq(lock_function(LOCK_MUTEX, OPERATION_TRYLOCK), "pthread_mutex_trylock");
	ck_assert_ptr_null(lock_function(LOCK_MUTEX, 0));
	ck_assert_ptr_null(lock_function(LOCK_MUTEX, OPERATION_OVERWRITTEN));
	ck_assert_ptr_null(lock_function(LOCK_MUTEX, UINT32_MAX));
	ck_assert_ptr_null(lock_function(UINT32_MAX, OPERATION_LOCK));
	ck_assert(lock_is_taken_in("pthread_rwlock_rdlock"));
	ck_assert(lock_is_taken_in("__cxa_guard_acquire"));
	ck_assert(!lock_is_taken_in("pthread_mutex_trylock"));
	ck_assert(!lock_is_taken_in("sem_wait"));
}
END_TEST

/* --- noise --------------------------------------------------------------------- */

static uint64_t random_number(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	return support_random(&state);
}

static void judge_damaged(void)
{
	struct reader damaged_reader;
	struct model damaged;
	struct arena scratch;
	struct finding *list;
	size_t count;

	if (reader_open(&damaged_reader, session.header, session.size))
		return;
	model_init(&damaged, &damaged_reader, NULL);
	arena_init(&scratch);
	model_update(&damaged);
	judge(&damaged, &scratch, true, &list, &count);
	arena_release(&scratch);
	model_release(&damaged);
	reader_close(&damaged_reader);
}

/* References, lengths and addresses of every record at random. */
START_TEST(survives_noise)
{
	unsigned char *cells = session_builder_cell(&session, 0);
	session_reference held = add_held(&first_mutex, scene.logger, 0), fork;
	uint64_t used;

	add_wait(CHILD, scene.fork, held, 0);
	add_touch(CHILD, held, OPERATION_UNLOCK, EPERM);
	add_hang(HANG_CHILD, true);
	add_hang(HANG_IN_FORK, false);
	fork = add_fork(CHILD, spawn_helper);
	session_builder_lost(&session, GRANDCHILD, fork, &scene.logger, 1);
	add_child(GRANDCHILD, CHILD, fork);
	add_wait(GRANDCHILD, fork, 0, 0);
	used = session.header->next_cell * SESSION_CELL;
	for (int round = 0; round < 500; round++) {
		size_t at[3];
		unsigned char was[3];

		for (size_t i = 0; i < 3; i++) {
			at[i] = SESSION_CELL + random_number() % (used - SESSION_CELL);
			was[i] = cells[at[i]];
			cells[at[i]] = (unsigned char)random_number();
		}
		judge_damaged();
		for (size_t i = 3; i-- > 0;)
			cells[at[i]] = was[i];
	}
}
END_TEST

Suite *judge_suite(void)
{
	Suite *suite = suite_create("judge");
	TCase *waits = tcase_create("waits"), *held = tcase_create("held");
	TCase *lost = tcase_create("lost"), *list = tcase_create("list");
	TCase *hangs = tcase_create("hangs"), *evidence = tcase_create("evidence"),
	      *noise = tcase_create("noise");

	tcase_add_checked_fixture(waits, setup, end_scene);
	tcase_add_test(waits, names_the_holder_from_its_held_record);
	tcase_add_test(waits, finds_the_held_record_that_the_wait_does_not_name);
	tcase_add_test(waits, does_not_believe_a_reference_to_another_record);
	tcase_add_test(waits, names_the_holder_from_the_lost_threads);
	tcase_add_test(waits, leaves_an_unknown_holder_unknown);
	tcase_add_test(waits, looks_for_the_holder_up_the_line_of_forks);
	tcase_add_test(waits, ends_in_a_ring_of_forks);
	tcase_add_test(waits, says_when_the_forking_thread_holds_it_itself);
	tcase_add_test(waits, says_nothing_of_a_wait_that_ended);
	tcase_add_test(waits, sees_a_wait_end_after_it_was_read);
	tcase_add_loop_test(waits, says_no_error_of_timed_waits_and_tries, 0, 2);
	tcase_add_loop_test(waits, warns_of_a_try_that_failed, 0, 2);
	tcase_add_loop_test(waits, tells_a_private_lock_in_shared_memory_from_an_orphan, 0, 2);
	tcase_add_loop_test(waits, tells_a_private_object_by_the_change_of_its_word, 0, 3);
	tcase_add_test(waits, tells_a_private_object_of_a_child_that_has_ended);
	tcase_add_loop_test(waits, says_nothing_of_locks_that_are_not_left_for_ever, 0, 3);
	tcase_add_test(waits, prefers_the_hang_to_the_try_before_it);
	tcase_add_test(waits, does_not_warn_of_a_try_for_ones_own_lock);
	tcase_add_test(waits, reports_an_unlock_that_the_child_may_not_do);
	tcase_add_loop_test(waits, reports_a_failed_unlock_only_where_it_matters, 0, 4);
	tcase_add_test(waits, prefers_the_wait_to_the_unlock_that_failed_before);
	tcase_add_test(waits, reports_a_wait_of_an_unknown_process);
	suite_add_tcase(suite, waits);

	tcase_add_checked_fixture(held, setup, end_scene);
	tcase_add_test(held, warns_of_work_for_a_thread_that_is_not_there);
	tcase_add_test(held, only_notes_a_broadcast);
	tcase_add_test(held, tells_of_one_pool_once);
	tcase_add_loop_test(held, leaves_lost_work_to_what_says_more, 0, 2);
	tcase_add_test(held, survives_lost_work_that_refers_to_nothing);
	tcase_add_test(held, reports_a_join_of_a_thread_that_is_not_there);
	tcase_add_test(held, only_warns_of_other_uses);
	tcase_add_test(held, names_the_fork_that_lost_the_thread);
	tcase_add_test(held, survives_uses_that_refer_to_nothing);
	tcase_add_test(held, warns_of_a_child_that_crashes);
	tcase_add_test(held, tells_a_crash_from_a_use_at_the_same_place);
	tcase_add_test(held, warns_of_a_child_whose_end_its_parent_saw);
	tcase_add_test(held, tells_the_end_of_a_child_once);
	tcase_add_test(held, is_silent_of_signals_that_others_send);
	tcase_add_test(held, survives_crashes_that_refer_to_nothing);
	tcase_add_test(held, warns_of_a_held_lock_that_nobody_touched);
	tcase_add_test(held, only_notes_a_lock_that_no_child_asks_for);
	tcase_add_test(held, warns_of_a_lock_that_a_child_of_the_same_line_takes);
	tcase_add_test(held, does_not_mix_up_who_asks_for_which_lock);
	tcase_add_test(held, does_not_mix_up_children_of_other_lines);
	tcase_add_test(held, warns_once_of_all_children_of_a_fork);
	tcase_add_test(held, counts_no_more_children_than_inherited_the_lock);
	tcase_add_test(held, says_once_that_a_lock_is_orphaned);
	tcase_add_loop_test(held, says_once_for_all_children_of_a_line, 0, WAIT_TRY + 1);
	tcase_add_loop_test(held, does_not_warn_of_a_lock_that_the_child_made_anew, 0, 4);
	tcase_add_test(held, warns_of_the_lock_that_was_not_touched);
	tcase_add_test(held, does_not_warn_where_every_child_execed);
	tcase_add_test(held, warns_for_the_child_that_did_not_exec);
	tcase_add_test(held, does_not_warn_where_no_child_inherited);
	tcase_add_test(held, does_not_warn_of_what_the_forking_thread_holds);
	tcase_add_test(held, does_not_warn_of_a_fork_without_children);
	suite_add_tcase(suite, held);

	tcase_add_checked_fixture(lost, setup, end_scene);
	tcase_add_test(lost, reports_output_of_parent_and_child);
	tcase_add_test(lost, tells_files_of_python_from_streams);
	tcase_add_test(lost, reports_no_copies_that_do_not_belong_together);
	tcase_add_test(lost, reports_numbers_of_a_seeded_generator_only);
	tcase_add_test(lost, reports_a_connection_that_parent_and_child_read);
	tcase_add_test(lost, reports_no_connection_that_was_used_before_the_fork);
	tcase_add_test(lost, reports_no_connection_of_a_reader_and_a_writer);
	tcase_add_loop_test(lost, reports_writers_only_where_somebody_reads, 0, 2);
	tcase_add_test(lost, reports_children_that_have_one_connection);
	tcase_add_test(lost, reports_no_children_that_come_one_after_the_other);
	tcase_add_test(lost, survives_uses_of_nobody_and_of_no_kind);
	tcase_add_test(lost, says_only_addresses_that_are_whole);
	tcase_add_test(lost, notes_the_threads_that_were_lost);
	tcase_add_test(lost, names_whose_locks_are_not_seen);
	tcase_add_test(lost, groups_lost_threads_by_library);
	tcase_add_loop_test(lost, notes_nothing_where_no_thread_was_lost, 0, 3);
	suite_add_tcase(suite, lost);

	tcase_add_checked_fixture(hangs, setup, end_scene);
	tcase_add_loop_test(hangs, names_the_threads_that_a_child_waits_for, 0, 2);
	tcase_add_loop_test(hangs, blames_the_fork_that_lost_the_thread, 0, 2);
	tcase_add_loop_test(hangs, names_a_creator_of_the_same_program, 0, 2);
	tcase_add_loop_test(hangs, names_a_thread_that_nobody_saw_created, 0, 3);
	tcase_add_test(hangs, tells_places_of_creation_apart);
	tcase_add_loop_test(hangs, takes_evidence_for_an_error, 0, EVIDENCE_KINDS);
	tcase_add_loop_test(hangs, says_what_memory_a_futex_is_in, 0, 6);
	tcase_add_loop_test(hangs, says_whose_memory_a_futex_is_in, 0, 2);
	tcase_add_test(hangs, names_a_futex_by_its_symbol);
	tcase_add_loop_test(hangs, tells_the_child_from_its_parent, 0, 2);
	tcase_add_loop_test(hangs, blames_those_who_were_given_work, 0, 2);
	tcase_add_loop_test(hangs, believes_the_last_word_on_a_process, 0, 2);
	tcase_add_loop_test(hangs, only_notes_the_try_of_a_child_that_hangs_elsewhere, 0, 2);
	tcase_add_loop_test(hangs, tells_of_a_semaphore_once, 0, 2);
	tcase_add_test(hangs, prefers_the_lock_to_the_threads);
	tcase_add_test(hangs, names_the_lock_of_a_region);
	tcase_add_test(hangs, names_the_owner_of_a_python_lock);
	tcase_add_loop_test(hangs, names_a_python_lock_without_its_owner, 0, 4);
	tcase_add_test(hangs, says_when_several_were_inside);
	tcase_add_test(hangs, makes_nothing_of_a_region_alone);
	tcase_add_loop_test(hangs, leaves_a_hang_that_no_region_explains, 0, 3);
	tcase_add_test(hangs, takes_back_what_it_suspected_of_a_private_lock);
	tcase_add_loop_test(hangs, warns_of_a_lock_that_the_child_itself_has, 0, 3);
	tcase_add_loop_test(hangs, survives_a_lock_of_its_own_without_a_chain, 0, 2);
	tcase_add_loop_test(hangs, blames_a_handler_for_a_hang_in_fork, 0, 2);
	tcase_add_test(hangs, finds_the_handler_above_fork);
	tcase_add_test(hangs, finds_the_signal_below_fork);
	tcase_add_test(hangs, finds_the_hook_of_an_interpreter);
	tcase_add_test(hangs, says_that_the_forking_thread_has_the_lock);
	tcase_add_loop_test(hangs, says_where_the_holder_stands, 0, 3);
	tcase_add_loop_test(hangs, survives_a_hostile_chain, 0, 2);
	tcase_add_test(hangs, tells_what_was_done_to_the_process);
	tcase_add_test(hangs, gives_the_worst_of_one_process);
	suite_add_tcase(suite, hangs);

	tcase_add_checked_fixture(list, setup, end_scene);
	tcase_add_test(list, gives_notes_where_they_are_read);
	tcase_add_test(list, merges_the_same_finding_of_two_children);
	tcase_add_test(list, sorts_the_most_severe_first);
	tcase_add_test(list, keeps_as_many_findings_as_there_are);
	tcase_add_test(list, has_nothing_to_say_of_an_empty_session);
	tcase_add_test(list, knows_a_finding_again_in_another_run);
	tcase_add_test(list, tells_rules_apart_in_fingerprints);
	tcase_add_test(list, keeps_texts_apart_in_fingerprints);
	tcase_add_test(list, counts_functions_without_names_once);
	tcase_add_test(list, knows_a_bundled_library_again_in_the_next_wheel);
	tcase_add_test(list, suppresses_a_library_of_any_wheel);
	tcase_add_test(list, suppresses_by_what_the_user_wrote);
	tcase_add_test(list, suppresses_by_the_package_of_python_threads);
	tcase_add_test(list, knows_a_finding_again_with_another_runtime);
	tcase_add_test(list, keeps_findings_of_two_programs_apart);
	tcase_add_test(list, knows_a_ring_again_whoever_is_found_first);
	tcase_add_test(list, narrows_lines_until_they_hide_their_own);
	tcase_add_test(list, merges_the_parts_of_an_object_that_one_line_takes);
	tcase_add_test(list, suppresses_a_warning_for_all_parts_of_an_object);
	tcase_add_test(list, suppresses_by_function_where_the_lock_has_no_name);
	suite_add_tcase(suite, list);

	tcase_add_checked_fixture(evidence, setup, end_scene);
	tcase_add_loop_test(evidence, walks_hostile_acquisitions, 0, HOSTILE_ADDRESSES);
	tcase_add_test(evidence, does_not_tell_a_time_that_is_not_known);
	tcase_add_test(evidence, reads_no_name_beyond_its_field);
	tcase_add_test(evidence, blames_the_package_that_the_child_waits_in);
	tcase_add_test(evidence, takes_the_file_name_of_a_path);
	tcase_add_test(evidence, reads_attributes_that_libc_wrote);
	tcase_add_test(evidence, tells_nothing_of_locks_it_does_not_know);
	suite_add_tcase(suite, evidence);

	tcase_add_checked_fixture(noise, setup, end_scene);
	tcase_set_timeout(noise, 60);
	tcase_add_test(noise, survives_noise);
	suite_add_tcase(suite, noise);
	return suite;
}
