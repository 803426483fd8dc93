/*
 * Whether a process is the copy of its living parent: a fork child is, one that has called exec
 * or has its parent's memory is none; who was there before it.
 */
#include "cli/process/fork_copy.h"
#include "support.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *fork_copy_suite(void);

/* Without it a program that was started anew looks like a copy. */
static bool can_tell(void)
{
	return procfs_has_random_layout(getpid());
}

/* As a container's filter of calls does; of this process, whose last test it is. */
static void forbid_kcmp(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kcmp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
	ck_assert(!procfs_tells_sharers());
}

static bool is_at_rest(void *child)
{
	return procfs_state(*(const pid_t *)child) == 'S';
}

START_TEST(a_fork_child_is_a_copy)
{
	pid_t child = support_child(support_wait, &(int){1});

	ck_assert(support_until(is_at_rest, &child));
	if (_i)
		forbid_kcmp();
	ck_assert(fork_copy_is(child, getpid()) == can_tell());
	ck_assert(!fork_copy_is(getpid(), getpid()));
	support_end_child(child);
	ck_assert(!fork_copy_is(child, getpid()));
}
END_TEST

/* Shells that wait for a line that nobody writes, and that have a shell for a child. */
#define ANEW     "sh -c 'read line; :'; :"
#define SUBSHELL "(read line; :); :"

static int ends[2];

static void run_shell(void *script)
{
	dup2(ends[0], STDIN_FILENO);
	execl("/bin/sh", "sh", "-c", (const char *)script, (char *)NULL);
	_exit(1);
}

struct shells {
	pid_t parent, child;
	bool is_anew;
};

static pid_t child_of(pid_t parent)
{
	size_t count;
	struct procfs_entry *list = procfs_list(&count);
	pid_t child = 0;

	for (size_t i = 0; i < count; i++)
		if (list[i].parent == parent && !list[i].is_zombie)
			child = list[i].pid;
	free(list);
	return child;
}

/* The child is there, sleeps, and has been started anew if it is to be. */
static bool is_there(void *data)
{
	struct shells *shells = data;
	struct fork_layout parent, child;

	shells->child = child_of(shells->parent);
	return shells->child && procfs_state(shells->child) == 'S' &&
	       fork_layout_read(shells->parent, &parent) &&
	       fork_layout_read(shells->child, &child) &&
	       fork_layout_same(&parent, &child) != shells->is_anew;
}

static struct shells start_shells(char *script, bool is_anew)
{
	struct shells shells = {.is_anew = is_anew};

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	shells.parent = support_child(run_shell, script);
	ck_assert(support_until(is_there, &shells));
	return shells;
}

/* Both end with the line that they wait for. */
static void end_shells(const struct shells *shells)
{
	close(ends[0]);
	close(ends[1]);
	waitpid(shells->parent, NULL, 0);
}

START_TEST(a_program_that_was_started_anew_is_no_copy)
{
	struct shells shells;

	if (!can_tell())
		return;
	shells = start_shells((char[]){ANEW}, true);
	ck_assert(!fork_copy_is(shells.child, shells.parent));
	end_shells(&shells);
	shells = start_shells((char[]){SUBSHELL}, false);
	ck_assert(fork_copy_is(shells.child, shells.parent));
	/* Nor is it one of who is not its parent, but of the same program. */
	ck_assert(!fork_copy_is(shells.child, getpid()));
	end_shells(&shells);
}
END_TEST

static int pause_in_clone(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

START_TEST(who_has_the_same_memory_is_no_copy)
{
	static char stack[1 << 16];
	pid_t child = clone(pause_in_clone, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);

	ck_assert_int_gt(child, 0);
	ck_assert(support_until(is_at_rest, &child));
	if (_i)
		forbid_kcmp();
	ck_assert(!fork_copy_is(child, getpid()));
	support_end_child(child);
}
END_TEST

static pthread_barrier_t met;

static void *stay_named(void *name)
{
	pthread_setname_np(pthread_self(), name);
	pthread_barrier_wait(&met);
	for (;;)
		pause();
	return NULL;
}

static void start_named(char *name)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_barrier_init(&met, NULL, 2), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, stay_named, name), 0);
	pthread_barrier_wait(&met);
}

START_TEST(tasks_from_before_the_fork_are_older)
{
	struct procfs_task tasks[8];
	size_t count, forker;
	pid_t child;

	prctl(PR_SET_NAME, "forks");
	start_named((char[]){"early"});
	child = support_child(support_wait, &(int){1});
	start_named((char[]){"late"});
	count = fork_copy_older_tasks(getpid(), child, tasks, 8);
	ck_assert_uint_eq(count, 2);
	forker = fork_copy_forker(tasks, count, child);
	ck_assert_str_eq(tasks[forker].name, "forks");
	ck_assert_str_eq(tasks[!forker].name, "early");
	ck_assert_uint_eq(fork_copy_keep_older(tasks, count, child, 0), 0);
	support_end_child(child);
	ck_assert_uint_eq(fork_copy_older_tasks(getpid(), child, tasks, 8), 0);
}
END_TEST

Suite *fork_copy_suite(void)
{
	Suite *suite = suite_create("fork_copy");
	TCase *copies = tcase_create("copies");

	tcase_add_loop_test(copies, a_fork_child_is_a_copy, 0, 2);
	tcase_add_test(copies, a_program_that_was_started_anew_is_no_copy);
	tcase_add_loop_test(copies, who_has_the_same_memory_is_no_copy, 0, 2);
	tcase_add_test(copies, tasks_from_before_the_fork_are_older);
	suite_add_tcase(suite, copies);
	return suite;
}
