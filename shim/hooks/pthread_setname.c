/*
 * The hook of pthread_setname_np() notes the name of a thread, which may be another one
 * than the caller.
 */
#include "base/process.h"
#include "base/real.h"
#include "state/thread.h"

struct naming {
	pthread_t self;
	const char *name;
};

static bool name_if_it_is(struct thread *thread, void *data)
{
	const struct naming *naming = data;

	if (!thread_lives_here(thread) || thread->self != naming->self)
		return true;
	thread_name(thread, naming->name);
	return false;
}

EXPORT int pthread_setname_np(pthread_t id, const char *name)
{
	int result;

	real_ensure();
	result = real.pthread_setname_np(id, name);
	if (result == 0 && process.active) {
		struct naming naming = {id, name};

		thread_each(name_if_it_is, &naming);
	}
	return result;
}
