/*
 * forks WAY WHAT: a mutex that another thread holds (hang, latent, exec) or has
 * given back (released), and a child made in every way there is. What is no
 * fork, and what the calls return, is in harmless.c.
 */
#include "case.h"
#include <dlfcn.h>
#include <linux/sched.h>
#include <pty.h>
#include <sched.h>
#include <stdint.h>

static pthread_mutex_t fork_mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *way;
static const char *what;
static char child_stack[65536] __attribute__((aligned(16)));

static int is_way(const char *name)
{
	return strcmp(way, name) == 0;
}

static void *holder(void *unused)
{
	int released = strcmp(what, "released") == 0 || strcmp(what, "return") == 0;

	pthread_mutex_lock(&fork_mutex); /* ACQUIRE */
	if (released)
		pthread_mutex_unlock(&fork_mutex);
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	if (!released)
		pthread_mutex_unlock(&fork_mutex);
	return NULL;
}

/* What every child does. Its status tells that it came back with everything in order. */
static void work(void)
{
	if (strcmp(what, "exec") == 0)
		execl("/bin/true", "true", (char *)NULL);
	if (strcmp(what, "latent") != 0 && strcmp(what, "return") != 0) {
		pthread_mutex_lock(&fork_mutex); /* CHILD */
		pthread_mutex_unlock(&fork_mutex);
	}
	_exit(0);
}

static int run_child(void *argument)
{
	if (argument != &fork_mutex)
		_exit(9);
	work(); /* STARTED */
	return 8;
}

/* Past every wrapper: what a runtime without libc does. */
static pid_t fork_by_instruction(void)
{
	long result;

	SYSTEM_CALL(result, SYS_clone, SIGCHLD, 0, 0, 0, 0);
	return (pid_t)result;
}

static void *from_libc(const char *name)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW);
	void *function = dlsym(libc, name);

	if (function == NULL)
		errx(2, "dlsym");
	return function;
}

static pid_t fork_from_libc(const char *name)
{
	pid_t (*function)(void);
	void *found = from_libc(name);

	memcpy(&function, &found, sizeof(function));
	return function(); /* FROM_LIBC */
}

static pid_t fork_on_terminal(void)
{
	int master;

	return forkpty(&master, NULL, NULL, NULL); /* TERMINAL */
}

static pid_t clone_with(int flags)
{
	pid_t parent_tid = 0, child_tid = 0;
	pid_t pid = clone(run_child, child_stack + sizeof(child_stack), flags | SIGCHLD, /* CLONE */
			  &fork_mutex, &parent_tid, NULL, &child_tid);

	if ((flags & CLONE_PARENT_SETTID) && pid != parent_tid)
		errx(3, "parent_tid");
	return pid;
}

static pid_t clone3_with(uint64_t flags)
{
	struct clone_args arguments = {.flags = flags, .exit_signal = SIGCHLD};

	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments)); /* CLONE3 */
}

static pid_t fork_plainly(void)
{
	if (is_way("fork"))
		return fork(); /* FORK */
	if (is_way("_Fork"))
		return _Fork(); /* UNDERSCORE */
	if (is_way("forkpty"))
		return fork_on_terminal(); /* FORKPTY */
	if (is_way("dlsym"))
		return fork_from_libc("fork"); /* DLSYM */
	if (is_way("dlsym-_Fork"))
		return fork_from_libc("_Fork");
	if (is_way("clone"))
		return clone_with(CLONE_PARENT_SETTID | CLONE_CHILD_SETTID); /* WITH */
	if (is_way("clone-vfork"))
		return clone_with(CLONE_VFORK); /* WITH_VFORK */
	if (is_way("sys-fork"))
		return (pid_t)syscall(FORK_CALL); /* SYS_FORK */
	if (is_way("sys-clone"))
		return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0); /* SYS_CLONE */
	if (is_way("sys-clone3"))
		return clone3_with(0); /* SYS_CLONE3 */
	if (is_way("instruction"))
		return fork_by_instruction();
	errx(2, "unknown way: %s", way);
}

static void fork_and_work(int *status)
{
	pid_t child = fork_plainly(); /* PLAINLY */

	if (child == 0)
		work(); /* WORK */
	*status = reap(child);
}

static int handled_status;

static void on_signal(int signal)
{
	(void)signal;
	way = "fork";
	fork_and_work(&handled_status); /* HANDLED */
}

static void fork_in_handler(int *status)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1); /* RAISE */
	*status = handled_status;
}

/* Where a task is, by the kernel's word: its system call and the first argument. */
static int waits_for(pid_t tid, const void *word)
{
	char path[64], text[64] = "", wanted[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	file = fopen(path, "re");
	if (file == NULL || fgets(text, sizeof(text), file) == NULL)
		errx(2, "%s", path);
	fclose(file);
	snprintf(wanted, sizeof(wanted), "%d %p ", SYS_futex, word);
	return strncmp(text, wanted, strlen(wanted)) == 0;
}

static pthread_t main_thread;
static pthread_barrier_t interrupted;
static pthread_mutex_t wanted_mutex = PTHREAD_MUTEX_INITIALIZER;

/*
 * Interrupts the main thread while it waits for a lock that this one has. In a
 * futex alone is not enough: it may still be asleep in the barrier.
 */
static void *interrupter(void *unused)
{
	pthread_mutex_lock(&wanted_mutex); /* WANTED */
	pthread_barrier_wait(&taken);
	while (!waits_for(getpid(), &wanted_mutex))
		sched_yield();
	pthread_kill(main_thread, SIGUSR1);
	pthread_barrier_wait(&interrupted);
	pthread_mutex_unlock(&wanted_mutex);
	return NULL;
}

static void on_signal_in_lock(int signal)
{
	pid_t child = fork(); /* IN_LOCK */

	(void)signal;
	/* Back in the wait for a lock that nobody here can give back. */
	if (child == 0 && strcmp(what, "return") == 0) {
		sigaction(SIGUSR1, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
		return;
	}
	if (child == 0)
		work(); /* WORK_IN_LOCK */
	handled_status = reap(child);
	pthread_barrier_wait(&interrupted);
}

static void fork_in_lock(int *status)
{
	struct sigaction action = {.sa_handler = on_signal_in_lock};
	pthread_t thread;

	main_thread = pthread_self();
	pthread_barrier_init(&interrupted, NULL, 2);
	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&thread, NULL, interrupter, NULL);
	pthread_barrier_wait(&taken);
	pthread_mutex_lock(&wanted_mutex); /* WAITING */
	pthread_mutex_unlock(&wanted_mutex);
	pthread_join(thread, NULL);
	*status = handled_status;
}

static int raised;

/* In the middle of fork(), a signal handler forks. */
static void raise_once(void)
{
	if (!raised++)
		raise(SIGUSR1); /* IN_FORK */
}

static void on_signal_in_fork(int signal)
{
	pid_t child = fork(); /* INNER */

	(void)signal;
	if (child == 0 && strcmp(what, "return") == 0)
		return;
	if (child == 0)
		work(); /* WORK_INNER */
	handled_status = reap(child);
	what = "exec";
}

static void fork_in_fork(int *status)
{
	struct sigaction action = {.sa_handler = on_signal_in_fork};
	pid_t self = getpid();

	sigaction(SIGUSR1, &action, NULL);
	pthread_atfork(raise_once, NULL, NULL);
	way = "fork";
	fork_and_work(status); /* OUTER */
	/* The inner child, back from the interrupted fork, whose child it has waited for. */
	if (getpid() != self)
		_exit(*status);
	if (handled_status != 0)
		*status = handled_status;
}

/* A child that lost nothing but a thread; it forks on, by the way that is asked for. */
static void fork_in_child(int *status)
{
	pid_t child = fork(); /* FIRST */

	if (child == 0) {
		way = "_Fork";
		fork_and_work(status); /* SECOND */
		_exit(*status);
	}
	*status = reap(child);
}

static void *fork_there(void *status)
{
	way = "fork";
	fork_and_work(status); /* THERE */
	return NULL;
}

/* A thread that no library made: it has the thread-local storage of the main thread. */
static int run_raw_thread(void *status)
{
	way = "fork";
	fork_and_work(status); /* RAW */
	return 0;
}

static void fork_in_raw_thread(int *status)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
	static pid_t tid;

	tid = 1;
	if (clone(run_raw_thread, child_stack + sizeof(child_stack), flags, status, NULL, NULL,
		  &tid) < 0)
		err(2, "clone");
	while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE) != 0)
		sched_yield();
}

/* A thread that the shim was not told of. */
static void fork_in_unseen_thread(int *status)
{
	int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	void *found = from_libc("pthread_create");
	pthread_t thread;

	memcpy(&create, &found, sizeof(create));
	create(&thread, NULL, fork_there, status); /* UNSEEN */
	pthread_join(thread, NULL);
}

/* The daemon is a grandchild of nobody: it reports its end through a pipe. */
static void fork_daemon(int *status)
{
	int ends[2];
	pid_t child;
	char byte;

	if (pipe(ends) != 0)
		err(2, "pipe");
	child = fork();
	if (child == 0) {
		close(ends[0]);
		pthread_create(&(pthread_t){0}, NULL, holder, NULL);
		pthread_barrier_wait(&taken);
		if (daemon(0, 1) != 0) /* DAEMON */
			_exit(7);
		work(); /* DAEMON_WORK */
	}
	close(ends[1]);
	if (reap(child) != 0)
		errx(3, "daemon");
	*status = read(ends[0], &byte, 1) == 0 ? 0 : 3;
}

static void choose(int *status)
{
	if (is_way("handler"))
		fork_in_handler(status); /* HANDLER */
	else if (is_way("in-lock"))
		fork_in_lock(status);
	else if (is_way("in-fork"))
		fork_in_fork(status);
	else if (is_way("grandchild"))
		fork_in_child(status);
	else if (is_way("raw-thread"))
		fork_in_raw_thread(status);
	else if (is_way("unseen-thread"))
		fork_in_unseen_thread(status);
	else
		fork_and_work(status);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status = 0;

	if (argc != 3)
		errx(2, "usage: forks WAY WHAT");
	way = argv[1];
	what = argv[2];
	if (is_way("daemon")) {
		fork_daemon(&status);
		return status;
	}
	pthread_create(&thread, NULL, holder, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	choose(&status);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
