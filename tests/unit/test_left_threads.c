/*
 * The threads that a fork left behind, of children of this process that have some: each a child
 * that pauses, looked at from here.
 */
#include "cli/hangs/identify/left_threads.h"
#include "suites.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOUND_MAX  32
#define STACK_SIZE (1u << 20)

static sem_t started, done;
static int ready[2];
static struct left_thread found[FOUND_MAX];
static size_t found_count;

static void *stay(void *argument)
{
	sem_post(&started);
	while (sem_wait(&done) != 0)
		continue;
	return argument;
}

static void *stay_too(void *argument)
{
	return stay(argument);
}

static void *end(void *argument)
{
	return argument;
}

static pthread_t start(void *(*function)(void *), const pthread_attr_t *attributes)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, attributes, function, NULL), 0);
	if (function == stay || function == stay_too)
		while (sem_wait(&started) != 0)
			continue;
	return thread;
}

static void set_up(void)
{
	ck_assert_int_eq(sem_init(&started, 0, 0), 0);
	ck_assert_int_eq(sem_init(&done, 0, 0), 0);
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
}

/* A child has come to where it pauses, or has become another program. */
static void wait_ready(void)
{
	char byte;

	close(ready[1]);
	while (read(ready[0], &byte, 1) < 0 && errno == EINTR)
		continue;
}

static _Noreturn void rest(void)
{
	close(ready[1]);
	for (;;)
		pause();
}

static pid_t fork_child(void)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		rest();
	return child;
}

static void look_at(pid_t child)
{
	wait_ready();
	found_count = left_threads_find(child, NULL, 0, found, FOUND_MAX);
}

static void end_child(pid_t child)
{
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

static const struct left_thread *find_self(uint64_t self)
{
	for (size_t i = 0; i < found_count; i++)
		if (found[i].self == self)
			return &found[i];
	return NULL;
}

/* A sanitizer starts each thread in a function of its own, which calls the program's. */
static void expect_start(const struct left_thread *thread, void *(*function)(void *))
{
#ifdef __SANITIZE_ADDRESS__
	(void)function;
	ck_assert_uint_ne(thread->start_routine, 0);
#else
	ck_assert_uint_eq(thread->start_routine, (uintptr_t)function);
#endif
}

static void expect(uint64_t self, void *(*function)(void *))
{
	const struct left_thread *thread = find_self(self);

	ck_assert_ptr_nonnull(thread);
	expect_start(thread, function);
	ck_assert_uint_lt(thread->stack_start, thread->self);
	ck_assert_uint_gt(thread->stack_end, thread->self);
}

START_TEST(finds_who_was_left_and_where_each_began)
{
	pthread_t one = start(stay, NULL), two = start(stay_too, NULL), three = start(stay, NULL);
	pid_t child = fork_child();

	look_at(child);
	ck_assert_uint_eq(found_count, 3);
	expect(one, stay);
	expect(two, stay_too);
	expect(three, stay);
	ck_assert_int_eq(found[0].tid, 0);
	end_child(child);
}
END_TEST

/* Their stacks are kept for others, or wait for who joins them. */
START_TEST(leaves_out_who_had_ended)
{
	pthread_t waits = start(stay, NULL), ended, joined = start(end, NULL);
	pthread_attr_t attributes;
	pid_t child;

	pthread_join(joined, NULL);
	ended = start(stay, NULL);
	sem_post(&done);
	sem_post(&done);
	pthread_join(ended, NULL);
	pthread_join(waits, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	waits = start(stay, &attributes);
	child = fork_child();
	look_at(child);
	ck_assert_uint_eq(found_count, 1);
	expect(waits, stay);
	end_child(child);
}
END_TEST

START_TEST(finds_none_where_none_were_lost)
{
	pid_t child = fork_child();

	look_at(child);
	ck_assert_uint_eq(found_count, 0);
	end_child(child);
	start(stay, NULL);
	ck_assert_uint_eq(left_threads_find(getpid(), NULL, 0, found, FOUND_MAX), 0);
}
END_TEST

/* The child's own threads live, and take the stacks of the lost ones first. */
START_TEST(leaves_out_the_childs_own)
{
	pthread_t one = start(stay, NULL), two = start(stay, NULL);
	pid_t child = fork();

	if (child == 0) {
		pthread_t own;

		sem_init(&done, 0, 0);
		if (pthread_create(&own, NULL, stay_too, NULL) == 0)
			while (sem_wait(&started) != 0)
				continue;
		rest();
	}
	look_at(child);
	ck_assert_uint_eq(found_count, 1);
	ck_assert(found[0].self == one || found[0].self == two);
	expect_start(&found[0], stay);
	end_child(child);
}
END_TEST

/* Two forks ago counts as well: the memory is copied on. */
START_TEST(finds_who_was_left_by_the_parent)
{
	pthread_t thread = start(stay, NULL);
	int numbers[2];
	pid_t child, grandchild;

	ck_assert_int_eq(pipe2(numbers, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		grandchild = fork_child();
		if (write(numbers[1], &grandchild, sizeof(grandchild)) != sizeof(grandchild))
			_exit(1);
		rest();
	}
	ck_assert_int_eq(read(numbers[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
	look_at(grandchild);
	ck_assert_uint_eq(found_count, 1);
	expect(thread, stay);
	ck_assert_int_eq(left_threads_tid_in(child, thread), 0);
	kill(grandchild, SIGKILL);
	end_child(child);
}
END_TEST

/* It forks, and then sleeps. */
static void *fork_here(void *argument)
{
	pid_t *child = argument;

	*child = fork_child();
	sem_post(&started);
	return stay(NULL);
}

START_TEST(finds_the_first_thread)
{
	pthread_t thread;
	pid_t child;

	ck_assert_int_eq(pthread_create(&thread, NULL, fork_here, &child), 0);
	while (sem_wait(&started) != 0)
		continue;
	look_at(child);
	ck_assert_uint_eq(found_count, 1);
	ck_assert_uint_eq(found[0].self, pthread_self());
	ck_assert_uint_eq(found[0].start_routine, 0);
	ck_assert_int_eq(found[0].tid, getpid());
	ck_assert_uint_lt(found[0].stack_start, (uintptr_t)&child);
	ck_assert_uint_gt(found[0].stack_end, (uintptr_t)&child);
	end_child(child);
}
END_TEST

START_TEST(finds_one_on_a_stack_of_the_programs)
{
	char *stack =
		mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attributes;
	pthread_t thread;
	pid_t child;

	ck_assert_ptr_ne(stack, MAP_FAILED);
	pthread_attr_init(&attributes);
	ck_assert_int_eq(pthread_attr_setstack(&attributes, stack, STACK_SIZE), 0);
	thread = start(stay, &attributes);
	child = fork_child();
	look_at(child);
	ck_assert_uint_eq(found_count, 1);
	expect(thread, stay);
	ck_assert_int_eq(found[0].tid, left_threads_tid_in(getpid(), thread));
	end_child(child);
}
END_TEST

/* Without guard pages between them the kernel makes one mapping of stacks. */
START_TEST(finds_all_whose_stacks_became_one)
{
	pthread_attr_t attributes;
	pthread_t threads[4];
	pid_t child;

	pthread_attr_init(&attributes);
	pthread_attr_setguardsize(&attributes, 0);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	for (int i = 0; i < 4; i++)
		threads[i] = start(stay, &attributes);
	child = fork_child();
	look_at(child);
	ck_assert_uint_eq(found_count, 4);
	for (int i = 0; i < 4; i++)
		expect(threads[i], stay);
#ifndef __SANITIZE_ADDRESS__ /* which has mappings of its own between them */
	ck_assert_uint_ge(found[0].stack_end - found[0].stack_start, 2 * STACK_SIZE);
#endif
	end_child(child);
}
END_TEST

/* Their memory is their parent's. */
START_TEST(finds_none_in_a_vfork_child)
{
	/* The child writes to them. */
	static pid_t child;
	static volatile int left = -1;
	pthread_t thread;

	thread = start(stay, NULL);
	child = vfork();
	if (child == 0) {
		left = (int)left_threads_find((pid_t)syscall(SYS_getpid), NULL, 0, found,
					      FOUND_MAX);
		_exit(0);
	}
	ck_assert_int_eq(left, 0);
	ck_assert_uint_ne(thread, 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

START_TEST(finds_none_in_another_program)
{
	pthread_t thread = start(stay, NULL);
	int input[2];
	pid_t child;

	ck_assert_int_eq(pipe2(input, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		dup2(input[0], STDIN_FILENO);
		execlp("cat", "cat", NULL);
		_exit(1);
	}
	look_at(child); /* exec closes what it waits for */
	ck_assert_uint_eq(found_count, 0);
	ck_assert_uint_ne(thread, 0);
	end_child(child);
}
END_TEST

START_TEST(finds_as_many_as_fit)
{
	pid_t child;

	for (int i = 0; i < 5; i++)
		start(stay, NULL);
	child = fork_child();
	wait_ready();
	ck_assert_uint_eq(left_threads_find(child, NULL, 0, found, 3), 3);
	ck_assert_uint_eq(left_threads_find(child, NULL, 0, found, FOUND_MAX), 5);
	end_child(child);
}
END_TEST

/* After a fork() that libc does not know of, the child has its parent's id in its memory. */
START_TEST(tells_the_living_after_a_raw_fork)
{
	pthread_t thread = start(stay, NULL);
	uint64_t self = pthread_self();
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		rest();
	wait_ready();
	found_count = left_threads_find(child, &self, 1, found, FOUND_MAX);
	ck_assert_uint_eq(found_count, 1);
	expect(thread, stay);
	ck_assert_int_eq(found[0].tid, left_threads_tid_in(getpid(), thread));
	end_child(child);
}
END_TEST

START_TEST(knows_ids_by_the_parents_memory)
{
	pthread_t thread = start(stay, NULL), ended = start(end, NULL);
	pid_t tid = left_threads_tid_in(getpid(), thread);

	ck_assert_int_gt(tid, 0);
	ck_assert_int_ne(tid, getpid());
	ck_assert_int_eq((int)syscall(SYS_tgkill, getpid(), tid, 0), 0);
	ck_assert_int_eq(left_threads_tid_in(getpid(), pthread_self()), getpid());
	pthread_join(ended, NULL);
	ck_assert_int_eq(left_threads_tid_in(getpid(), ended), 0);
	ck_assert_int_eq(left_threads_tid_in(getpid(), (uintptr_t)&tid), 0);
	ck_assert_int_eq(left_threads_tid_in(getpid(), 8), 0);
	ck_assert_int_eq(left_threads_tid_in(-1, thread), 0);
}
END_TEST

Suite *left_threads_suite(void)
{
	Suite *suite = suite_create("left_threads");
	TCase *children = tcase_create("children");

	tcase_add_checked_fixture(children, set_up, NULL);
	tcase_add_test(children, finds_who_was_left_and_where_each_began);
	tcase_add_test(children, leaves_out_who_had_ended);
	tcase_add_test(children, finds_none_where_none_were_lost);
	tcase_add_test(children, leaves_out_the_childs_own);
	tcase_add_test(children, finds_who_was_left_by_the_parent);
	tcase_add_test(children, finds_the_first_thread);
	tcase_add_test(children, finds_one_on_a_stack_of_the_programs);
	tcase_add_test(children, finds_all_whose_stacks_became_one);
	tcase_add_test(children, finds_none_in_a_vfork_child);
	tcase_add_test(children, finds_none_in_another_program);
	tcase_add_test(children, finds_as_many_as_fit);
	tcase_add_test(children, tells_the_living_after_a_raw_fork);
	tcase_add_test(children, knows_ids_by_the_parents_memory);
	suite_add_tcase(suite, children);
	return suite;
}
