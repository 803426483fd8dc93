/*
 * All processes are looked at twice, a moment apart, as cheaply as each allows.
 *
 * One pass over /proc/PID/stat gives everybody; the executable says who may be a fork child
 * without exec: a sleeper that has that of its parent. Of each of these the first task's system
 * call is read, and how often it ran. All of its tasks are looked at, and the parent's are
 * listed, only where that first task waits on a private futex without a time limit; whether it
 * is a copy of its parent, which takes both their mappings, is asked last.
 *
 * Any process may end at any read, and its number may be given to another: who has not the
 * start time and the parent that it was first seen with is left out.
 */
#include "scan_processes.h"
#include "base/array.h"
#include "base/clock.h"
#include "process/fork_copy.h"
#include "process/procfs.h"
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Between the two looks. */
#define REST_MS    200
#define MS_NS      1000000u
#define PLACE_SIZE 64
/* Of what the system knows of a user. */
#define USER_SIZE 16384
#define DELETED   " (deleted)"
/* A stack below it is a 32-bit program's. */
#define LONG_STACK (1ull << 32)

/* Who may be a fork child without exec, and the first look at it. */
struct sleeper {
	const struct procfs_entry *entry;
	const char *program;
	struct scan_evidence evidence;
	struct task_look first;
	uint64_t run_count;
	struct task_look *tasks; /* where all of them are of interest */
	size_t task_count;
	struct scan_thread *missing;
	size_t missing_names;
	bool is_gone;
};

/* The tasks of a parent, which many may have. */
struct siblings {
	pid_t parent;
	struct procfs_task tasks[TASKS_MAX];
	size_t count;
};

struct user {
	uid_t uid;
	const char *name;
};

struct search {
	struct scan *scan;
	const struct scan_filter *filter;
	const struct procfs_entry *entries; /* by their numbers */
	size_t entry_count;
	uint64_t now_ns; /* CLOCK_BOOTTIME, as their start times */
	struct sleeper *sleepers;
	size_t count, capacity;
	struct siblings siblings;
	struct user *users;
	size_t user_count, user_capacity;
};

/* --- who ---------------------------------------------------------------------- */

static const struct procfs_entry *scan_entry_of(const struct search *search, pid_t pid)
{
	return procfs_find(search->entries, search->entry_count, pid);
}

static uint64_t age_ms(const struct search *search, const struct procfs_entry *entry)
{
	return entry->start_ns < search->now_ns ? (search->now_ns - entry->start_ns) / MS_NS : 0;
}

static uid_t user_of(pid_t pid)
{
	struct stat status;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	return stat(path, &status) == 0 ? status.st_uid : (uid_t)-1;
}

static bool is_of_user(const struct search *search, const struct procfs_entry *entry)
{
	return !search->filter->is_of_user || user_of(entry->pid) == search->filter->user;
}

/* Who has been orphaned goes to a reaper, which is another program. A service that init has
 * started is the first of its own process group; here it is one that is gone. */
static bool scan_is_orphan(const struct search *search, const struct procfs_entry *entry)
{
	return entry->group != entry->pid && !scan_entry_of(search, entry->group);
}

/* The path without what the kernel says of a file that was replaced; NULL: not readable. */
static const char *read_program(struct search *search, pid_t pid)
{
	char path[PATH_MAX];
	size_t length = procfs_program(pid, path, sizeof(path));
	size_t end = strlen(DELETED);

	if (!length)
		return NULL;
	if (length > end && memcmp(path + length - end, DELETED, end) == 0)
		length -= end;
	return arena_strndup(&search->scan->arena, path, length);
}

static bool scan_has_program(pid_t pid, const char *program)
{
	char path[PATH_MAX];
	size_t length = procfs_program(pid, path, sizeof(path)), expected = strlen(program);

	return length >= expected && memcmp(path, program, expected) == 0 &&
	       (length == expected || (length == expected + strlen(DELETED) &&
				       memcmp(path + expected, DELETED, strlen(DELETED)) == 0));
}

/* What nothing can be compared with is of interest for its futex only. */
static bool has_nobody(const struct scan_evidence *evidence)
{
	return evidence->is_orphan || evidence->has_unread_parent;
}

static void add_sleeper(struct search *search, const struct procfs_entry *entry,
			const char *program)
{
	const struct procfs_entry *parent = scan_entry_of(search, entry->parent);
	struct scan_evidence evidence = {.is_readable = true};

	errno = 0;
	if (!parent || !scan_has_program(parent->pid, program)) {
		evidence.has_unread_parent = errno == EACCES || errno == EPERM;
		evidence.is_orphan = !evidence.has_unread_parent && scan_is_orphan(search, entry);
		if (!has_nobody(&evidence))
			return;
	}
	if (!ARRAY_MAKE_ROOM(search->sleepers, search->count, search->capacity))
		return;
	search->sleepers[search->count++] =
		(struct sleeper){.entry = entry, .program = program, .evidence = evidence};
}

static void consider(struct search *search, const struct procfs_entry *entry)
{
	const char *program;

	if (entry->is_zombie || entry->is_kernel_thread || !is_of_user(search, entry))
		return;
	search->scan->scanned++;
	errno = 0;
	program = read_program(search, entry->pid);
	if (!program)
		search->scan->unreadable += errno == EACCES || errno == EPERM;
	else if (entry->state == 'S' && age_ms(search, entry) >= search->filter->older_than_ms)
		add_sleeper(search, entry, program);
}

/* --- two looks ---------------------------------------------------------------- */

static bool waits_on_own_futex(const struct task_look *task)
{
	return procfs_is_untimed_futex_wait(task) && procfs_is_private_wait(task);
}

static bool is_still_there(const struct sleeper *sleeper)
{
	return procfs_start_time(sleeper->entry->pid) == sleeper->entry->start_ns;
}

/* One that is worth it: its parent has threads that it can lack, or is gone. */
static bool wants_all_tasks(const struct search *search, const struct sleeper *sleeper)
{
	const struct procfs_entry *parent = scan_entry_of(search, sleeper->entry->parent);

	return sleeper->evidence.waits_on_futex &&
	       (has_nobody(&sleeper->evidence) || (parent && parent->task_count > 1));
}

static void keep_tasks(struct search *search, struct sleeper *sleeper)
{
	struct process_look look;

	sleeper->evidence.has_moved |= !procfs_look(sleeper->entry->pid, &look);
	sleeper->tasks = arena_array(&search->scan->arena, look.count, sizeof(*look.tasks));
	memcpy(sleeper->tasks, look.tasks, look.count * sizeof(*look.tasks));
	sleeper->task_count = look.count;
	sleeper->evidence.has_unseen = !look.complete;
}

static void look_first(struct search *search, struct sleeper *sleeper)
{
	struct scan_evidence *evidence = &sleeper->evidence;

	evidence->is_readable = procfs_quick_check(sleeper->entry->pid, &sleeper->first);
	if (!evidence->is_readable) {
		sleeper->is_gone = !is_still_there(sleeper);
		return;
	}
	evidence->has_moved = !sleeper->first.in_call;
	evidence->has_other_calls = sleeper->first.in_call && sleeper->first.sp < LONG_STACK;
	evidence->waits_on_futex = waits_on_own_futex(&sleeper->first);
	sleeper->run_count = procfs_run_count(sleeper->entry->pid);
	if (wants_all_tasks(search, sleeper))
		keep_tasks(search, sleeper);
}

static void compare_tasks(struct sleeper *sleeper)
{
	struct scan_evidence *evidence = &sleeper->evidence;
	struct process_look look;

	evidence->has_moved |= !procfs_look(sleeper->entry->pid, &look);
	evidence->is_held = look.held;
	evidence->has_unseen |= !look.complete;
	evidence->all_wait = true;
	evidence->has_moved |= look.count != sleeper->task_count;
	for (size_t i = 0; i < look.count && !evidence->has_moved; i++) {
		evidence->has_moved = !procfs_same_task(&look.tasks[i], &sleeper->tasks[i]);
		evidence->all_wait &= waits_on_own_futex(&look.tasks[i]);
	}
}

static void look_again(struct sleeper *sleeper)
{
	struct scan_evidence *evidence = &sleeper->evidence;
	struct task_look now;

	if (sleeper->is_gone || !evidence->is_readable || evidence->has_moved)
		return;
	evidence->has_moved = !procfs_quick_check(sleeper->entry->pid, &now) ||
			      !procfs_same_place(&now, &sleeper->first) ||
			      procfs_run_count(sleeper->entry->pid) != sleeper->run_count;
	if (!evidence->has_moved && sleeper->tasks)
		compare_tasks(sleeper);
}

/* --- what it lacks ------------------------------------------------------------ */

static int by_name(const void *left, const void *right)
{
	const struct procfs_task *one = left, *other = right;

	return strcmp(one->name, other->name);
}

static void name_missing(struct search *search, struct sleeper *sleeper, struct procfs_task *tasks,
			 size_t count)
{
	struct arena *arena = &search->scan->arena;
	struct scan_thread *threads = arena_array(arena, count, sizeof(*threads));
	size_t names = 0;

	qsort(tasks, count, sizeof(*tasks), by_name);
	for (size_t i = 0; i < count; i++) {
		if (!i || strcmp(tasks[i].name, tasks[i - 1].name) != 0)
			threads[names++].name = arena_strdup(arena, tasks[i].name);
		threads[names - 1].count++;
	}
	sleeper->missing = threads;
	sleeper->missing_names = names;
	sleeper->evidence.missing_count = count;
}

static void find_missing(struct search *search, struct sleeper *sleeper)
{
	const struct procfs_entry *entry = sleeper->entry;
	struct siblings *siblings = &search->siblings;
	struct procfs_task tasks[TASKS_MAX];
	size_t count, forker;

	if (siblings->parent != entry->parent) {
		siblings->parent = entry->parent;
		siblings->count = procfs_tasks(entry->parent, siblings->tasks, TASKS_MAX);
	}
	memcpy(tasks, siblings->tasks, siblings->count * sizeof(*tasks));
	count = fork_copy_keep_older(tasks, siblings->count, entry->pid, entry->start_ns);
	if (count < 2)
		return;
	forker = fork_copy_forker(tasks, count, entry->pid);
	tasks[forker] = tasks[--count];
	name_missing(search, sleeper, tasks, count);
}

/* Only of one that would be suspected for it. */
static void compare_with_parent(struct search *search, struct sleeper *sleeper)
{
	struct scan_evidence *evidence = &sleeper->evidence;
	const struct procfs_entry *entry = sleeper->entry;

	if (evidence->has_moved || has_nobody(evidence) || !evidence->all_wait || evidence->is_held)
		return;
	find_missing(search, sleeper);
	if (!evidence->missing_count)
		return;
	evidence->is_copy = fork_copy_is(entry->pid, entry->parent);
	evidence->copy_is_told = procfs_has_random_layout(entry->pid) && procfs_tells_sharers();
	/* Then all of it was true of these two. */
	sleeper->is_gone = !is_still_there(sleeper) || procfs_parent(entry->pid) != entry->parent;
}

/* --- the result --------------------------------------------------------------- */

/* Asked once for each user: it may be a server that knows. */
static const char *name_of_user(struct search *search, uid_t uid)
{
	struct passwd space, *entry = NULL;
	char text[USER_SIZE];

	for (size_t i = 0; i < search->user_count; i++)
		if (search->users[i].uid == uid)
			return search->users[i].name;
	if (!ARRAY_MAKE_ROOM(search->users, search->user_count, search->user_capacity))
		return NULL;
	if (getpwuid_r(uid, &space, text, sizeof(text), &entry) != 0)
		entry = NULL;
	search->users[search->user_count] = (struct user){
		uid, entry ? arena_strdup(&search->scan->arena, entry->pw_name) : NULL};
	return search->users[search->user_count++].name;
}

static const char *sleeping_place(struct search *search, pid_t pid)
{
	char name[PLACE_SIZE];

	procfs_sleeping_place(pid, name, sizeof(name));
	return *name ? arena_strdup(&search->scan->arena, name) : NULL;
}

static void add_process(struct search *search, const struct sleeper *sleeper)
{
	const struct procfs_entry *entry = sleeper->entry;
	struct scan *scan = search->scan;
	struct scan_process *process = &scan->processes[scan->count];

	*process = (struct scan_process){
		.pid = entry->pid,
		.parent = sleeper->evidence.is_orphan ? 0 : entry->parent,
		.uid = user_of(entry->pid),
		.program = sleeper->program,
		.age_ms = age_ms(search, entry),
		.task_count = entry->task_count,
		.missing = sleeper->missing,
		.missing_names = sleeper->missing_names,
		.missing_count = sleeper->evidence.missing_count,
		.call = sleeper->first.in_call ? sleeper->first.number : -1,
		.place = sleeping_place(search, entry->pid),
	};
	/* A program that was started anew lacks nothing. */
	if (!sleeper->evidence.is_copy)
		process->missing_names = process->missing_count = 0;
	process->verdict = scan_judge(&sleeper->evidence, &process->reason);
	if (has_nobody(&sleeper->evidence) && process->reason != SCAN_ORPHAN &&
	    process->reason != SCAN_NO_PARENT)
		return;
	process->user = name_of_user(search, process->uid);
	scan->unreadable += process->reason == SCAN_UNREADABLE;
	scan->verdicts[process->verdict]++;
	scan->reasons[process->reason]++;
	scan->count++;
}

/* --- all of it ---------------------------------------------------------------- */

static int by_parent(const void *left, const void *right)
{
	const struct sleeper *one = left, *other = right;

	return (one->entry->parent > other->entry->parent) -
	       (one->entry->parent < other->entry->parent);
}

static int by_number(const void *left, const void *right)
{
	const struct scan_process *one = left, *other = right;

	return (one->pid > other->pid) - (one->pid < other->pid);
}

static void rest_until(uint64_t moment_ns)
{
	struct timespec until = {.tv_sec = (time_t)(moment_ns / 1000000000u),
				 .tv_nsec = (long)(moment_ns % 1000000000u)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		continue;
}

/* The order is that of the first look, so that there is the same time between the two of each. */
static void look_twice(struct search *search)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < search->count; i++)
		look_first(search, &search->sleepers[i]);
	if (search->count)
		rest_until(began + REST_MS * (uint64_t)MS_NS);
	search->scan->rest_ms = (clock_ns(CLOCK_MONOTONIC) - began) / MS_NS;
	for (size_t i = 0; i < search->count; i++)
		look_again(&search->sleepers[i]);
}

static void search_all(struct search *search)
{
	struct scan *scan = search->scan;

	for (size_t i = 0; i < search->entry_count; i++)
		consider(search, &search->entries[i]);
	/* Each parent's tasks are listed once. */
	if (search->count)
		qsort(search->sleepers, search->count, sizeof(*search->sleepers), by_parent);
	look_twice(search);
	scan->processes = arena_array(&scan->arena, search->count, sizeof(*scan->processes));
	for (size_t i = 0; i < search->count; i++) {
		compare_with_parent(search, &search->sleepers[i]);
		if (!search->sleepers[i].is_gone)
			add_process(search, &search->sleepers[i]);
	}
	qsort(scan->processes, scan->count, sizeof(*scan->processes), by_number);
}

int scan_processes(struct scan *scan, const struct scan_filter *filter)
{
	struct search search = {.scan = scan, .filter = filter};
	uint64_t began = clock_ns(CLOCK_MONOTONIC);
	struct procfs_entry *entries;
	struct stat status;

	*scan = (struct scan){.moment_ms = clock_ns(CLOCK_REALTIME) / MS_NS};
	arena_init(&scan->arena);
	errno = 0;
	entries = procfs_list_all(&search.entry_count, &scan->unreadable);
	if (!entries) {
		errno = errno ? errno : ENOENT;
		return -1;
	}
	search.entries = entries;
	search.now_ns = clock_ns(CLOCK_BOOTTIME);
	scan->scanned = scan->unreadable;
	/* The first process is there, and so are others, but not for everybody. */
	scan->is_hidden = stat("/proc/1", &status) != 0;
	search_all(&search);
	scan->duration_ms = (clock_ns(CLOCK_MONOTONIC) - began) / MS_NS;
	free(search.sleepers);
	free(search.users);
	free(entries);
	return 0;
}

void scan_release(struct scan *scan)
{
	arena_release(&scan->arena);
}
