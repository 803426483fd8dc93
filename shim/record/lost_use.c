/*
 * LOST_USE records say that a child asked libc for a thread that it does not have; the hooks
 * in pthread_handles.c have them written. glibc does not notice that the thread is not there:
 * it calls it ended, or reads memory that may have been given back.
 */
#include "record/lost_use.h"
#include "base/process.h"
#include "log/log.h"
#include "record/python_frames.h"
#include "state/capture.h"
#include "state/thread.h"

/* Of glibc's struct pthread, which a pthread_t is the address of: its start routine and the
 * argument are in there, 1,600 bytes from the start (2.17 to 2.43). */
#define HANDLE_WORDS 256

struct handle_search {
	pthread_t handle;
	struct thread *lost;
	bool is_own; /* or may be: a thread that has not yet told its handle */
};

static bool search_handle(struct thread *thread, void *data)
{
	struct handle_search *search = data;

	if (thread->epoch == process.epoch)
		search->is_own |= atomic_load(&thread->state) == THREAD_CREATING ||
				  pthread_equal(thread->self, search->handle);
	else if (thread_is_lost(thread) && !thread->is_replaced && !thread->has_returned &&
		 pthread_equal(thread->self, search->handle))
		search->lost = thread;
	return !search->is_own;
}

struct start_search {
	uintptr_t words[HANDLE_WORDS];
	size_t count;
	struct thread *lost;
};

static bool search_start(struct thread *thread, void *data)
{
	struct start_search *search = data;

	for (size_t i = 0; thread_is_lost(thread) && !thread->self && i < search->count; i++)
		if (search->words[i] == (uintptr_t)thread)
			search->lost = thread;
	return !search->lost;
}

/* A thread that was forked away before it ran has not told its handle. Its argument is
 * its block. */
static struct thread *find_unstarted(pthread_t handle)
{
	struct start_search search = {.lost = NULL};

	search.count = memory_read(search.words, (const void *)handle, sizeof(search.words)) /
		       sizeof(*search.words);
	thread_each(search_start, &search);
	return search.lost;
}

static struct thread *find_lost(pthread_t handle)
{
	struct handle_search search = {.handle = handle};

	thread_each(search_handle, &search);
	if (search.is_own)
		return NULL;
	return search.lost ? search.lost : find_unstarted(handle);
}

/* Of a thread, each function is noted once in a process. */
static bool is_first(struct thread *lost, enum lost_function function)
{
	uint32_t bit = 1u << function;

	if (lost->used_in != process.serial) {
		lost->used_in = process.serial;
		lost->used_by = 0;
	}
	if (lost->used_by & bit)
		return false;
	lost->used_by |= bit;
	return true;
}

static void record_use(struct thread *thread, struct thread *lost, enum lost_function function)
{
	session_reference reference, which = thread_record(lost), who = thread_record(thread);
	session_reference stack = capture_stack(thread);
	session_reference python = kept_reference(python_capture(thread, thread->capture_sp));
	struct record_lost_use *record = log_claim(sizeof(*record), &reference);

	if (!record)
		return;
	record->fork = process.fork;
	record->thread = which;
	record->who = who;
	record->stack = stack;
	record->python = python;
	record->function = function;
	record->tid = thread_kernel_tid(thread);
	log_commit(record, RECORD_LOST_USE);
	log_announce();
}

COLD void lost_use_note(pthread_t handle, enum lost_function function)
{
	int saved = errno;
	struct thread *thread = thread_current(), *lost = thread ? find_lost(handle) : NULL;

	if (lost && is_first(lost, function))
		record_use(thread, lost, function);
	errno = saved;
}
