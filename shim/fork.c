/*
 * Around fork(): who forks, from where, and with which other threads alive.
 * prepare() runs in the parent among its other threads; child_start() in the
 * child, alone.
 */
#include "fork.h"
#include "child.h"
#include "log.h"
#include "modules.h"
#include "real.h"
#include "thread.h"
#include "uses.h"
#include "wakers.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TASKS "/proc/self/task"

/* The kernel's record; glibc's getdents64 wrapper returns the same bytes. */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static bool count_if_alive(struct thread *thread, void *data)
{
	if (thread_lives_here(thread))
		++*(uint32_t *)data;
	return true;
}

struct search {
	pid_t tid;
	bool found;
};

/* __owner outlives the thread, and a task that has just ended is still listed. */
static bool stop_at_tid(struct thread *thread, void *data)
{
	struct search *search = data;

	search->found =
		thread->epoch == process.epoch && thread->life.__data.__owner == search->tid;
	return !search->found;
}

static bool is_registered(pid_t tid)
{
	struct search search = {tid, false};

	thread_each(stop_at_tid, &search);
	return search.found;
}

static void note_unseen(const char *name)
{
	pid_t tid = atoi(name);

	if (tid > 0 && process.unseen_count < UNSEEN_MAX && !is_registered(tid))
		process.unseen_tids[process.unseen_count++] = tid;
}

static void read_tasks(int directory)
{
	_Alignas(8) char buffer[2048];
	long length;

	while ((length = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0)
		for (long at = 0; at < length;) {
			const struct directory_entry *entry = (const void *)(buffer + at);

			note_unseen(entry->name);
			at += entry->length;
		}
}

/*
 * Threads that the shim never met: raw clones, and those of a library that
 * was bound to libc before us. A directory's link count is 2 + its tasks: one
 * stat, and the list is read only where the numbers differ.
 */
static void find_threads(struct thread *thread)
{
	uint32_t alive = 0;
	struct stat status;
	int directory;

	process.unseen_count = 0;
	thread_each(count_if_alive, &alive);
	thread->others = alive - 1;
	if (process.is_filtered || stat(TASKS, &status) || status.st_nlink <= alive + 2)
		return;
	directory = open(TASKS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	read_tasks(directory);
	close(directory);
	thread->others += process.unseen_count;
	if (process.unseen_count)
		atomic_fetch_add(&log_header()->counters.unseen, process.unseen_count);
}

static session_reference record_fork(struct thread *thread)
{
	uint64_t hash = hash_mix(HASH_SEED, RECORD_FORK);
	struct intern_place place;
	session_reference reference, who;
	struct record_fork *record;

	hash = hash_mix(hash, (uint64_t)process.serial << 32 | thread->serial);
	hash = hash_mix(hash, (uint64_t)thread->fork_stack << 32 | thread->fork_function);
	hash = hash_mix(hash, (uint64_t)thread_generation() << 32 | process.unseen_count);
	reference = log_find(hash, &place);
	if (reference) {
		record = log_record(reference);
		if (atomic_exchange(&record->modules_changed, 0)) {
			modules_note_change();
			modules_sync();
		}
		return reference;
	}
	modules_sync();
	who = thread_record(thread);
	record = log_claim(sizeof(*record), &reference);
	if (!record)
		return 0;
	record->parent = process.serial;
	record->parent_pid = process.pid;
	record->function = thread->fork_function;
	record->thread = who;
	record->stack = thread->fork_stack;
	record->generation = thread_generation();
	log_commit(record, RECORD_FORK);
	log_publish(&place, reference);
	return reference;
}

static session_reference known_lost(session_reference fork)
{
	return fork ? atomic_load(&((struct record_fork *)log_record(fork))->lost) : 0;
}

static void enter(struct thread *thread, enum fork_function function)
{
	/* Should a handler never come back, its library has a name. */
	modules_sync();
	thread->fork_function = function;
	thread->fork_stack = capture_stack(thread);
	if (!thread->fork_depth++)
		log_birth_forking(process.birth_index, thread_tid(thread));
	thread->fork = thread->child_serial = 0;
	thread_renew_fast(thread);
}

static void leave(struct thread *thread)
{
	if (!--thread->fork_depth)
		log_birth_forked(process.birth_index, thread_tid(thread));
	thread->fork = 0;
	thread_renew_fast(thread);
}

static void prepare(void)
{
	int saved = errno;
	struct thread *thread = thread_current();

	if (thread) {
		if (!thread->fork_depth)
			enter(thread, FORK_ATFORK_ONLY);
		find_threads(thread);
		thread->fork = record_fork(thread);
		thread->fork_lost = known_lost(thread->fork);
		thread->child_serial = atomic_fetch_add(&log_header()->next_process, 1) + 1;
		thread->child_birth = log_birth_reserve();
		thread->fork_ns = time_now();
	}
	errno = saved;
}

/* Only the handlers run for forkpty(), daemon() and a fork found by dlsym: no
 * wrapper will leave. Whether such a fork failed is not known here. */
static bool is_without_wrapper(const struct thread *thread)
{
	return thread && thread->fork_depth && thread->fork_function == FORK_ATFORK_ONLY;
}

static void parent(void)
{
	struct thread *thread = thread_current();

	if (is_without_wrapper(thread)) {
		atomic_fetch_add(&log_header()->counters.forks, 1);
		leave(thread);
	}
}

static void child(void)
{
	int saved = errno;
	struct thread *thread = thread_current();

	if (thread) {
		child_start(thread);
		if (is_without_wrapper(thread))
			leave(thread);
	}
	errno = saved;
}

void fork_start(void)
{
	extern void *__dso_handle;

	real.__register_atfork(prepare, parent, child, &__dso_handle);
}

/* Behind pthread_atfork(), which is linked into every library by itself. */
int __register_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void),
		      void *library);

EXPORT int __register_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void),
			     void *library)
{
	const void *site = __builtin_return_address(0);
	int result;

	real_ensure();
	result = real.__register_atfork(before, in_parent, in_child, library);
	if (result == 0 && process.active)
		use_record_handlers(site, before, in_parent, in_child);
	return result;
}

/* The prepare handler counted a fork that did not come to be. */
static void take_back(session_reference fork)
{
	if (fork)
		atomic_fetch_sub(&((struct record *)log_record(fork))->count, 1);
}

/* By the parent; see log.h. pid -1: there is no child. */
static void fill_birth(const struct thread *thread, pid_t pid)
{
	struct session_birth birth = {
		.time_ns = thread->fork_ns,
		.process = thread->child_serial,
		.parent = process.serial,
		.image = process.image,
		.pid = pid,
		.fork = thread->fork,
		.kind = pid > 0 ? BIRTH_CHILD : 0,
		.lost = thread->others,
		.private_facts = wakers_address(),
	};

	/* An earlier prepare handler may have kept ours from being reached. */
	if (thread->child_serial)
		log_birth_fill(thread->child_birth, &birth);
}

static pid_t observed_fork(struct thread *thread)
{
	/* A handler, or a signal that arrives in one, may fork again. */
	enum fork_function function = thread->fork_function;
	session_reference stack = thread->fork_stack, fork = thread->fork;
	int saved = errno;
	pid_t pid;

	enter(thread, FORK_FORK);
	errno = saved;
	pid = real.fork();
	saved = errno;
	if (pid)
		fill_birth(thread, pid);
	if (pid > 0)
		atomic_fetch_add(&log_header()->counters.forks, 1);
	else if (pid < 0)
		take_back(thread->fork);
	leave(thread);
	/* Should a handler never come back, its library has a name. */
	modules_sync();
	thread->fork_function = function;
	thread->fork_stack = stack;
	thread->fork = fork;
	errno = saved;
	return pid;
}

static pid_t fork_here(void)
{
	struct thread *thread;

	real_ensure();
	thread = thread_current();
	return thread ? observed_fork(thread) : real.fork();
}

EXPORT pid_t fork(void)
{
	return fork_here();
}

/* libc exports both names and declares one. */
pid_t __fork(void);

EXPORT pid_t __fork(void)
{
	return fork_here();
}
