/*
 * The hooks of pthread_create() and thrd_create() note who creates a thread and from where,
 * and let the thread begin in a function of ours, which gives it its block and calls its
 * own.
 */
#include "base/process.h"
#include "base/real.h"
#include "log/log.h"
#include "record/loaded_interpreter.h"
#include "record/private_facts.h"
#include "record/python_frames.h"
#include "record/uses.h"
#include "state/go_runtime.h"
#include "state/modules.h"
#include "state/thread.h"
#include <string.h>

/* The frames of start_thread and clone3 lie above the first function of a
 * thread, and above them, in the same mapping, 2 KiB of struct pthread. */
#define ABOVE_FIRST_FRAME 1024

/* Who joins it comes after all that it did. */
static void end_thread_here(struct thread *thread)
{
	handover_gives(thread, handle_key(thread->self));
	thread_detach(thread);
}

static void *start_thread_here(void *block)
{
	struct thread *thread = block;
	void *result;

	thread_attach(thread, (uintptr_t)__builtin_dwarf_cfa() + ABOVE_FIRST_FRAME,
		      (size_t)thread->stack_low);
	result = thread->start(thread->argument);
	end_thread_here(thread);
	return result;
}

static int start_c11_thread_here(void *block)
{
	struct thread *thread = block;
	int result;

	thread_attach(thread, (uintptr_t)__builtin_dwarf_cfa() + ABOVE_FIRST_FRAME,
		      (size_t)thread->stack_low);
	result = thread->start_c11(thread->argument);
	end_thread_here(thread);
	return result;
}

/* A block for a thread about to be created; the new thread finds its stack size in stack_low. */
static struct thread *pthread_create_prepare(struct thread *creator, void *argument,
					     size_t stack_size, struct call_site site)
{
	struct thread *thread = thread_claim();

	if (!thread)
		return NULL;
	/* It may come to a section of the plan before the first fork. */
	if (unlikely(process.is_scheduled))
		modules_sync();
	thread->argument = argument;
	thread->creator = creator->serial;
	handover_to_newcomer(creator, thread);
	if (go_runtime_renew())
		facts_note_go(go_runtime_known());
	thread->created_at = capture_stack_once(creator, site, SESSION_STACK_MAX);
	interpreter_renew();
	thread->created_python = python_capture_creation(creator, thread->python_name);
	thread->stack_low = stack_size;
	/* The kernel gives a new thread its creator's name. */
	memcpy(thread->name, creator->name, sizeof(thread->name));
	return thread;
}

static size_t stack_size_of(const pthread_attr_t *attributes)
{
	size_t size = thread_default_stack_size();

	if (attributes)
		libc.pthread_attr_getstacksize(attributes, &size);
	return size;
}

/* It may be named before it runs. By now it may also have ended, and its block be another's. */
static void know_handle(struct thread *thread, uint32_t serial, pthread_t handle)
{
	if (thread->serial == serial && !thread->self)
		thread->self = handle;
}

static void pthread_create_finish(struct thread *thread, uint32_t serial, bool created,
				  const pthread_t *handle)
{
	if (!created) {
		thread_give_back(thread);
		return;
	}
	know_handle(thread, serial, *handle);
	atomic_fetch_add(&log_header()->counters.threads, 1);
	use_record_creation(thread);
}

EXPORT int pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*start)(void *),
			  void *argument)
{
	struct call_site site = CALL_SITE();
	struct thread *creator, *thread = NULL;
	int result, saved = errno;
	uint32_t serial;

	real_ensure();
	creator = thread_current();
	if (creator)
		thread = pthread_create_prepare(creator, argument, stack_size_of(attributes), site);
	errno = saved;
	if (!thread)
		return real.pthread_create(id, attributes, start, argument);
	thread->start = start;
	serial = thread->serial;
	result = real.pthread_create(id, attributes, start_thread_here, thread);
	pthread_create_finish(thread, serial, result == 0, id);
	return result;
}

EXPORT int thrd_create(thrd_t *id, thrd_start_t start, void *argument)
{
	struct call_site site = CALL_SITE();
	struct thread *creator, *thread = NULL;
	int result, saved = errno;
	uint32_t serial;

	real_ensure();
	creator = thread_current();
	if (creator)
		thread = pthread_create_prepare(creator, argument, stack_size_of(NULL), site);
	errno = saved;
	if (!thread)
		return real.thrd_create(id, start, argument);
	thread->start_c11 = start;
	serial = thread->serial;
	result = real.thrd_create(id, start_c11_thread_here, thread);
	pthread_create_finish(thread, serial, result == thrd_success, id);
	return result;
}
