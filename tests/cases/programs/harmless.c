/*
 * harmless WAY: starts other programs and shares memory while another thread
 * holds a lock, in the ways that are no fork; and asks whether results, errno
 * and the parent's state are what they are without forkcheck.
 */
#include "case.h"
#include <linux/sched.h>
#include <sched.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdint.h>

extern char **environ;

static pthread_mutex_t held_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t free_mutex = PTHREAD_MUTEX_INITIALIZER;
static char child_stack[65536] __attribute__((aligned(16)));
static char *const command[] = {"sh", "-c", "exit 7", NULL};

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			errx(3, "line %d: %s (errno %d)", __LINE__, #condition, errno);            \
	} while (0)

static void *holder(void *unused)
{
	pthread_mutex_lock(&held_mutex);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	pthread_mutex_unlock(&held_mutex);
	return NULL;
}

static int by_vfork(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execve("/bin/sh", command, environ);
		_exit(9);
	}
	return reap(child);
}

/* More than a vfork child may do, and what many do: all of it in its parent's memory. */
static int by_busy_vfork(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	pid_t child = vfork();

	if (child == 0) {
		sigaction(SIGTERM, &action, NULL);
		signal(SIGPIPE, SIG_IGN);
		pthread_mutex_lock(&free_mutex);
		pthread_mutex_unlock(&free_mutex);
		execlp("sh", "sh", "-c", "exit 7", (char *)NULL);
		_exit(9);
	}
	return reap(child);
}

static int by_spawn(int search)
{
	pid_t child = -5;

	if (search)
		CHECK(posix_spawnp(&child, "sh", NULL, NULL, command, environ) == 0);
	else
		CHECK(posix_spawn(&child, "/bin/sh", NULL, NULL, command, environ) == 0);
	CHECK(child > 0);
	return reap(child);
}

static int by_system(void)
{
	int status = system("exit 7");

	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int by_popen(void)
{
	char text[8] = "";
	FILE *stream = popen("echo x; exit 7", "r");
	int status;

	CHECK(stream != NULL && fgets(text, sizeof(text), stream) != NULL && text[0] == 'x');
	status = pclose(stream);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_shell(void *argument)
{
	CHECK(argument == child_stack);
	execve("/bin/sh", command, environ);
	return 9;
}

static int by_clone(int flags)
{
	return reap(
		clone(run_shell, child_stack + sizeof(child_stack), flags | SIGCHLD, child_stack));
}

/* A thread that no library made: it shares everything, thread-local storage too. */
static int run_thread(void *argument)
{
	*(int *)argument = 7;
	return 0;
}

static int by_thread(void)
{
	int result = 0;
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
	static pid_t tid;

	tid = 1;
	CHECK(clone(run_thread, child_stack + sizeof(child_stack), flags, &result, NULL, NULL,
		    &tid) > 0);
	while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE) != 0)
		sched_yield();
	return result;
}

/* What the calls return, in parent and child, and that errno is left alone. */
static int returns(void *argument)
{
	return argument == child_stack ? 7 : 8;
}

static int check_status(pid_t child)
{
	if (child == 0)
		_exit(errno == 77 ? 7 : 8);
	CHECK(child > 0 && errno == 77);
	return reap(child);
}

static int results(void)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	pid_t parent_tid = 0;

	errno = 77;
	CHECK(check_status(fork()) == 7);
	errno = 77;
	CHECK(check_status(_Fork()) == 7);
	errno = 77;
	CHECK(check_status((pid_t)syscall(FORK_CALL)) == 7);
	errno = 77;
	CHECK(check_status((pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0)) == 7);
	errno = 77;
	CHECK(check_status((pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments))) == 7);
	CHECK(clone(NULL, child_stack, SIGCHLD, NULL) == -1 && errno == EINVAL);
	CHECK(clone(returns, NULL, SIGCHLD, NULL) == -1 && errno == EINVAL);
	CHECK(clone(returns, child_stack + sizeof(child_stack), CLONE_SIGHAND | SIGCHLD, NULL) ==
		      -1 &&
	      errno == EINVAL);
	CHECK(syscall(SYS_clone3, 16, sizeof(arguments)) == -1 && errno == EFAULT);
	CHECK(syscall(SYS_clone3, &arguments, 8) == -1 && errno == EINVAL);
	CHECK(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, 0) == -1 &&
	      errno == EINVAL);
	return reap(clone(returns, child_stack + sizeof(child_stack), CLONE_PARENT_SETTID | SIGCHLD,
			  child_stack, &parent_tid));
}

/*
 * A child that its own timer will end. A vfork child of it clears a timer: its
 * own, though it does so in the other's memory.
 */
static int timer(void)
{
	pid_t child = fork(), inner;
	sem_t never;

	if (child == 0) {
		alarm(2);
		inner = vfork();
		if (inner == 0) {
			alarm(0);
			_exit(0);
		}
		waitpid(inner, NULL, 0);
		sem_init(&never, 0, 0);
		sem_wait(&never);
		_exit(0);
	}
	return reap(child) == 128 + SIGALRM ? 7 : 1;
}

static int run(char **argv)
{
	if (mode_is(argv, "vfork"))
		return by_vfork();
	if (mode_is(argv, "busy-vfork"))
		return by_busy_vfork();
	if (mode_is(argv, "posix_spawn"))
		return by_spawn(0);
	if (mode_is(argv, "posix_spawnp"))
		return by_spawn(1);
	if (mode_is(argv, "system"))
		return by_system();
	if (mode_is(argv, "popen"))
		return by_popen();
	if (mode_is(argv, "clone-vm"))
		return by_clone(CLONE_VM | CLONE_VFORK);
	if (mode_is(argv, "clone-thread"))
		return by_thread();
	if (mode_is(argv, "timer"))
		return timer();
	return results();
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;

	(void)argc;
	pthread_create(&thread, NULL, holder, NULL);
	pthread_barrier_wait(&taken);
	status = run(argv);
	CHECK(pthread_mutex_trylock(&free_mutex) == 0);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
