/*
 * /proc as it is: this process, and children that wait, run and end.
 */
#include "cli/process/procfs.h"
#include "support.h"
#include <check.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *procfs_suite(void);

static struct process_look look, other_look;

struct expectation {
	pid_t pid;
	size_t tasks;
};

/* All tasks are there and in a futex call. */
static bool all_wait(void *data)
{
	const struct expectation *expected = data;

	if (!procfs_look(expected->pid, &look) || look.count != expected->tasks || !look.complete)
		return false;
	for (size_t i = 0; i < look.count; i++)
		if (!look.tasks[i].in_call || look.tasks[i].number != SYS_futex)
			return false;
	return true;
}

static pid_t start_waiting(void (*body)(void *), int threads)
{
	pid_t child = support_child(body, &threads);
	struct expectation expected = {child, (size_t)threads};

	ck_assert(support_until(all_wait, &expected));
	return child;
}

START_TEST(sees_its_own_process)
{
	ck_assert(procfs_look(getpid(), &look));
	ck_assert_uint_eq(look.count, 1);
	ck_assert(look.complete);
	ck_assert_int_eq(look.tasks[0].tid, getpid());
	/* It reads the file that says so. */
	ck_assert(!look.tasks[0].in_call || look.tasks[0].number == SYS_read);
	ck_assert(!procfs_is_untimed_futex_wait(&look.tasks[0]));
}
END_TEST

START_TEST(sees_no_process_where_there_is_none)
{
	pid_t child = support_child(support_wait, NULL);

	support_end_child(child);
	ck_assert(!procfs_look(child, &look));
	ck_assert_uint_eq(look.count, 0);
	ck_assert(!procfs_look(-1, &look));
	ck_assert(!procfs_look(0, &look));
	ck_assert_uint_eq(procfs_start_time(child), 0);
	ck_assert_uint_eq(procfs_start_time(-1), 0);
}
END_TEST

START_TEST(sees_an_untimed_wait_of_every_task)
{
	pid_t child = start_waiting(support_wait, 3);

	for (size_t i = 0; i < look.count; i++) {
		ck_assert(procfs_is_untimed_futex_wait(&look.tasks[i]));
		ck_assert_uint_eq(look.tasks[i].arguments[1], FUTEX_WAIT_PRIVATE);
		ck_assert_uint_eq(look.tasks[i].arguments[2], 1);
		ck_assert_uint_eq(look.tasks[i].arguments[3], 0);
		ck_assert_uint_ne(look.tasks[i].sp, 0);
		ck_assert_uint_ne(look.tasks[i].pc, 0);
		for (size_t k = 0; k < i; k++)
			ck_assert_int_ne(look.tasks[i].tid, look.tasks[k].tid);
	}
	support_end_child(child);
}
END_TEST

START_TEST(tells_a_timed_wait_from_an_untimed_one)
{
	pid_t child = start_waiting(support_wait_timed, 1);

	ck_assert_int_eq(look.tasks[0].number, SYS_futex);
	ck_assert_uint_ne(look.tasks[0].arguments[3], 0);
	ck_assert(!procfs_is_untimed_futex_wait(&look.tasks[0]));
	support_end_child(child);
}
END_TEST

START_TEST(finds_a_process_at_rest_the_same)
{
	pid_t child = start_waiting(support_wait, 2);

	other_look = look;
	ck_assert(procfs_look(child, &look));
	ck_assert(procfs_same(&look, &other_look));
	support_end_child(child);
}
END_TEST

struct switches {
	pid_t pid;
	uint64_t before;
};

static bool has_run(void *data)
{
	const struct switches *switches = data;

	return procfs_look(switches->pid, &look) && look.count == 1 &&
	       look.tasks[0].switches > switches->before && look.tasks[0].in_call;
}

/* A signal that does nothing wakes it: it stands where it stood, but it has run. */
START_TEST(sees_that_a_process_has_run_in_between)
{
	pid_t child = start_waiting(support_wait, 1);
	struct switches switches = {child, look.tasks[0].switches};

	other_look = look;
	kill(child, SIGSTOP);
	kill(child, SIGCONT);
	ck_assert(support_until(has_run, &switches));
	ck_assert(!procfs_same(&look, &other_look));
	support_end_child(child);
}
END_TEST

/* Two that share one processor take it from each other. */
START_TEST(counts_switches_of_both_kinds)
{
	struct rusage before, after;
	cpu_set_t processor;
	pid_t child;

	CPU_ZERO(&processor);
	CPU_SET((size_t)sched_getcpu(), &processor);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(processor), &processor), 0);
	child = support_child(support_spin, NULL);
	do {
		sched_yield();
		getrusage(RUSAGE_THREAD, &before);
	} while (before.ru_nivcsw < 10);
	usleep(1000);
	getrusage(RUSAGE_THREAD, &before);
	ck_assert(procfs_look(getpid(), &look));
	getrusage(RUSAGE_THREAD, &after);
	ck_assert_uint_ge(look.tasks[0].switches, (uint64_t)(before.ru_nvcsw + before.ru_nivcsw));
	ck_assert_uint_le(look.tasks[0].switches, (uint64_t)(after.ru_nvcsw + after.ru_nivcsw));
	support_end_child(child);
}
END_TEST

START_TEST(sees_a_running_process_as_running)
{
	pid_t child = support_child(support_spin, NULL);
	bool ran = false;

	/* At its start it may be in a call still. */
	for (int i = 0; i < 2000 && !ran; i++) {
		ck_assert(procfs_look(child, &look));
		ran = !look.tasks[0].in_call;
	}
	ck_assert(ran);
	ck_assert(!procfs_is_untimed_futex_wait(&look.tasks[0]));
	support_end_child(child);
}
END_TEST

static void fill(struct process_look *one)
{
	memset(one, 0, sizeof(*one));
	one->count = 2;
	one->complete = true;
	for (int i = 0; i < 2; i++)
		one->tasks[i] = (struct task_look){.tid = 10 + i,
						   .in_call = true,
						   .number = SYS_futex,
						   .arguments = {1, 2, 3, 4, 5, 6},
						   .sp = 7,
						   .pc = 8,
						   .switches = 9};
}

/* Every field is a reason to say that it is not the same. */
START_TEST(compares_every_field)
{
	struct task_look *task = &other_look.tasks[1];

	fill(&look);
	fill(&other_look);
	ck_assert(procfs_same(&look, &other_look));
	switch (_i) {
	case 0:
		task->tid++;
		break;
	case 1:
		task->in_call = false;
		break;
	case 2:
		task->number++;
		break;
	case 3:
		task->arguments[0]++;
		break;
	case 4:
		task->arguments[5]++;
		break;
	case 5:
		task->sp++;
		break;
	case 6:
		task->pc++;
		break;
	case 7:
		task->switches++;
		break;
	case 8:
		other_look.count = 1;
		break;
	case 9:
		other_look.complete = false;
		break;
	case 10:
		look.complete = false;
		break;
	}
	ck_assert(!procfs_same(&look, &other_look));
}
END_TEST

START_TEST(knows_which_futex_calls_wait)
{
	static const struct {
		uint64_t operation;
		bool waits;
	} calls[] = {
		{FUTEX_WAIT, true},
		{FUTEX_WAIT_PRIVATE, true},
		{FUTEX_WAIT_BITSET, true},
		{FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, true},
		{FUTEX_LOCK_PI, true},
		{FUTEX_LOCK_PI_PRIVATE, true},
		{FUTEX_LOCK_PI2_PRIVATE, true},
		{FUTEX_WAKE, false},
		{FUTEX_WAKE_PRIVATE, false},
		{FUTEX_CMP_REQUEUE, false},
		{FUTEX_UNLOCK_PI, false},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		struct task_look task = {
			.in_call = true, .number = SYS_futex, .arguments = {1, calls[i].operation}};

		ck_assert_int_eq(procfs_is_untimed_futex_wait(&task), calls[i].waits);
		task.arguments[3] = 0x7000;
		ck_assert(!procfs_is_untimed_futex_wait(&task));
		task.arguments[3] = 0;
		task.number = SYS_read;
		ck_assert(!procfs_is_untimed_futex_wait(&task));
		task.number = SYS_futex;
		task.in_call = false;
		ck_assert(!procfs_is_untimed_futex_wait(&task));
	}
}
END_TEST

/* The same waits, whatever was run in between; other waits are others. */
START_TEST(compares_waits_only_where_asked)
{
	struct task_look *task = &other_look.tasks[1];

	fill(&look);
	fill(&other_look);
	task->switches++;
	task->pc++;
	task->arguments[3]++;
	ck_assert(!procfs_same(&look, &other_look));
	ck_assert(procfs_similar(&look, &other_look));
	/* A wait that is known to be begun again for ever may be begun again. */
	task->asks_again = look.tasks[1].asks_again = true;
	ck_assert(procfs_same(&look, &other_look));
	task->arguments[0]++;
	ck_assert(!procfs_same(&look, &other_look));
	ck_assert(!procfs_similar(&look, &other_look));
	fill(&other_look);
	task->sp++;
	ck_assert(!procfs_similar(&look, &other_look));
	fill(&other_look);
	task->tid++;
	ck_assert(!procfs_similar(&look, &other_look));
	fill(&other_look);
	other_look.complete = false;
	ck_assert(!procfs_similar(&look, &other_look));
	fill(&other_look);
	other_look.count = 1;
	ck_assert(!procfs_similar(&look, &other_look));
}
END_TEST

static void ignore_signal(int number)
{
	(void)number;
}

static void wait_with_signals(void *nothing)
{
	sigset_t blocked;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	signal(SIGUSR1, ignore_signal);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	support_wait(nothing);
}

static bool is_stopped(void *child)
{
	return procfs_look(*(pid_t *)child, &look) && look.tasks[0].state == 'T';
}

START_TEST(reads_states_and_signals)
{
	pid_t child = support_child(wait_with_signals, NULL);
	struct expectation expected = {child, 1};

	ck_assert(support_until(all_wait, &expected));
	/* A look reads the signals before the calls: they may be from before the wait. */
	ck_assert(all_wait(&expected));
	ck_assert_uint_eq(look.caught, (uint64_t)1 << (SIGUSR1 - 1));
	ck_assert_uint_eq(look.tasks[0].blocked, (uint64_t)1 << (SIGUSR2 - 1));
	ck_assert_int_eq(look.tasks[0].state, 'S');
	ck_assert(!look.held);
	kill(child, SIGSTOP);
	ck_assert(support_until(is_stopped, &child));
	support_end_child(child);
}
END_TEST

START_TEST(checks_the_first_task)
{
	pid_t child = start_waiting(support_wait, 3);
	struct task_look task;

	ck_assert(procfs_quick_check(child, &task));
	ck_assert_int_eq(task.tid, child);
	ck_assert(procfs_is_untimed_futex_wait(&task));
	support_end_child(child);
	ck_assert(!procfs_quick_check(child, &task));
	ck_assert(!procfs_is_futex_wait(&task));
}
END_TEST

START_TEST(tells_a_timed_futex_wait)
{
	struct task_look task = {.in_call = true,
				 .number = SYS_futex,
				 .arguments = {1, FUTEX_WAIT_PRIVATE, 0, 0x7000}};

	ck_assert(procfs_is_futex_wait(&task));
	task.arguments[1] = FUTEX_WAKE;
	ck_assert(!procfs_is_futex_wait(&task));
}
END_TEST

START_TEST(knows_relatives)
{
	pid_t child = support_child(support_wait, NULL);

	ck_assert(procfs_is_descendant(child));
	ck_assert(!procfs_is_descendant(getppid()));
	ck_assert(!procfs_is_descendant(1));
	ck_assert(!procfs_is_descendant(0));
	ck_assert(!procfs_is_descendant(-1));
	ck_assert(procfs_has_children(getpid()));
	ck_assert(!procfs_has_children(child));
	support_end_child(child);
	ck_assert(!procfs_is_descendant(child));
	ck_assert(!procfs_has_children(getpid()));
	/* What cannot be told counts. */
	ck_assert(procfs_has_children(child));
	ck_assert(procfs_has_timers(child));
}
END_TEST

START_TEST(knows_timers)
{
	timer_t timer;

	ck_assert(!procfs_has_timers(getpid()));
	ck_assert_int_eq(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
	ck_assert(procfs_has_timers(getpid()));
	timer_delete(timer);
	ck_assert(!procfs_has_timers(getpid()));
}
END_TEST

START_TEST(sees_reads_and_writes)
{
	pid_t child = start_waiting(support_wait, 1);
	uint64_t before = procfs_io(child), own = procfs_io(getpid());
	char byte;
	int ends[2];

	ck_assert_uint_eq(procfs_io(child), before);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_uint_ge(procfs_io(getpid()), own + 4);
	support_end_child(child);
	ck_assert_uint_eq(procfs_io(child), 0);
}
END_TEST

static void ignore(int signal)
{
	(void)signal;
}

START_TEST(knows_what_is_caught)
{
	ck_assert(!procfs_catches(getpid(), SIGHUP));
	signal(SIGHUP, ignore);
	ck_assert(procfs_catches(getpid(), SIGHUP));
	signal(SIGHUP, SIG_IGN);
	ck_assert(!procfs_catches(getpid(), SIGHUP));
	ck_assert(!procfs_catches(0x7fffffff, SIGHUP));
}
END_TEST

static bool has_run_for_long(void *child)
{
	uint64_t ticks;

	return procfs_usage(*(pid_t *)child, &ticks) == 'R' && ticks > 2;
}

START_TEST(sees_time_that_was_used)
{
	pid_t spins = support_child(support_spin, NULL), waits = start_waiting(support_wait, 1);
	uint64_t before, after;

	ck_assert(support_until(has_run_for_long, &spins));
	ck_assert_int_eq(procfs_usage(waits, &before), 'S');
	usleep(50000);
	ck_assert_int_eq(procfs_usage(waits, &after), 'S');
	ck_assert_uint_eq(after, before);
	support_end_child(spins);
	support_end_child(waits);
	ck_assert_int_eq(procfs_usage(spins, &after), 0);
	ck_assert_uint_eq(after, 0);
}
END_TEST

static uint64_t boot_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The name of a process may look like the rest of the line. */
static void take_a_hostile_name(void *name)
{
	prctl(PR_SET_NAME, name);
	support_wait(NULL);
}

START_TEST(knows_when_a_process_started)
{
	static char name[] = ") R 1 (2 3) 4";
	uint64_t before = boot_time(), start;
	pid_t child = support_child(take_a_hostile_name, name);
	struct expectation expected = {child, 1};

	ck_assert(support_until(all_wait, &expected));
	start = procfs_start_time(child);
	/* Good to a tick of 10 ms. */
	ck_assert_uint_ge(start + 20000000, before);
	ck_assert_uint_le(start, boot_time() + 20000000);
	support_end_child(child);
}
END_TEST

START_TEST(counts_no_more_tasks_than_it_has_room_for)
{
	int threads = TASKS_MAX + 3;
	pid_t child = support_child(support_wait, &threads);
	struct expectation expected = {child, TASKS_MAX};

	for (int i = 0; i < 5000 && look.count < TASKS_MAX; i++)
		procfs_look(expected.pid, &look);
	ck_assert_uint_eq(look.count, TASKS_MAX);
	while (procfs_look(child, &look) && look.complete)
		;
	ck_assert_uint_eq(look.count, TASKS_MAX);
	ck_assert(!procfs_same(&look, &look));
	support_end_child(child);
}
END_TEST

START_TEST(finds_a_process_in_a_list)
{
	const struct procfs_entry list[] = {{.pid = 1}, {.pid = 7}, {.pid = 9}};
	static const pid_t absent[] = {0, 2, 8, 10};

	for (size_t i = 0; i < 3; i++)
		ck_assert_ptr_eq(procfs_find(list, 3, list[i].pid), &list[i]);
	for (size_t i = 0; i < 4; i++)
		ck_assert_ptr_null(procfs_find(list, 3, absent[i]));
	ck_assert_ptr_null(procfs_find(NULL, 0, 1));
}
END_TEST

static void wait_in_namespaces(void *unused)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) == 0)
		support_child(support_wait, &(int){1});
	support_wait(unused);
}

static bool has_come_to_rest(void *child)
{
	return procfs_state(*(const pid_t *)child) == 'S';
}

static pid_t child_of(pid_t parent)
{
	size_t count;
	struct procfs_entry *list = procfs_list(&count);
	pid_t child = 0;

	for (size_t i = 0; i < count; i++)
		if (list[i].parent == parent)
			child = list[i].pid;
	free(list);
	return child;
}

START_TEST(knows_namespaces)
{
	pid_t outer = support_child(wait_in_namespaces, &(int){1}), inner;

	ck_assert(support_until(has_come_to_rest, &outer));
	inner = child_of(outer);
	ck_assert_uint_eq(procfs_depth(getpid()), 0);
	ck_assert_int_eq(procfs_number_at(outer, outer, 0), outer);
	ck_assert_int_eq(procfs_number_at(outer, outer, 1), 0);
	ck_assert_int_eq(procfs_process_of(outer), outer);
	ck_assert(!procfs_has_other_mounts(getpid()));
	/* Not everywhere may a user make namespaces. */
	if (inner) {
		ck_assert(procfs_has_other_mounts(outer));
		ck_assert_uint_eq(procfs_depth(inner), 1);
		ck_assert_int_eq(procfs_number_at(inner, inner, 1), 1);
		ck_assert_int_eq(procfs_inner_pid(inner), 1);
		ck_assert_int_eq(procfs_number_at(inner, inner, 2), 0);
	}
	support_end_child(outer);
}
END_TEST

Suite *procfs_suite(void)
{
	Suite *suite = suite_create("procfs");
	TCase *core = tcase_create("core");

	tcase_set_timeout(core, 20);
	tcase_add_test(core, sees_its_own_process);
	tcase_add_test(core, sees_no_process_where_there_is_none);
	tcase_add_test(core, sees_an_untimed_wait_of_every_task);
	tcase_add_test(core, tells_a_timed_wait_from_an_untimed_one);
	tcase_add_test(core, finds_a_process_at_rest_the_same);
	tcase_add_test(core, sees_that_a_process_has_run_in_between);
	tcase_add_test(core, counts_switches_of_both_kinds);
	tcase_add_test(core, sees_a_running_process_as_running);
	tcase_add_loop_test(core, compares_every_field, 0, 11);
	tcase_add_test(core, knows_which_futex_calls_wait);
	tcase_add_test(core, compares_waits_only_where_asked);
	tcase_add_test(core, reads_states_and_signals);
	tcase_add_test(core, checks_the_first_task);
	tcase_add_test(core, tells_a_timed_futex_wait);
	tcase_add_test(core, knows_relatives);
	tcase_add_test(core, finds_a_process_in_a_list);
	tcase_add_test(core, knows_namespaces);
	tcase_add_test(core, knows_timers);
	tcase_add_test(core, knows_what_is_caught);
	tcase_add_test(core, sees_time_that_was_used);
	tcase_add_test(core, sees_reads_and_writes);
	tcase_add_test(core, knows_when_a_process_started);
	tcase_add_test(core, counts_no_more_tasks_than_it_has_room_for);
	suite_add_tcase(suite, core);
	return suite;
}
