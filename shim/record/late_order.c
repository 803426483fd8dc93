/*
 * LATE_ORDER records are written here, by a thread that waits or signals with a mutex for the
 * first time. A lock made of a mutex and a flag needs its condition only once two threads want it
 * at the same time: until then nothing tells it from a mutex that orders nobody.
 */
#include "record/late_order.h"
#include "base/process.h"
#include "log/log.h"
#include "record/cuts.h"
#include "state/held.h"
#include "state/watched_locks.h"

struct late_search {
	const struct thread *self;
	const void *mutex;
	bool is_found;
};

static bool find_user(struct thread *thread, void *data)
{
	struct late_search *search = data;

	search->is_found = thread != search->self && held_last(thread, search->mutex);
	return !search->is_found;
}

static void write_late_order(const void *mutex)
{
	session_reference reference;
	struct record_late_order *record = log_claim(sizeof(*record), &reference);

	if (!record)
		return;
	record->lock = (uintptr_t)mutex;
	log_commit(record, RECORD_LATE_ORDER);
}

void late_order_begins(struct thread *thread, const void *mutex)
{
	struct late_search search = {thread, mutex, false};

	if (watch_of(mutex) & WATCH_HANDS_OVER || !watch_add(mutex, WATCH_HANDS_OVER) ||
	    !cuts_are_there())
		return;
	thread_each(find_user, &search);
	if (search.is_found)
		write_late_order(mutex);
}
