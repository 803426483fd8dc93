/*
 * The session file is made, and removed, in /dev/shm (or $FORKCHECK_SESSION_DIR, or $TMPDIR):
 * one per run, mode 0600, with an unpredictable name. A lock on it lasts as long as this
 * process.
 */
#include "session.h"
#include "base/clock.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "forkcheck-"
#define RANDOM "XXXXXX"
/* Fits twice into the 64 MiB that Docker gives /dev/shm. */
#define DEFAULT_SIZE (32u << 20)
#define LEAST_SIZE   (1u << 20)
#define CLOCK_NS     10000000
#define ROOM_SIZE    (20u << 20)
/* Touched where it is written; stacks of all tasks of some hundred processes. */
#define PRIVATE_SIZE (256u << 20)
/* options.h has it too, but includes half of the CLI. */
#define EXIT_CUT 125

static const char *const fallback_directories[] = {"/dev/shm", NULL};

static bool looks_like_ours(const char *name)
{
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
	       strlen(name) == strlen(PREFIX) + strlen(RANDOM);
}

/* The lock of a run that lives cannot be had. */
static void remove_if_abandoned(int directory, const char *name)
{
	int descriptor = openat(directory, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat status;

	if (descriptor < 0)
		return;
	if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_uid == geteuid() && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
		unlinkat(directory, name, 0);
	close(descriptor);
}

static void remove_abandoned(const char *directory)
{
	DIR *stream = opendir(directory);
	const struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream)))
		if (looks_like_ours(entry->d_name))
			remove_if_abandoned(dirfd(stream), entry->d_name);
	closedir(stream);
}

/* Another run's sweep may take the file between its creation and the lock. */
static int make_locked_file(char *path)
{
	struct stat status;

	for (int attempt = 0; attempt < 8; attempt++) {
		int descriptor = mkostemp(path, O_CLOEXEC);

		if (descriptor < 0)
			return -1;
		/* A umask may take rights away from the owner: the program could not open it. */
		if (fchmod(descriptor, 0600) == 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0 &&
		    fstat(descriptor, &status) == 0 && status.st_nlink == 1)
			return descriptor;
		close(descriptor);
		memcpy(path + strlen(path) - strlen(RANDOM), RANDOM, strlen(RANDOM));
	}
	errno = EAGAIN;
	return -1;
}

/* Under `ulimit -v` the log must leave something to read it with. */
static bool has_room_left(void)
{
	void *room = mmap(NULL, ROOM_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return room != MAP_FAILED && munmap(room, ROOM_SIZE) == 0;
}

/* Allocates and maps `size` bytes. Returns 0 or an errno. */
static int try_size(struct session *session, size_t size)
{
	int problem = posix_fallocate(session->descriptor, 0, (off_t)size);
	void *map;

	if (problem)
		return problem;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, session->descriptor, 0);
	if (map == MAP_FAILED)
		return errno;
	if (!has_room_left()) {
		munmap(map, size);
		return ENOMEM;
	}
	session->header = map;
	session->size = size;
	return 0;
}

/* Worth trying again with less: a full tmpfs, ulimit -v, ulimit -f. */
static bool is_shortage(int problem)
{
	return problem == ENOSPC || problem == ENOMEM || problem == EFBIG || problem == EDQUOT;
}

static uint32_t power_of_two_below(uint64_t value)
{
	uint32_t power = 1;

	while (2 * (uint64_t)power <= value)
		power *= 2;
	return power;
}

/* 0 on a kernel that has none. */
static uint64_t own_time_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/time", &status) == 0 ? status.st_ino : 0;
}

/* One part in 32 each for the ring of births and the intern table. */
static void session_lay_out(struct session_header *header, size_t size)
{
	memcpy(header->magic, SESSION_MAGIC, sizeof(header->magic));
	header->version = SESSION_VERSION;
	header->header_size = sizeof(*header);
	header->file_size = size;
	header->births_count = power_of_two_below(size / 32 / sizeof(struct session_birth));
	header->intern_count = power_of_two_below(size / 32 / sizeof(struct session_intern));
	header->births_offset = 4096;
	header->intern_offset =
		header->births_offset + header->births_count * sizeof(struct session_birth);
	header->cells_offset =
		header->intern_offset + header->intern_count * sizeof(struct session_intern);
	header->cells_count = (size - header->cells_offset) / SESSION_CELL;
	header->created_ns = clock_ns(CLOCK_MONOTONIC);
	header->created_at = (uint64_t)time(NULL);
	header->time_namespace = own_time_namespace();
	header->own_cells = header->cells_count / 64;
	atomic_store(&header->next_own_cell, 1);
	atomic_store(&header->next_cell, header->own_cells);
	atomic_store(&header->clock, header->created_ns | 1);
}

/* The largest size that fits, halving from the default. */
static int map_file(struct session *session)
{
	/* Over `ulimit -f` the kernel would kill us instead of saying so. */
	void (*previous)(int) = signal(SIGXFSZ, SIG_IGN);
	int problem = ENOSPC;

	for (size_t size = DEFAULT_SIZE; size >= LEAST_SIZE && is_shortage(problem); size /= 2) {
		problem = try_size(session, size);
		if (problem && ftruncate(session->descriptor, 0))
			break;
	}
	signal(SIGXFSZ, previous);
	errno = problem;
	if (problem)
		return -1;
	session->is_small = session->size < DEFAULT_SIZE;
	session_lay_out(session->header, session->size);
	return 0;
}

static int create_in(struct session *session, const char *directory)
{
	remove_abandoned(directory);
	if (asprintf(&session->path, "%s/" PREFIX RANDOM, directory) < 0) {
		session->path = NULL;
		return -1;
	}
	session->descriptor = make_locked_file(session->path);
	if (session->descriptor >= 0 && map_file(session) == 0)
		return 0;

	int problem = errno;

	if (session->descriptor < 0) {
		free(session->path);
		session->path = NULL;
	}
	session_remove(session);
	errno = problem;
	return -1;
}

static int complain(const char *directory)
{
	fprintf(stderr,
		"forkcheck: cannot make a session file of %u MiB in %s: %s; make room, raise the "
		"ulimit, or set %s to a folder on a tmpfs\n",
		LEAST_SIZE >> 20, directory, strerror(errno), SESSION_DIRECTORY_VARIABLE);
	return -1;
}

/* Running out of memory ends this program from anywhere: the file goes all the same. */
static struct session *current;

static void remove_current(void)
{
	if (current)
		session_remove(current);
}

/* The program may cut the file by its name: what is mapped is gone then. */
static void on_cut(int signal)
{
	static const char complaint[] =
		"forkcheck: the session file was cut while the program ran; nothing is known of "
		"it, and it goes on alone\n";

	(void)signal;
	if (current && current->path)
		unlink(current->path);
	if (write(STDERR_FILENO, complaint, sizeof(complaint) - 1) < 0)
		_exit(EXIT_CUT);
	_exit(EXIT_CUT);
}

static int create_somewhere(struct session *session)
{
	const char *chosen = getenv(SESSION_DIRECTORY_VARIABLE);
	const char *temporary = getenv("TMPDIR");

	if (chosen && *chosen)
		return create_in(session, chosen) ? complain(chosen) : 0;
	for (const char *const *directory = fallback_directories; *directory; directory++)
		if (create_in(session, *directory) == 0)
			return 0;
	if (!temporary || !*temporary)
		temporary = "/tmp";
	return create_in(session, temporary) ? complain(temporary) : 0;
}

int session_create(struct session *session)
{
	memset(session, 0, sizeof(*session));
	session->descriptor = -1;
	if (create_somewhere(session))
		return -1;
	current = session;
	signal(SIGBUS, on_cut);
	atexit(remove_current);
	return 0;
}

int session_create_private(struct session *session)
{
	void *map = mmap(NULL, PRIVATE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	memset(session, 0, sizeof(*session));
	session->descriptor = -1;
	if (map == MAP_FAILED) {
		fprintf(stderr, "forkcheck: no room for %u MiB of memory: %s; raise the ulimit\n",
			PRIVATE_SIZE >> 20, strerror(errno));
		return -1;
	}
	session->header = map;
	session->size = PRIVATE_SIZE;
	session_lay_out(session->header, session->size);
	/* The end of a part that has run out counts as an event that was lost: there is one part.
	 */
	session->header->own_cells = session->header->cells_count;
	atomic_store(&session->header->next_cell, session->header->cells_count);
	return 0;
}

static pthread_t clock_thread;
static _Atomic bool clock_runs;

static void *run_clock(void *data)
{
	struct session_header *header = data;
	struct timespec pause = {0, CLOCK_NS};

	while (atomic_load(&clock_runs)) {
		atomic_store(&header->clock, clock_ns(CLOCK_MONOTONIC) | 1);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

int session_start_clock(struct session *session)
{
	sigset_t all, mask;
	int problem;

	/* Signals are for the thread that follows the program; but for the one by which this
	 * thread learns that the file was cut. */
	sigfillset(&all);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	atomic_store(&clock_runs, true);
	problem = pthread_create(&clock_thread, NULL, run_clock, session->header);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (problem)
		atomic_store(&clock_runs, false);
	return problem;
}

static void stop_clock(void)
{
	if (atomic_exchange(&clock_runs, false))
		pthread_join(clock_thread, NULL);
}

void session_remove(struct session *session)
{
	stop_clock();
	if (current == session) {
		signal(SIGBUS, SIG_DFL);
		current = NULL;
	}
	if (session->header)
		munmap(session->header, session->size);
	if (session->path)
		unlink(session->path);
	if (session->descriptor >= 0)
		close(session->descriptor);
	free(session->path);
	memset(session, 0, sizeof(*session));
	session->descriptor = -1;
}
