/*
 * The threads beside the one that forks are counted here, and the kernel is asked for those
 * that are not registered. This runs in the parent, among those threads.
 */
#include "fork/population.h"
#include "base/process.h"
#include "common/raw.h"
#include "log/log.h"
#include "state/modules.h"
#include "state/thread.h"
#include <fcntl.h>

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

/* Whose blocks are worth giving back. */
#define ENDED_MANY 64

struct population {
	uint32_t alive, ended;
};

static bool count_both(struct thread *thread, void *data)
{
	struct population *population = data;

	if (thread_lives_here(thread))
		population->alive++;
	else if (thread_ended_here(thread))
		population->ended++;
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

/* 0 for "." and "..". */
static pid_t read_tid(const char *name)
{
	pid_t tid = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		tid = tid * 10 + (*name - '0');
	return tid;
}

static void note_unseen(const char *name)
{
	pid_t tid = read_tid(name);

	if (tid > 0 && process.unseen_count < UNSEEN_MAX && !is_registered(tid))
		process.unseen_tids[process.unseen_count++] = tid;
}

static void read_tasks(int directory)
{
	_Alignas(8) char buffer[2048];
	long length;

	while ((length = raw_syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0)
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
void population_before_fork(struct thread *thread)
{
	struct population population = {0};
	struct stat status;
	int directory;

	process.unseen_count = 0;
	thread_each(count_both, &population);
	if (population.ended >= ENDED_MANY)
		thread_sweep();
	thread->fork.others = population.alive - 1;
	if (process.is_filtered || raw_stat(TASKS, &status) ||
	    status.st_nlink <= population.alive + 2)
		return;
	directory = raw_open(TASKS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	read_tasks(directory);
	raw_close(directory);
	thread->fork.others += process.unseen_count;
	if (process.unseen_count)
		atomic_fetch_add(&log_header()->counters.unseen, process.unseen_count);
}

static bool population_record_thread(struct thread *thread, void *nothing)
{
	(void)nothing;
	if (thread_lives_here(thread))
		thread_record(thread);
	return true;
}

void population_record(void)
{
	static uint32_t recorded;
	uint32_t generation = thread_generation(), alive = 0;

	if (generation == recorded)
		return;
	recorded = generation;
	thread_each(count_if_alive, &alive);
	if (alive < 2)
		return;
	modules_record();
	thread_each(population_record_thread, NULL);
}
