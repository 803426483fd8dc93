/*
 * The threads and the lock of a finding get their names here: who is T1, and what a part that
 * is not known is called.
 */
#include "finding_words.h"
#include "base/library_names.h"
#include "base/same_text.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define NAME_BYTES  64  /* of a name within a sentence */
#define PLACE_BYTES 160 /* of what the memory is called that a lock is in */

static bool is_continued(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static const char *bounded_text(struct arena *arena, const char *text, size_t limit)
{
	size_t length = text ? strnlen(text, limit + 1) : 0;

	if (length <= limit)
		return text;
	length -= strlen("...") + 1;
	while (length > 0 && is_continued(text[length]))
		length--;
	return arena_printf(arena, "%.*s...", (int)length, text);
}

const char *bounded_name(struct arena *arena, const char *name)
{
	return bounded_text(arena, name, NAME_BYTES);
}

const char *best_thread_name(const char *python_name, const char *name)
{
	return python_name ? python_name : name;
}

/* A thread that was never named carries its creator's name: then the tid tells it apart. */
static const char *thread_words(struct arena *arena, int number, const char *name, int tid,
				bool is_ambiguous)
{
	bool is_named = name && *name;

	name = bounded_name(arena, name);
	if (is_named && is_ambiguous && tid > 0)
		return arena_printf(arena, "T%d \"%s\" (tid %d)", number, name, tid);
	if (is_named)
		return arena_printf(arena, "T%d \"%s\"", number, name);
	if (tid > 0)
		return arena_printf(arena, "T%d (tid %d)", number, tid);
	return arena_printf(arena, "T%d", number);
}

static bool is_created_by_forker(const struct finding *finding)
{
	uint32_t creator = finding->holder.creator_serial, forker = finding->fork.thread_serial;

	if (creator && forker)
		return creator == forker;
	return finding->holder.creator_tid > 0 && finding->holder.creator_tid == finding->fork.tid;
}

static const char *creator_words(struct arena *arena, const struct finding *finding)
{
	const struct holder_part *holder = &finding->holder;

	if (finding->fork.present && is_created_by_forker(finding))
		return "T1";
	if (holder->creator_tid <= 0 && !holder->creator_name)
		return NULL;
	return thread_words(arena, 3, holder->creator_name, holder->creator_tid,
			    holder->creator_name &&
				    same_text(holder->creator_name, finding->fork.thread_name));
}

struct cast finding_cast(struct arena *arena, const struct finding *finding)
{
	const struct fork_part *fork = &finding->fork;
	const struct holder_part *holder = &finding->holder;
	bool is_ambiguous =
		holder->name && same_text(holder->name, fork->thread_name) && !holder->python_name;

	return (struct cast){
		.forker = thread_words(arena, 1,
				       best_thread_name(fork->python_name, fork->thread_name),
				       fork->tid, false),
		.holder =
			thread_words(arena, 2, best_thread_name(holder->python_name, holder->name),
				     holder->tid, is_ambiguous),
		.creator = creator_words(arena, finding),
	};
}

bool finding_is_in_fork(const struct finding *finding)
{
	return finding->fork.present && finding->fork.pid > 0 &&
	       finding->fork.pid == finding->child.pid;
}

bool holder_is_known(const struct holder_part *holder)
{
	return holder->is_forker || holder->tid > 0 || holder->name || holder->start_routine ||
	       holder->acquired_at.count > 0 || holder->created_at.count > 0;
}

const char *holder_words(const struct finding *finding, const struct cast *cast)
{
	const struct holder_part *holder = &finding->holder;

	if (!holder->is_forker)
		return cast->holder;
	if (finding_is_in_fork(finding))
		return "T1 (the thread that forks)";
	return holder->taken_by_handler ? "T1 (taken by an atfork handler)"
					: "T1 (the thread that forked)";
}

const char *lock_place_words(struct arena *arena, const struct lock_part *lock)
{
	if (!lock->module)
		return NULL;
	return arena_printf(arena, "%s+0x%" PRIx64,
			    bounded_name(arena, library_file_name(lock->module)), lock->offset);
}

/* What the lock is called: its symbol, else its place in a module, else its address. */
static const char *lock_name_words(struct arena *arena, const struct lock_part *lock)
{
	const char *place = lock_place_words(arena, lock);

	if (lock->name)
		return bounded_name(arena, lock->name);
	if (place)
		return arena_printf(arena, "at %s", place);
	if (lock->place)
		return bounded_text(arena, lock->place, PLACE_BYTES);
	if (lock->address)
		return arena_printf(arena, "at 0x%" PRIx64, lock->address);
	return "(its address is not known)";
}

/* The name of a guard says itself what it is. */
const char *lock_words(struct arena *arena, const struct lock_part *lock)
{
	const char *kind = lock->kind ? bounded_name(arena, lock->kind) : "lock";
	const char *name = lock_name_words(arena, lock);

	if (strncmp(name, kind, strlen(kind)) == 0 && name[strlen(kind)] == ' ')
		return name;
	return arena_printf(arena, "%s %s", kind, name);
}

const char *duration_words(struct arena *arena, double milliseconds)
{
	if (!isfinite(milliseconds) || milliseconds < 0)
		return NULL;
	if (milliseconds < 0.001)
		return "under 0.001 ms";
	if (milliseconds < 0.1)
		return arena_printf(arena, "%.2g ms", milliseconds);
	if (milliseconds < 10)
		return arena_printf(arena, "%.1f ms", milliseconds);
	if (milliseconds < 1000)
		return arena_printf(arena, "%.0f ms", milliseconds);
	if (milliseconds < 60000)
		return arena_printf(arena, "%.1f s", milliseconds / 1000);
	if (milliseconds < 3600000)
		return arena_printf(arena, "%.1f min", milliseconds / 60000);
	return arena_printf(arena, "%.1f h", milliseconds / 3600000);
}
