/*
 * transparent MODE: does what a program may do and writes down what came of it:
 * results, errno, order, masks. transparency.c runs it with and without forkcheck
 * and compares; nothing is written that differs from run to run.
 */
#include "case.h"
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <pwd.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>

extern char **environ;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static const struct timespec past = {1, 0};
static const struct timespec invalid = {1, 2000000000};

static void say(const char *what, long result)
{
	printf("%s: %ld, errno %d\n", what, result, errno);
	fflush(stdout);
}

#define SAY(call)                                                                                  \
	do {                                                                                       \
		errno = 77;                                                                        \
		say(#call, (long)(call));                                                          \
	} while (0)

static void use_locks(void)
{
	pthread_mutex_lock(&lock);
	pthread_cond_timedwait(&condition, &lock, &past);
	pthread_mutex_unlock(&lock);
}

static void *use_locks_in_thread(void *data)
{
	use_locks();
	return data;
}

static void run_thread(void *(*start)(void *), void *data)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, start, data) || pthread_join(thread, NULL))
		errx(2, "no thread");
}

static int fork_and_use(void)
{
	pid_t child = fork();

	if (child == 0) {
		use_locks();
		_exit(7);
	}
	return reap(child);
}

/* --- results and errno ----------------------------------------------------- */

static int results(void)
{
	char *const none[] = {"none", NULL};
	const char *volatile nowhere = NULL;
	struct itimerval timer = {{0, 0}, {0, 9999999}};
	struct sigaction action = {.sa_handler = SIG_IGN}, old;
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_spinlock_t spin;
	pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
	sem_t semaphore;
	mtx_t c11;
	pid_t pid;

	SAY(pthread_mutex_lock(&lock));
	SAY(pthread_mutex_trylock(&lock));
	SAY(pthread_mutex_timedlock(&lock, &past));
	SAY(pthread_mutex_timedlock(&lock, &invalid));
	SAY(pthread_mutex_clocklock(&lock, 77, &past));
	SAY(pthread_mutex_destroy(&lock));
	SAY(pthread_cond_timedwait(&condition, &lock, &past));
	SAY(pthread_cond_timedwait(&condition, &lock, &invalid));
	SAY(pthread_cond_clockwait(&condition, &lock, 77, &past));
	SAY(pthread_mutex_unlock(&lock));
	SAY(pthread_cond_signal(&condition));
	SAY(pthread_rwlock_rdlock(&rwlock));
	SAY(pthread_rwlock_trywrlock(&rwlock));
	SAY(pthread_rwlock_timedwrlock(&rwlock, &past));
	SAY(pthread_rwlock_timedwrlock(&rwlock, &invalid));
	SAY(pthread_rwlock_unlock(&rwlock));
	SAY(pthread_rwlock_wrlock(&rwlock));
	SAY(pthread_rwlock_wrlock(&rwlock));
	SAY(pthread_rwlock_rdlock(&rwlock));
	SAY(pthread_rwlock_unlock(&rwlock));
	SAY(pthread_spin_init(&spin, 0));
	SAY(pthread_spin_lock(&spin));
	SAY(pthread_spin_trylock(&spin));
	SAY(pthread_spin_unlock(&spin));
	SAY(sem_init(&semaphore, 0, UINT_MAX));
	SAY(sem_init(&semaphore, 0, SEM_VALUE_MAX));
	SAY(sem_post(&semaphore));
	SAY(sem_init(&semaphore, 0, 0));
	SAY(sem_trywait(&semaphore));
	SAY(sem_timedwait(&semaphore, &past));
	SAY(sem_timedwait(&semaphore, &invalid));
	SAY(mtx_init(&c11, 99));
	SAY(mtx_init(&c11, mtx_timed));
	SAY(mtx_lock(&c11));
	SAY(mtx_trylock(&c11));
	SAY(mtx_timedlock(&c11, &past));
	SAY(mtx_unlock(&c11));
	SAY(execve("/missing", none, environ));
	SAY(execve("/", none, environ));
	SAY(execv("/etc/passwd", none));
	SAY(execvp("missing-program", none));
	SAY(execvp("", none));
	SAY(execve(nowhere, none, environ));
	SAY(execlp("missing-program", "none", (char *)NULL));
	SAY(fexecve(-1, none, environ));
	SAY(fexecve(99, none, environ));
	SAY(execveat(99, "x", none, environ, 0));
	SAY(execveat(AT_FDCWD, "/missing", none, environ, 0x800000));
	SAY(posix_spawn(&pid, "/missing", NULL, NULL, none, environ));
	SAY(posix_spawnp(&pid, "missing-program", NULL, NULL, none, environ));
	SAY(sigaction(999, &action, NULL));
	SAY(sigaction(SIGKILL, &action, NULL));
	SAY(sigaction(SIGUSR1, &action, &old));
	SAY(old.sa_handler == SIG_DFL);
	SAY(signal(SIGUSR1, SIG_DFL) == SIG_IGN);
	SAY(signal(999, SIG_DFL) == SIG_ERR);
	SAY(setitimer(ITIMER_REAL, &timer, NULL));
	SAY(setitimer((__itimer_which_t)9, &timer, NULL));
	SAY(alarm(100));
	SAY(alarm(0));
	SAY(prctl(PR_SET_NAME, "renamed", 0, 0, 0));
	SAY(prctl(12345, 0, 0, 0, 0));
	SAY(prctl(PR_SET_PDEATHSIG, 999, 0, 0, 0));
	SAY(pthread_setname_np(pthread_self(), "a name that is too long"));
	SAY(syscall(SYS_futex, NULL, 999, 0, NULL, NULL, 0));
	SAY(syscall(99999));
	SAY(syscall(SYS_execve, "/missing", none, environ));
	SAY(setenv("", "x", 1));
	SAY(setenv("A=B", "x", 1));
	SAY(unsetenv("A=B"));
	SAY(putenv("TRANSPARENT=1"));
	SAY(getpwnam("no such user") != NULL);
	SAY(setlocale(LC_ALL, "no such locale") != NULL);
	SAY(newlocale(LC_ALL_MASK, "no such locale", (locale_t)0) != NULL);
	SAY((srandom(5), random()));
	SAY((srand(5), rand()));
	SAY(dlopen("/missing.so", RTLD_NOW) != NULL);
	puts(dlerror());
	SAY(dlopen("/missing.so", 0) != NULL);
	puts(dlerror());
	SAY(dlclose((void *)&lock) != 0);
	SAY(dlerror() != NULL);
	SAY(pthread_attr_init(&attributes));
	SAY(pthread_attr_setstacksize(&attributes, (size_t)1 << 46));
	SAY(pthread_create(&thread, &attributes, use_locks_in_thread, NULL));
	return 7;
}

/* --- kinds of mutexes ------------------------------------------------------ */

static pthread_mutex_t *made_mutex(int type, int robust, int protocol)
{
	static pthread_mutex_t mutex;
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	pthread_mutexattr_setrobust(&attributes, robust);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	pthread_mutex_init(&mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return &mutex;
}

static void *lock_and_end(void *mutex)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

static void *unlock_and_end(void *mutex)
{
	SAY(pthread_mutex_unlock(mutex));
	return NULL;
}

static void try_mutex(int type, int robust, int protocol)
{
	pthread_mutex_t *mutex = made_mutex(type, robust, protocol);

	printf("type %d, robust %d, protocol %d\n", type, robust, protocol);
	SAY(pthread_mutex_lock(mutex));
	if (type != PTHREAD_MUTEX_NORMAL)
		SAY(pthread_mutex_lock(mutex));
	SAY(pthread_mutex_trylock(mutex));
	if (type == PTHREAD_MUTEX_ERRORCHECK)
		run_thread(unlock_and_end, mutex);
	SAY(mutex->__data.__count);
	while (pthread_mutex_unlock(mutex) == 0 && mutex->__data.__count)
		;
	if (type != PTHREAD_MUTEX_NORMAL)
		SAY(pthread_mutex_unlock(mutex));
	SAY(pthread_mutex_destroy(mutex));
	if (robust != PTHREAD_MUTEX_ROBUST)
		return;
	mutex = made_mutex(type, robust, protocol);
	run_thread(lock_and_end, mutex);
	SAY(pthread_mutex_trylock(mutex));
	SAY(pthread_mutex_consistent(mutex));
	SAY(pthread_mutex_unlock(mutex));
	run_thread(lock_and_end, mutex);
	SAY(pthread_mutex_lock(mutex));
	SAY(pthread_cond_timedwait(&condition, mutex, &past));
	SAY(pthread_mutex_unlock(mutex));
	SAY(pthread_mutex_lock(mutex));
}

static int mutexes(void)
{
	for (int type = PTHREAD_MUTEX_NORMAL; type <= PTHREAD_MUTEX_ERRORCHECK; type++)
		for (int robust = 0; robust < 2; robust++)
			for (int protocol = 0; protocol < 2; protocol++)
				try_mutex(type, robust, protocol);
	return 7;
}

/* A thread that a signal ends in the midst of many: the owner's death is seen in the parent. */
static int robust_across(void)
{
	pthread_mutexattr_t attributes;
	pthread_mutex_t *mutex =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(mutex, &attributes);
	child = fork();
	if (child == 0) {
		pthread_mutex_lock(mutex);
		raise(SIGKILL);
	}
	SAY(reap(child));
	SAY(pthread_mutex_lock(mutex));
	SAY(pthread_mutex_consistent(mutex));
	SAY(pthread_mutex_unlock(mutex));
	child = fork();
	if (child == 0) {
		pthread_mutex_lock(mutex);
		execl("/bin/true", "true", (char *)NULL);
	}
	SAY(reap(child));
	SAY(pthread_mutex_lock(mutex));
	return 7;
}

/* --- cancellation ---------------------------------------------------------- */

static sem_t never, posted;
static pthread_rwlock_t some_rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void call_lock(void)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
}
static void call_wait(void)
{
	pthread_mutex_lock(&lock);
	pthread_cond_wait(&condition, &lock);
}
static void call_timedwait(void)
{
	pthread_mutex_lock(&lock);
	pthread_cond_timedwait(&condition, &lock, &past);
}
static void call_clockwait(void)
{
	pthread_mutex_lock(&lock);
	pthread_cond_clockwait(&condition, &lock, CLOCK_MONOTONIC, &past);
}
static void call_sem_wait(void)
{
	sem_wait(&never);
}
static void call_sem_wait_at_once(void)
{
	sem_post(&posted);
	sem_wait(&posted);
}
static void call_sem_timedwait(void)
{
	sem_timedwait(&never, &past);
}
static void call_sem_trywait(void)
{
	sem_trywait(&never);
}
static void call_sem_post(void)
{
	sem_post(&posted);
}
static void call_rwlock(void)
{
	pthread_rwlock_rdlock(&some_rwlock);
	pthread_rwlock_unlock(&some_rwlock);
}
static void call_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	reap(child);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
}
static void call_execve(void)
{
	char *const none[] = {"none", NULL};

	execve("/missing", none, environ);
}
static void call_spawn(void)
{
	char *const none[] = {"none", NULL};
	pid_t pid;

	posix_spawn(&pid, "/missing", NULL, NULL, none, environ);
}
static void call_spawn_program(void)
{
	char *const command[] = {"true", NULL};
	pid_t pid;

	posix_spawn(&pid, "/bin/true", NULL, NULL, command, environ);
}
static void call_create(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, use_locks_in_thread, NULL);
}
static void call_sigaction(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};

	sigaction(SIGUSR2, &action, NULL);
}
static void call_setname(void)
{
	pthread_setname_np(pthread_self(), "name");
}
static void call_dlopen(void)
{
	dlclose(dlopen("libc.so.6", RTLD_NOW));
}
static void call_environment(void)
{
	setenv("TRANSPARENT", "1", 1);
}
static void call_time(void)
{
	time_t now = 0;
	struct tm parts;

	localtime_r(&now, &parts);
}
static void call_syscall(void)
{
	syscall(SYS_getppid);
}
static void call_barrier(void)
{
	pthread_barrier_t one;

	pthread_barrier_init(&one, NULL, 1);
	pthread_barrier_wait(&one);
}
static void call_passwords(void)
{
	getpwuid(0);
}
static void call_system(void)
{
	if (system("true"))
		return;
}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {
	{"mutex_lock", call_lock},
	{"cond_wait", call_wait},
	{"cond_timedwait", call_timedwait},
	{"cond_clockwait", call_clockwait},
	{"sem_wait", call_sem_wait},
	{"sem_wait, free", call_sem_wait_at_once},
	{"sem_timedwait", call_sem_timedwait},
	{"sem_trywait", call_sem_trywait},
	{"sem_post", call_sem_post},
	{"rwlock", call_rwlock},
	{"execve", call_execve},
	{"posix_spawn that fails", call_spawn},
	{"posix_spawn", call_spawn_program},
	{"create", call_create},
	{"sigaction", call_sigaction},
	{"setname", call_setname},
	{"dlopen", call_dlopen},
	{"setenv", call_environment},
	{"localtime", call_time},
	{"syscall", call_syscall},
	{"barrier", call_barrier},
	{"getpwuid", call_passwords},
	{"system", call_system},
	{"fork", call_fork},
};

static void clean_up(void *text)
{
	printf("  clean up: %s, mutex %s\n", (char *)text,
	       lock.__data.__owner == syscall(SYS_gettid) ? "held" : "not held");
	if (lock.__data.__owner == syscall(SYS_gettid))
		pthread_mutex_unlock(&lock);
}

static void *call_cancelled(void *data)
{
	const volatile int index = *(int *)data;

	pthread_cleanup_push(clean_up, "outer");
	pthread_cleanup_push(clean_up, "inner");
	pthread_cancel(pthread_self());
	calls[index].call();
	printf("  %s returned\n", calls[index].name);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return "returned";
}

/* Which of them are cancellation points, and what has been cleaned up then. */
static int cancellation(void)
{
	sem_init(&never, 0, 0);
	sem_init(&posted, 0, 0);
	for (int i = 0; i < (int)(sizeof(calls) / sizeof(calls[0])); i++) {
		pthread_t thread;
		void *result;

		pthread_create(&thread, NULL, call_cancelled, &i);
		pthread_join(thread, &result);
		printf("%s: %s\n", calls[i].name,
		       result == PTHREAD_CANCELED ? "cancelled" : (char *)result);
	}
	return 7;
}

static void *wait_asleep(void *data)
{
	pthread_cleanup_push(clean_up, "sleeper");
	pthread_mutex_lock(&lock);
	sem_post(&posted);
	for (;;)
		pthread_cond_wait(&condition, &lock);
	pthread_cleanup_pop(0);
	return data;
}

static void *spin_until_cancelled(void *data)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	sem_post(&posted);
	for (;;)
		sched_yield();
	return data;
}

static int cancelled_asleep(void)
{
	void *(*const starts[])(void *) = {wait_asleep, spin_until_cancelled};

	sem_init(&posted, 0, 0);
	for (int i = 0; i < 2; i++) {
		pthread_t thread;
		void *result;

		pthread_create(&thread, NULL, starts[i], NULL);
		sem_wait(&posted);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		SAY(result == PTHREAD_CANCELED);
	}
	SAY(pthread_mutex_trylock(&lock));
	return 7;
}

/* --- the end of threads ---------------------------------------------------- */

static pthread_key_t keys[3];
static int rounds;

static void end_key(void *data)
{
	use_locks();
	printf("destructor %ld\n", (long)data);
	if (++rounds < 5)
		pthread_setspecific(keys[0], data);
	if (rounds == 2)
		printf("fork: %d\n", fork_and_use());
}

static void *end_with_keys(void *data)
{
	for (long i = 0; i < 3; i++)
		pthread_setspecific(keys[i], (void *)(i + 1));
	pthread_cleanup_push(clean_up, "at exit");
	pthread_exit(data);
	pthread_cleanup_pop(0);
	return NULL;
}

static int thread_ends(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	thrd_t c11;
	int result;

	for (int i = 0; i < 3; i++)
		SAY(pthread_key_create(&keys[i], end_key) == 0 && keys[i] == (pthread_key_t)i);
	run_thread(end_with_keys, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	SAY(pthread_create(&thread, &attributes, use_locks_in_thread, NULL));
	SAY(thrd_create(&c11, (thrd_start_t)(void (*)(void))use_locks_in_thread, (void *)9));
	SAY(thrd_join(c11, &result));
	SAY(result);
	return 7;
}

/* The first thread ends; another ends the process. */
static void *end_process(void *data)
{
	pthread_join(*(pthread_t *)data, NULL);
	printf("fork: %d\n", fork_and_use());
	use_locks();
	exit(7);
}

static int main_ends(void)
{
	static pthread_t first;
	pthread_t thread;

	first = pthread_self();
	pthread_create(&thread, NULL, end_process, &first);
	pthread_exit(NULL);
}

/* --- small stacks ---------------------------------------------------------- */

static void *fork_in_thread(void *data)
{
	use_locks();
	*(int *)data = fork_and_use();
	return NULL;
}

static int small_stacks(void)
{
	for (size_t size = (size_t)PTHREAD_STACK_MIN; size <= 65536; size += 4096) {
		pthread_attr_t attributes;
		pthread_t thread;
		int result = 0;

		pthread_attr_init(&attributes);
		if (pthread_attr_setstacksize(&attributes, size))
			continue;
		SAY(pthread_create(&thread, &attributes, use_locks_in_thread, NULL));
		SAY(pthread_join(thread, NULL));
		SAY(pthread_create(&thread, &attributes, fork_in_thread, &result));
		SAY(pthread_join(thread, NULL));
		SAY(result);
	}
	return 7;
}

/* --- atfork ---------------------------------------------------------------- */

/* Written down by each side for itself: which of them runs first is the kernel's business. */
static char order[512];

static void note(const char *what)
{
	use_locks();
	strncat(order, what, sizeof(order) - strlen(order) - 1);
}

#define HANDLERS(name)                                                                             \
	static void before_##name(void)                                                            \
	{                                                                                          \
		note(" before " #name);                                                            \
	}                                                                                          \
	static void parent_##name(void)                                                            \
	{                                                                                          \
		note(" parent " #name);                                                            \
	}                                                                                          \
	static void child_##name(void)                                                             \
	{                                                                                          \
		note(" child " #name);                                                             \
	}
HANDLERS(first)
HANDLERS(second)

static void show_order(const char *who)
{
	printf("%s:%s\n", who, order);
	fflush(stdout);
	order[0] = '\0';
}

static void fork_with_handlers(void)
{
	pid_t child = fork();

	if (child == 0) {
		show_order("child");
		_exit(7);
	}
	SAY(reap(child));
	show_order("parent");
}

static int handlers(void)
{
	SAY(pthread_atfork(before_first, parent_first, child_first));
	SAY(pthread_atfork(before_second, parent_second, child_second));
	SAY(pthread_atfork(NULL, NULL, child_first));
	fork_with_handlers();
	SAY(pthread_atfork(before_first, NULL, NULL));
	fork_with_handlers();
	return 7;
}

/* --- signals --------------------------------------------------------------- */

static void on_signal(int signal)
{
	(void)signal;
}

static void show_signals(const char *who)
{
	FILE *file = fopen("/proc/thread-self/status", "r");
	char line[256];

	puts(who);
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "Sig", 3) == 0 && strncmp(line, "SigQ", 4) != 0)
			fputs(line, stdout);
	if (file)
		fclose(file);
	fflush(stdout);
}

static void *show_in_thread(void *data)
{
	show_signals("thread");
	return data;
}

static void in_child(int raw)
{
	pid_t child = raw ? (pid_t)syscall(FORK_CALL) : fork();

	if (child == 0) {
		show_signals(raw ? "raw child" : "child");
		_exit(7);
	}
	SAY(reap(child));
}

static int signals(void)
{
	char *const command[] = {"sh", "-c", "grep ^Sig[BIC] /proc/self/status; exit 7", NULL};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER};
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGTERM, NULL, &action);
	SAY(action.sa_handler == on_signal);
	SAY(action.sa_flags);
	SAY(signal(SIGHUP, SIG_IGN) == SIG_DFL);
	show_signals("main");
	run_thread(show_in_thread, NULL);
	in_child(0);
	in_child(1);
	posix_spawn(&pid, "/bin/sh", NULL, NULL, command, environ);
	SAY(reap(pid));
	SAY(system("grep ^Sig[BIC] /proc/self/status"));
	show_signals("main");
	execv("/bin/sh", command);
	return 1;
}

static volatile sig_atomic_t forked;

static void fork_in_handler(int signal)
{
	int saved = errno;

	(void)signal;
	pid_t child = fork();
	if (child == 0)
		_exit(7);
	forked += reap(child) == 7;
	errno = saved;
}

/* A handler that forks, in the midst of locks: in the midst of another fork glibc's own lock
 * would be taken twice. */
static int handler_forks(void)
{
	struct sigaction action = {.sa_handler = fork_in_handler, .sa_flags = SA_RESTART};

	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; forked < 100; i++) {
		struct itimerval timer = {{0, 0}, {0, 1 + i * 37 % 300}};
		int before = forked;

		setitimer(ITIMER_REAL, &timer, NULL);
		while (forked == before)
			use_locks();
	}
	return 7;
}

static sigjmp_buf jump;

static void jump_out(int signal)
{
	siglongjmp(jump, signal);
}

/* A handler on a stack of its own that leaves a wait by a jump. */
static int handler_jumps(void)
{
	static char stack[65536];
	stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = jump_out, .sa_flags = SA_ONSTACK};
	volatile int count = 0;

	sem_init(&never, 0, 0);
	SAY(sigaltstack(&other, NULL));
	sigaction(SIGALRM, &action, NULL);
	sigsetjmp(jump, 1);
	if (++count < 20) {
		ualarm(2000, 0);
		sem_wait(&never);
	}
	SAY(fork_and_use());
	return 7;
}

/* --- descriptors ----------------------------------------------------------- */

static void show_descriptors(const char *who)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int count = 0;

	while (directory && (entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	printf("%s: %d descriptors, next %d\n", who, count, dup(0));
	if (directory)
		closedir(directory);
}

static int descriptors(void)
{
	show_descriptors("start");
	close_range(3, ~0U, 0);
	show_descriptors("closed");
	use_locks();
	run_thread(use_locks_in_thread, NULL);
	SAY(fork_and_use());
	show_descriptors("forked");
	for (int i = 3; i < 1024; i++)
		dup2(0, i);
	SAY(fork_and_use());
	close_range(0, ~0U, 0);
	return fork_and_use();
}

static int undumpable(void)
{
	SAY(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	run_thread(use_locks_in_thread, NULL);
	SAY(fork_and_use());
	SAY(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	return fork_and_use();
}

/* Needs root: nothing of /proc or of the session can be opened by name any more. */
static int changed_root(void)
{
	char *const command[] = {"sh", NULL};

	if (mkdir("root", 0755) || chroot("root") || chdir("/"))
		err(2, "chroot");
	run_thread(use_locks_in_thread, NULL);
	SAY(fork_and_use());
	SAY(access("/proc", F_OK));
	SAY(execve("/bin/sh", command, environ));
	SAY(execvp("sh", command));
	return fork_and_use();
}

/* --- seccomp --------------------------------------------------------------- */

#define ALLOW(number)                                                                              \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                       \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* What glibc itself calls for what is done below; anything else is the end. */
static struct sock_filter strict[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ALLOW(SYS_write),
	ALLOW(SYS_futex),
	ALLOW(SYS_clone),
	ALLOW(SYS_clone3),
	ALLOW(SYS_wait4),
	ALLOW(SYS_set_robust_list),
	ALLOW(SYS_rseq),
	ALLOW(SYS_rt_sigprocmask),
	ALLOW(SYS_rt_sigaction),
	ALLOW(SYS_mmap),
	ALLOW(SYS_mprotect),
	ALLOW(SYS_munmap),
	ALLOW(SYS_madvise),
	ALLOW(SYS_brk),
	ALLOW(SYS_exit),
	ALLOW(SYS_exit_group),
#ifdef SYS_vfork
	ALLOW(SYS_vfork),
#endif
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static void install(int way)
{
	struct sock_fprog program = {sizeof(strict) / sizeof(strict[0]), strict};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (way == 0)
		SAY(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
	else
		SAY(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static int filtered(int way)
{
	pid_t child;
	int status = 0;

	say("before", 0);
	install(way);
	use_locks();
	run_thread(use_locks_in_thread, NULL);
	child = fork();
	if (child == 0) {
		use_locks();
		_exit(7);
	}
	SAY(waitpid(child, &status, 0) == child);
	SAY(status);
	child = vfork();
	if (child == 0)
		_exit(7);
	SAY(waitpid(child, &status, 0) == child);
	_exit(7);
}

/* The kernel's own filter: read, write, exit and no more. */
static int strictly_filtered(void)
{
	say("before", 0);
	SAY(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0));
	call_lock();
	syscall(SYS_exit, 7);
	return 1;
}

/* Reading the counter that libc takes the time from is a fault, and the handler jumps out. */
static int timeless(void)
{
	struct sigaction action = {.sa_handler = jump_out};
	volatile int count = 0;

	sigaction(SIGSEGV, &action, NULL);
	SAY(prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0));
	if (sigsetjmp(jump, 1))
		count++;
	else
		READ_COUNTER();
	call_lock();
	pid_t child = fork();
	if (child == 0) {
		call_lock();
		_exit(7);
	}
	SAY(reap(child));
	prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
	SAY(count);
	return 7;
}

/* --- who calls what -------------------------------------------------------- */

struct mode {
	const char *name;
	int (*run)(void);
};

static int filtered_by_prctl(void)
{
	return filtered(0);
}

static int filtered_by_number(void)
{
	return filtered(1);
}

/* --- children that crash ------------------------------------------------------ */

static void *wait_for_end(void *data)
{
	pthread_barrier_wait(&finished);
	return data;
}

static void (*volatile nowhere)(void);
static int *volatile no_number;

static void crash_by_store(void)
{
	*no_number = 1;
}

static void crash_by_call(void)
{
	nowhere();
}

static void crash_by_trap(void)
{
	__builtin_trap();
}

static void crash_by_signal(void)
{
	kill(getpid(), SIGFPE);
}

static void crash_blocked(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	*no_number = 1;
}

static void crash_ignored(void)
{
	signal(SIGABRT, SIG_IGN);
	signal(SIGSEGV, SIG_IGN);
	SAY(raise(SIGABRT));
	SAY(raise(SIGSEGV));
	abort();
}

static __attribute__((noinline)) int fill_stack(volatile char *below)
{
	volatile char bytes[4096];

	bytes[0] = *below;
	return bytes[0] ? 0 : fill_stack(bytes) + bytes[0];
}

static void crash_by_depth(void)
{
	volatile char none = 0;

	fill_stack(&none);
}

static void end_told(int signal, siginfo_t *info, void *context)
{
	(void)context;
	SAY(signal);
	SAY(info->si_code);
	SAY(info->si_addr == NULL);
	_exit(7);
}

static void handle_on_stack(void)
{
	static char bytes[65536];
	stack_t stack = {.ss_sp = bytes, .ss_size = sizeof(bytes)}, old;
	struct sigaction action = {.sa_sigaction = end_told, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	SAY(sigaltstack(&stack, &old));
	SAY(old.ss_flags);
	SAY(sigaction(SIGSEGV, &action, NULL));
	*no_number = 1;
}

static sigjmp_buf before_crash;

static void jump_back(int signal)
{
	siglongjmp(before_crash, signal);
}

static void handle_and_crash(void)
{
	SAY(signal(SIGSEGV, jump_back) == SIG_DFL);
	if (!sigsetjmp(before_crash, 1))
		*no_number = 1;
	SAY(signal(SIGSEGV, SIG_DFL) == jump_back);
	*no_number = 1;
}

static void ask_handlers(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction own = {.sa_handler = jump_back}, action;

		SAY(sigaction(signals[i], NULL, &action));
		SAY(action.sa_handler == SIG_DFL && !action.sa_flags);
		SAY(sigismember(&action.sa_mask, SIGTERM));
		SAY(sigaction(signals[i], &own, &action));
		SAY(action.sa_handler == SIG_DFL && !action.sa_flags);
	}
	_exit(7);
}

static void take_blocked(void)
{
	sigset_t some;
	int taken_signal = 0;

	sigemptyset(&some);
	sigaddset(&some, SIGABRT);
	sigprocmask(SIG_BLOCK, &some, NULL);
	SAY(raise(SIGABRT));
	SAY(sigwait(&some, &taken_signal));
	SAY(taken_signal);
	_exit(7);
}

static void crash_behind_filter(void)
{
	install(0);
	*no_number = 1;
}

static void crash_below(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		abort();
	waitpid(child, &status, 0);
	SAY(status);
	child = vfork();
	if (child == 0)
		*no_number = 1;
	waitpid(child, &status, 0);
	SAY(status);
	_exit(7);
}

/* Beside a thread that the children lack. */
static int crashes(void)
{
	static void (*const ways[])(void) = {crash_by_store,      crash_by_call,  crash_by_trap,
					     crash_by_signal,     abort,          crash_blocked,
					     crash_ignored,       crash_by_depth, handle_on_stack,
					     handle_and_crash,    ask_handlers,   take_blocked,
					     crash_behind_filter, crash_below};
	static const struct rlimit none;
	pthread_t thread;
	int status = 0;

	setrlimit(RLIMIT_CORE, &none);
	pthread_create(&thread, NULL, wait_for_end, NULL);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		pid_t child = fork();

		if (child == 0) {
			ways[i]();
			_exit(9);
		}
		SAY(waitpid(child, &status, 0) == child);
		SAY(status);
	}
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return 7;
}

static const struct mode modes[] = {
	{"results", results},
	{"mutexes", mutexes},
	{"robust", robust_across},
	{"cancellation", cancellation},
	{"cancelled-asleep", cancelled_asleep},
	{"thread-ends", thread_ends},
	{"main-ends", main_ends},
	{"small-stacks", small_stacks},
	{"atfork", handlers},
	{"signals", signals},
	{"handler-forks", handler_forks},
	{"handler-jumps", handler_jumps},
	{"descriptors", descriptors},
	{"undumpable", undumpable},
	{"chroot", changed_root},
	{"seccomp", filtered_by_prctl},
	{"seccomp-number", filtered_by_number},
	{"seccomp-strict", strictly_filtered},
	{"timeless", timeless},
	{"crashes", crashes},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			return modes[i].run();
	errx(2, "no such mode");
}
