/*
 * rings MODE: processes that wait for each other, and their twins in which
 * somebody comes late. The program itself stays out of it: it looks after the
 * process that it starts, for as long as case.h says.
 */
#include "case.h"
#include <fcntl.h>
#include <semaphore.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Much more than two looks need. */
#define LATE_MS 3000
#define MUCH    (1 << 20)

static char data[MUCH];
static int ends[2], others[2];
static sem_t *semaphores;

static void be_late(void)
{
	poll(NULL, 0, LATE_MS);
}

static void make_pipe(int made[2])
{
	if (pipe(made))
		err(2, "pipe");
}

static void drain(int descriptor)
{
	while (read(descriptor, data, sizeof(data)) > 0)
		;
}

static int wait_for(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child) /* WAIT */
		err(2, "waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- a parent waits for its child, which writes to a pipe that nobody reads - */

static void write_much(int descriptor)
{
	if (write(descriptor, data, sizeof(data)) != sizeof(data)) /* WRITE */
		_exit(3);
}

static int full(void)
{
	pid_t child;

	make_pipe(ends);
	child = fork(); /* FORK_FULL */
	if (child == 0) {
		close(ends[0]);
		write_much(ends[1]); /* FULL */
		_exit(0);
	}
	close(ends[1]);
	return wait_for(child); /* WAIT_FULL */
}

/* A sibling reads, after a while. */
static int full_slow(void)
{
	pid_t child, reader;

	make_pipe(ends);
	reader = fork();
	if (reader == 0) {
		close(ends[1]);
		be_late();
		drain(ends[0]);
		_exit(0);
	}
	child = fork();
	if (child == 0) {
		write_much(ends[1]);
		_exit(0);
	}
	close(ends[0]);
	close(ends[1]);
	return wait_for(child) + wait_for(reader);
}

static void *writer(void *nothing)
{
	write_much(ends[1]); /* THREAD */
	return nothing;
}

/* As multiprocessing.Queue does it. */
static int full_thread(void)
{
	pthread_t thread;
	pid_t child;

	make_pipe(ends);
	child = fork();
	if (child == 0) {
		pthread_create(&thread, NULL, writer, NULL);
		pthread_join(thread, NULL);
		_exit(0);
	}
	return wait_for(child);
}

static void read_some(int number)
{
	if (read(ends[0], data, sizeof(data)) < 0)
		_exit(number);
}

/* The child's own handler makes room. */
static int full_handler(void)
{
	pid_t child;

	make_pipe(ends);
	child = fork();
	if (child == 0) {
		struct sigaction action = {.sa_handler = read_some, .sa_flags = SA_RESTART};

		sigaction(SIGUSR1, &action, NULL);
		/* One page more than there is room. */
		if (write(ends[1], data, 65536 + 4096) < 0) /* HANDLED */
			_exit(1);
		_exit(0);
	}
	if (fork() == 0) {
		close(ends[0]);
		close(ends[1]);
		be_late();
		kill(child, SIGUSR1);
		_exit(0);
	}
	return wait_for(child);
}

/* --- two children that read from each other -------------------------------- */

static void read_and_answer(int from, int to, int unused_one, int unused_other)
{
	close(unused_one);
	close(unused_other);
	if (read(from, data, 1) == 1 && write(to, data, 1) == 1) /* READ */
		_exit(0);
	_exit(0);
}

static int reads(int served)
{
	pid_t one, other;
	int status;

	make_pipe(ends);
	make_pipe(others);
	one = fork();
	if (one == 0)
		read_and_answer(ends[0], others[1], ends[1], others[0]); /* ONE */
	other = fork();                                                  /* FORK_OTHER */
	if (other == 0)
		read_and_answer(others[0], ends[1], others[1], ends[0]); /* OTHER */
	if (served) {
		be_late();
		if (write(ends[1], data, 1) != 1)
			return 2;
	}
	close(ends[0]);
	close(ends[1]);
	close(others[0]);
	close(others[1]);
	status = wait_for(one);
	return status ? status : wait_for(other);
}

static int sockets(int answered)
{
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		err(2, "socketpair");
	child = fork();
	if (child == 0) {
		close(ends[0]);
		if (recv(ends[1], data, 1, 0) < 0) /* RECEIVE */
			_exit(1);
		_exit(0);
	}
	close(ends[1]);
	if (answered) {
		be_late();
		if (send(ends[0], data, 1, 0) != 1)
			return 2;
	}
	/* It would answer first. */
	if (read(ends[0], data, 1) < 0)
		return 2;
	return wait_for(child);
}

/* --- locks ----------------------------------------------------------------- */

static int open_file(const char *name)
{
	int descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (descriptor < 0)
		err(2, "%s", name);
	return descriptor;
}

/* Takes one, lets the other know, and asks for that one's. */
static void lock_both(const char *first, const char *second, int mine, int late)
{
	int one = open_file(first), two = open_file(second);

	flock(one, LOCK_EX);
	sem_post(&semaphores[mine]);
	sem_wait(&semaphores[!mine]);
	if (late) {
		be_late();
		flock(one, LOCK_UN);
	}
	flock(two, LOCK_EX); /* FLOCK */
	_exit(0);
}

static int locks(int late)
{
	pid_t one = fork(), other;
	int status;

	if (one == 0)
		lock_both("one", "other", 0, 0);
	other = fork();
	if (other == 0)
		lock_both("other", "one", 1, late); /* LOCKS */
	status = wait_for(one);
	return status ? status : wait_for(other);
}

static int shared(int posted)
{
	pid_t child = fork();

	if (child == 0) {
		sem_wait(&semaphores[0]); /* SEMAPHORE */
		_exit(0);
	}
	if (posted) {
		be_late();
		sem_post(&semaphores[0]);
	}
	return wait_for(child);
}

/* --- a mutex whose owner goes, by a signal or by its own will -------------- */

static pthread_mutex_t *make_mutex(int robust)
{
	pthread_mutex_t *mutex = (pthread_mutex_t *)&semaphores[2];
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	if (robust)
		pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(mutex, &attributes);
	return mutex;
}

static int owner(int killed, int robust)
{
	pthread_mutex_t *mutex = make_mutex(robust);
	pid_t first = fork(), waiter;

	if (first == 0) {
		pthread_mutex_lock(mutex);
		sem_post(&semaphores[0]);
		if (killed)
			pause();
		be_late();
		pthread_mutex_unlock(mutex);
		_exit(0);
	}
	sem_wait(&semaphores[0]);
	if (killed) {
		kill(first, SIGKILL); /* KILL */
		wait_for(first);
	}
	waiter = fork(); /* FORK_WAITER */
	if (waiter == 0) {
		pthread_mutex_lock(mutex); /* MUTEX */
		_exit(0);
	}
	return wait_for(waiter);
}

/* --- not in a ring: somebody outside could help ---------------------------- */

/* The writer is the program itself. */
static int outside(void)
{
	pid_t child = fork();

	close(others[1]);
	if (child == 0) {
		drain(others[0]);
		_exit(0);
	}
	return wait_for(child);
}

/* All the same but for the program, which has the end to read from too. */
static int full_outside(void)
{
	pid_t child = fork();

	if (child == 0) {
		write_much(others[1]);
		_exit(0);
	}
	close(others[1]);
	return wait_for(child);
}

static int run(char **argv)
{
	if (mode_is(argv, "full-outside"))
		return full_outside();
	if (mode_is(argv, "full"))
		return full();
	if (mode_is(argv, "full-slow"))
		return full_slow();
	if (mode_is(argv, "full-thread"))
		return full_thread();
	if (mode_is(argv, "full-handler"))
		return full_handler();
	if (mode_is(argv, "reads") || mode_is(argv, "reads-served"))
		return reads(mode_is(argv, "reads-served"));
	if (mode_is(argv, "sockets") || mode_is(argv, "sockets-answered"))
		return sockets(mode_is(argv, "sockets-answered"));
	if (mode_is(argv, "locks") || mode_is(argv, "locks-late"))
		return locks(mode_is(argv, "locks-late"));
	if (mode_is(argv, "shared") || mode_is(argv, "shared-posted"))
		return shared(mode_is(argv, "shared-posted"));
	if (strncmp(argv[1], "owner", strlen("owner")) == 0)
		return owner(!mode_is(argv, "owner-late"), mode_is(argv, "owner-killed-robust"));
	return outside();
}

static void make_semaphores(void)
{
	semaphores = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (semaphores == MAP_FAILED)
		err(2, "mmap");
	sem_init(&semaphores[0], 1, 0);
	sem_init(&semaphores[1], 1, 0);
}

int main(int argc, char **argv)
{
	pid_t first;

	(void)argc;
	/* Who answers last may find that the other has gone. */
	signal(SIGPIPE, SIG_IGN);
	make_pipe(others);
	first = fork();
	if (first == 0) {
		make_semaphores();
		_exit(run(argv));
	}
	if (mode_is(argv, "outside"))
		be_late();
	close(others[1]);
	if (mode_is(argv, "full-outside")) {
		be_late();
		drain(others[0]);
	}
	close(others[0]);
	return reap(first);
}
