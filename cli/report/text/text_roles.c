/*
 * These parts of a text report are those of a finding: lock, fork, holder, child. Nothing is
 * computed here but words: who is T1, and what a part that is not known is called.
 */
#include "base/same_text.h"
#include "python_view.h"
#include "shorten.h"
#include "text_parts.h"

#include <inttypes.h>
#include <string.h>

#define PROGRAM_COLUMNS    30
#define LOCK_PLACE_COLUMNS 160

/* The threads of a finding, numbered in the order in which a reader meets them. */
struct cast {
	const char *forker;
	const char *holder;
	const char *creator; /* NULL: not known */
};

/* A thread that was never named carries its creator's name: then the tid tells it apart. */
static const char *thread_label(struct page *page, int number, const char *name, int tid,
				bool ambiguous)
{
	const char *safe = page_name(page, name, NAME_COLUMNS);
	bool named = safe != NULL && *safe != '\0';
	struct arena *arena = &page->arena;

	if (named && ambiguous && tid > 0)
		return arena_printf(arena, "T%d \"%s\" (tid %d)", number, safe, tid);
	if (named)
		return arena_printf(arena, "T%d \"%s\"", number, safe);
	if (tid > 0)
		return arena_printf(arena, "T%d (tid %d)", number, tid);
	return arena_printf(arena, "T%d", number);
}

static bool holder_is_known(const struct holder_part *holder)
{
	return holder->tid > 0 || holder->name != NULL || holder->start_routine != NULL ||
	       holder->acquired_at.count > 0 || holder->created_at.count > 0;
}

static bool is_created_by_forker(const struct finding *finding)
{
	uint32_t creator = finding->holder.creator_serial, forker = finding->fork.thread_serial;

	if (creator != 0 && forker != 0)
		return creator == forker;
	return finding->holder.creator_tid > 0 && finding->holder.creator_tid == finding->fork.tid;
}

static const char *creator_label(struct page *page, const struct finding *finding)
{
	const struct holder_part *holder = &finding->holder;

	if (finding->fork.present && is_created_by_forker(finding))
		return "T1";
	if (holder->creator_tid <= 0 && holder->creator_name == NULL)
		return NULL;
	return thread_label(page, 3, holder->creator_name, holder->creator_tid,
			    holder->creator_name &&
				    same_text(holder->creator_name, finding->fork.thread_name));
}

/* Python's name says more than the kernel's, which is often the program's. */
static const char *best_name(const char *python_name, const char *name)
{
	return python_name != NULL ? python_name : name;
}

static struct cast find_cast(struct page *page, const struct finding *finding)
{
	const struct fork_part *fork = &finding->fork;
	const struct holder_part *holder = &finding->holder;
	struct cast cast = {
		.forker = thread_label(page, 1, best_name(fork->python_name, fork->thread_name),
				       fork->tid, false),
		.holder = thread_label(page, 2, best_name(holder->python_name, holder->name),
				       holder->tid,
				       holder->name && same_text(holder->name, fork->thread_name) &&
					       holder->python_name == NULL),
		.creator = creator_label(page, finding),
	};

	return cast;
}

/* "T2" of "T2 "logger"": what a thread is called once it was introduced. */
static const char *short_label(struct page *page, const char *label)
{
	return arena_strndup(&page->arena, label, strcspn(label, " "));
}

static const char *lock_label(const struct finding *finding)
{
	return finding->lock.present ? "M1" : "the lock";
}

static bool text_roles_is_known(const struct frames *frames)
{
	return frames->count > 0 || (frames->python != NULL && frames->python->count > 0);
}

/* What a stack is of, or that none is known. */
static void put_heading(struct page *page, const char *heading, const char *link,
			const struct frames *frames)
{
	const char *ending = text_roles_is_known(frames) ? link : ": no stack is known";

	page_wrap(page, "  ", 4, arena_printf(&page->arena, "%s%s", heading, ending));
}

static void put_section(struct page *page, const char *heading, const char *link,
			const struct frames *frames)
{
	put_heading(page, heading, link, frames);
	put_frames(page, frames);
}

/* "server+0x40a0"; NULL outside of any module. */
static const char *lock_place(struct page *page, const struct lock_part *lock)
{
	if (lock->module == NULL)
		return NULL;
	return arena_printf(&page->arena, "%s+0x%" PRIx64,
			    page_name(page, path_basename(lock->module), NAME_COLUMNS),
			    lock->offset);
}

/* What the lock is called: its symbol, else its place in a module, else its address. */
static const char *lock_name(struct page *page, const struct lock_part *lock, const char *place)
{
	if (lock->name != NULL)
		return page_name(page, lock->name, NAME_COLUMNS);
	if (place != NULL)
		return arena_printf(&page->arena, "at %s", place);
	if (lock->place != NULL)
		return page_name(page, lock->place, LOCK_PLACE_COLUMNS);
	if (lock->address != 0)
		return arena_printf(&page->arena, "at 0x%" PRIx64, lock->address);
	return "(its address is not known)";
}

/* "mutex log_mutex"; the name of a guard says itself what it is. */
static const char *kind_and_name(struct page *page, const struct lock_part *lock, const char *place)
{
	const char *kind = page_name(page, lock->kind, NAME_COLUMNS);
	const char *name = lock_name(page, lock, place);

	if (kind == NULL)
		kind = "lock";
	if (strncmp(name, kind, strlen(kind)) == 0 && name[strlen(kind)] == ' ')
		return name;
	return arena_printf(&page->arena, "%s %s", kind, name);
}

static const char *others(struct page *page, const struct lock_part *lock)
{
	const char *user = page_name(page, lock->user, NAME_COLUMNS);

	if (user != NULL)
		return arena_printf(&page->arena, ", used by %s", user);
	if (lock->alike == 0)
		return "";
	return arena_printf(&page->arena, ", and %" PRIu64 " more in the same object", lock->alike);
}

static void put_lock(struct page *page, const struct finding *finding)
{
	const struct lock_part *lock = &finding->lock;
	struct frames made =
		python_without_interpreter(&lock->initialised_at, python_interpreter(finding));
	const char *place = lock_place(page, lock);
	const char *attributes = page_name(page, lock->attributes, NAME_COLUMNS);
	const char *shown_place = lock->name != NULL && place != NULL ? place : "";
	const char *comma = *shown_place != '\0' && attributes != NULL ? ", " : "";
	bool bracket = *shown_place != '\0' || attributes != NULL;
	const char *heading = arena_printf(&page->arena, "M1 = %s%s%s%s%s%s%s",
					   kind_and_name(page, lock, place), bracket ? " (" : "",
					   shown_place, comma, attributes != NULL ? attributes : "",
					   bracket ? ")" : "", others(page, lock));

	/* A symbol says enough; a lock on the heap is known by who made it. */
	if (lock->name == NULL && made.count > 0)
		put_section(page, heading, ", initialised at:", &made);
	else
		page_wrap(page, "  ", 4, heading);
}

/* ` (start method "fork")`; empty where Python's start methods had no part in it. */
static const char *start_method_words(struct page *page, const struct finding *finding)
{
	const char *method = page_name(page, finding->start_method, NAME_COLUMNS);

	return method != NULL ? arena_printf(&page->arena, ", start method \"%s\"", method) : "";
}

/* "fork #3 in process 4182" */
static const char *fork_label(struct page *page, const struct fork_part *fork)
{
	struct arena *arena = &page->arena;
	const char *function = page_name(page, fork->function, NAME_COLUMNS);
	const char *heading = function != NULL ? function : "fork";

	if (fork->serial > 0)
		heading = arena_printf(arena, "%s #%" PRIu64, heading, fork->serial);
	if (function == NULL)
		heading = arena_printf(arena, "%s (%s)", heading,
				       fork->is_outside    ? "found from outside"
				       : fork->no_handlers ? "noticed in the child only"
							   : "only its atfork handlers were seen");
	return fork->pid > 0 ? arena_printf(arena, "%s in process %d", heading, fork->pid)
			     : arena_printf(arena, "%s in a process", heading);
}

static void put_fork(struct page *page, const struct finding *finding, const struct cast *cast)
{
	struct arena *arena = &page->arena;
	const struct fork_part *fork = &finding->fork;
	const char *program = page_name(page, fork->program, 1024);
	const char *heading = fork_label(page, fork);

	if (program != NULL)
		heading = arena_printf(arena, "%s (%s)", heading,
				       shorten_path(arena, program, PROGRAM_COLUMNS));
	put_section(page,
		    arena_printf(arena, "%s by %s%s", heading, cast->forker,
				 start_method_words(page, finding)),
		    ":", &fork->stack);
}

static const char *last_forker_label(struct page *page, const struct fork_part *fork)
{
	const char *name =
		page_name(page, best_name(fork->python_name, fork->thread_name), NAME_COLUMNS);

	if (fork->is_by_same_thread)
		return "T1";
	if (name != NULL && *name != '\0' && fork->tid > 0)
		return arena_printf(&page->arena, "\"%s\" (tid %d)", name, fork->tid);
	return fork->tid > 0 ? arena_printf(&page->arena, "thread %d", fork->tid) : "a thread";
}

/* The child comes from a process that had lost the threads already. */
static void put_last_fork(struct page *page, const struct finding *finding)
{
	struct arena *arena = &page->arena;
	const struct fork_part *fork = &finding->last_fork;
	const char *between = "";

	if (finding->forks_between > 0)
		between = arena_printf(arena, ", with %s in between,",
				       page_count(page, finding->forks_between, "more fork", NULL));
	put_section(page,
		    arena_printf(arena, "the child itself comes from %s%s by %s",
				 fork_label(page, fork), between, last_forker_label(page, fork)),
		    ":", &fork->stack);
}

bool is_in_fork(const struct finding *finding)
{
	return finding->fork.present && finding->fork.pid > 0 &&
	       finding->fork.pid == finding->child.pid;
}

static const char *holder_label(const struct finding *finding, const struct cast *cast)
{
	const struct holder_part *holder = &finding->holder;

	if (!holder->is_forker)
		return cast->holder;
	if (is_in_fork(finding))
		return "T1 (the thread that forks)";
	return holder->taken_by_handler ? "T1 (taken by an atfork handler)"
					: "T1 (the thread that forked)";
}

/* The Python frames of most holders are those at the fork, its native ones those of the
 * acquisition: they are no one stack. False: no Python ran there. */
static bool put_python_acquisition(struct page *page, const struct finding *finding,
				   const char *heading)
{
	const struct frames *acquired = &finding->holder.acquired_at;
	struct frames taken = python_without_interpreter(
		acquired, acquired->python ? acquired->python->module : NULL);
	struct frames at_fork = {.complete = true, .python = acquired->python};

	if (acquired->python == NULL || acquired->python->count == 0)
		return false;
	if (taken.count > 0)
		put_section(page, heading,
			    finding->holder.in_window ? ", taken at:" : ", since:", &taken);
	else
		page_wrap(page, "  ", 4, heading);
	put_section(page, "at the fork it was in", ":", &at_fork);
	return true;
}

static const char *since_words(const struct holder_part *holder, const char *held)
{
	if (holder->in_window)
		return ", taken at:";
	return held != NULL ? ", since:" : " since:";
}

static void put_acquisition(struct page *page, const struct finding *finding,
			    const struct cast *cast)
{
	const struct holder_part *holder = &finding->holder;
	const char *held = page_duration(page, holder->held_ms);
	const char *inside = page_name(page, holder->inside, NAME_COLUMNS);
	const char *heading =
		arena_printf(&page->arena, "%s %s %s by %s", lock_label(finding),
			     is_in_fork(finding) ? "is" : "was",
			     holder->in_window ? "just being taken, or given back," : "held",
			     holder_label(finding, cast));

	if (inside != NULL)
		heading = arena_printf(&page->arena, "%s was inside %s",
				       holder_label(finding, cast), inside);

	if (held != NULL)
		heading = arena_printf(&page->arena, "%s for %s%s", heading,
				       holder->held_at_most ? "at most " : "", held);
	if (inside == NULL && !holder->python_took &&
	    put_python_acquisition(page, finding, heading))
		return;
	put_section(page, heading, since_words(holder, held), &holder->acquired_at);
}

static bool stack_shows(const struct frames *frames, const char *function)
{
	for (size_t i = 0; i < frames->count; i++)
		if (function && same_text(frames->list[i].function, function))
			return true;
	return false;
}

/* "log_thread (libfoo.so)"; NULL where it is not known or a stack shows it anyway. */
static const char *start_routine_label(struct page *page, const struct holder_part *holder)
{
	const char *routine = page_name(page, holder->start_routine, NAME_COLUMNS);
	const char *library = page_name(page, holder->library, NAME_COLUMNS);

	if (routine == NULL || stack_shows(&holder->acquired_at, holder->start_routine))
		return NULL;
	if (library == NULL)
		return routine;
	return arena_printf(&page->arena, "%s (%s)", routine, path_basename(library));
}

/* Where nothing is known but that the thread was made, a line would say nothing. */
static void put_creation(struct page *page, const struct finding *finding, const struct cast *cast)
{
	struct arena *arena = &page->arena;
	const struct frames *stack = &finding->holder.created_at;
	const char *routine = start_routine_label(page, &finding->holder);
	const char *heading = short_label(page, cast->holder);

	if (stack->count == 0 && cast->creator == NULL) {
		if (routine != NULL)
			page_wrap(page, "  ", 4,
				  arena_printf(arena, "%s ran %s", heading, routine));
		return;
	}
	heading = arena_printf(arena, "%s was created", heading);
	if (cast->creator != NULL)
		heading = arena_printf(arena, "%s by %s", heading, cast->creator);
	if (routine != NULL)
		heading = arena_printf(arena, "%s to run %s", heading, routine);
	put_heading(page, heading, routine != NULL ? ", at:" : " at:", stack);
	put_frames_since(page, stack, &finding->fork.stack);
}

/* What libc's functions hold while they run: where that is, stands elsewhere. */
static void put_call(struct page *page, const struct finding *finding, const struct cast *cast)
{
	const char *inside = page_name(page, finding->holder.inside, NAME_COLUMNS);

	page_wrap(page, "  ", 4,
		  arena_printf(&page->arena, "%s is held by %s, which %s inside %s",
			       lock_label(finding), holder_label(finding, cast),
			       finding->holder.is_forker ? "a signal interrupted" : "is", inside));
}

static void put_holder(struct page *page, const struct finding *finding, const struct cast *cast)
{
	const struct holder_part *holder = &finding->holder;

	if (!holder_is_known(holder) && !holder->is_forker) {
		page_wrap(page, "  ", 4,
			  arena_printf(&page->arena, "which thread held %s is not known",
				       lock_label(finding)));
		return;
	}
	if (is_in_fork(finding) && holder->inside != NULL)
		put_call(page, finding, cast);
	else
		put_acquisition(page, finding, cast);
	if (!holder->is_forker)
		put_creation(page, finding, cast);
}

/* A thing without an owner: who posted or took it last. */
static void put_use(struct page *page, const struct finding *finding, const struct use_part *use)
{
	struct arena *arena = &page->arena;
	struct frames stack = python_without_interpreter(&use->stack, python_interpreter(finding));
	const char *name =
		page_name(page, best_name(use->python_name, use->thread_name), NAME_COLUMNS);
	const char *library = page_name(page, use->library, NAME_COLUMNS);
	const char *heading = arena_printf(arena, "%s was last %s", lock_label(finding), use->verb);

	if (use->in_child)
		heading = arena_printf(arena, "%s by the child itself", heading);
	else if (use->is_forker)
		heading = arena_printf(arena, "%s by T1%s", heading,
				       is_in_fork(finding) ? "" : ", before the fork,");
	else if (name != NULL && *name != '\0')
		heading = arena_printf(arena, "%s by \"%s\" (tid %d)", heading, name, use->tid);
	else if (use->tid > 0)
		heading = arena_printf(arena, "%s by thread %d", heading, use->tid);
	/* That a lock of Python's is used by the interpreter says nothing. */
	if (library != NULL && !use->is_forker && stack.count > 0)
		heading = arena_printf(arena, "%s of %s", heading, library);
	if (stack.count > 0)
		put_section(page, heading, " at:", &stack);
	else
		page_wrap(page, "  ", 4, heading);
}

/* "child 4190 (thread 4195), 0.4 ms after the fork," */
static const char *child_label(struct page *page, const struct finding *finding)
{
	const struct child_part *child = &finding->child;
	const char *role = is_in_fork(finding) ? "process" : "child";
	struct arena *arena = &page->arena;
	const char *label = child->pid > 0 ? arena_printf(arena, "%s %d", role, child->pid)
					   : arena_printf(arena, "the %s", role);
	const char *after = page_duration(page, child->after_ms);

	if (child->tid > 0 && child->tid != child->pid)
		label = arena_printf(arena, "%s (thread %d)", label, child->tid);
	if (after != NULL)
		label = arena_printf(arena, "%s, %s after the fork,", label, after);
	return label;
}

/* Where it happened is not always known. */
static void put_deed(struct page *page, const char *who, const char *deed,
		     const struct frames *stack)
{
	const char *heading = arena_printf(&page->arena, "%s %s", who, deed);

	if (text_roles_is_known(stack))
		put_section(page, heading, " at:", stack);
	else
		page_wrap(page, "  ", 4, arena_printf(&page->arena, "%s.", heading));
}

static void put_parent(struct page *page, const struct parent_part *parent)
{
	const char *who = parent->pid > 0 ? arena_printf(&page->arena, "parent %d", parent->pid)
					  : "the parent";

	put_deed(page, who, parent->deed, &parent->stack);
}

static void put_ending(struct page *page, const struct ending_part *ending)
{
	struct arena *arena = &page->arena;
	const char *deed = arena_printf(arena, "sent %s to process %d",
					page_name(page, ending->signal, NAME_COLUMNS), ending->pid);

	put_deed(page, arena_printf(arena, "process %d", ending->sender_pid), deed, &ending->stack);
}

static void put_child(struct page *page, const struct finding *finding)
{
	const struct child_part *child = &finding->child;
	const char *function = page_name(page, child->waiting_in, NAME_COLUMNS);
	const char *heading = child_label(page, finding);

	if (child->deed != NULL) {
		put_deed(page, heading, child->deed, &child->stack);
		return;
	}
	if (finding->lock.present)
		heading = arena_printf(&page->arena, "%s %s M1", heading,
				       child->gave_up ? "asked for" : "waits for");
	else
		heading = arena_printf(&page->arena, "%s waits", heading);
	/* With a stack and a lock the frames say it better. */
	if (function != NULL && (!finding->lock.present || child->stack.count == 0))
		heading = arena_printf(&page->arena, "%s in %s", heading, function);
	put_heading(page, heading, " at:", &child->stack);
	put_frames_since(page, &child->stack,
			 finding->last_fork.present ? &finding->last_fork.stack
						    : &finding->fork.stack);
}

/* "process 4190 (thread 4195) waits for 4182 in write, a full pipe (descriptor 4), at:" */
static const char *edge_label(struct page *page, const struct cycle_edge *edge)
{
	const char *via = page_name(page, edge->via, NAME_COLUMNS);
	const char *function = page_name(page, edge->waiting_in, NAME_COLUMNS);
	struct arena *arena = &page->arena;
	const char *thread = edge->tid > 0 && edge->tid != edge->pid
				     ? arena_printf(arena, " (thread %d)", edge->tid)
				     : "";

	return arena_printf(arena, "process %d%s waits for %d%s%s%s%s%s", edge->pid, thread,
			    edge->waits_for, function != NULL ? " in " : "",
			    function != NULL ? function : "", via != NULL ? ", " : "",
			    via != NULL ? via : "", edge->stack.count > 0 ? ", at:" : "");
}

static void put_cycle(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->cycle_count; i++) {
		const struct cycle_edge *edge = &finding->cycle[i];

		page_wrap(page, i == 0 ? "  cycle: " : "         ", 11, edge_label(page, edge));
		put_frames(page, &edge->stack);
	}
}

/* `thread 4195 "logger"` */
static const char *blocked_name(struct page *page, const struct blocked_part *blocked)
{
	const char *name =
		page_name(page, best_name(blocked->python_name, blocked->name), NAME_COLUMNS);
	const char *label = arena_printf(&page->arena, "thread %d", blocked->tid);

	return name != NULL && *name != '\0' ? arena_printf(&page->arena, "%s \"%s\"", label, name)
					     : label;
}

static const char *blocked_label(struct page *page, const struct finding *finding,
				 const struct blocked_part *blocked)
{
	struct arena *arena = &page->arena;
	const char *who = blocked->tid == finding->holder.tid ? "T2" : blocked_name(page, blocked);
	const char *what = page_name(page, blocked->waits_for, NAME_COLUMNS);
	const char *function = page_name(page, blocked->waiting_in, NAME_COLUMNS);
	const char *holder =
		blocked->held_by == finding->fork.tid
			? blocked->held_by_handler ? ", which T1 took in an atfork handler"
						   : ", which T1 holds"
		: blocked->held_by > 0
			? arena_printf(arena, ", which thread %d holds", blocked->held_by)
			: "";

	if (what != NULL)
		return arena_printf(arena, "%s waits for %s%s,", who, what, holder);
	return function != NULL ? arena_printf(arena, "%s is in %s", who, function)
				: arena_printf(arena, "%s is", who);
}

/* Who has it, where that one stands, and so on. */
static void put_blocked(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->blocked_count; i++) {
		const struct blocked_part *blocked = &finding->blocked[i];

		put_section(page, blocked_label(page, finding, blocked), " at:", &blocked->stack);
		if (text_roles_is_known(&blocked->acquired_at))
			put_section(page, "which was taken", " at:", &blocked->acquired_at);
	}
}

bool has_parts(const struct finding *finding)
{
	return finding->fork.present || finding->lock.present || finding->holder.present ||
	       finding->child.present || finding->missing_count > 0 || finding->cycle_count > 0;
}

void put_parts(struct page *page, const struct finding *finding)
{
	struct cast cast = find_cast(page, finding);

	if (finding->lock.present)
		put_lock(page, finding);
	if (finding->fork.present)
		put_fork(page, finding, &cast);
	if (finding->last_fork.present)
		put_last_fork(page, finding);
	if (finding->holder.present)
		put_holder(page, finding, &cast);
	if (finding->gave.present)
		put_use(page, finding, &finding->gave);
	if (finding->took.present)
		put_use(page, finding, &finding->took);
	if (finding->parent.present)
		put_parent(page, &finding->parent);
	if (finding->ending.present && finding->ending.sender_pid > 0)
		put_ending(page, &finding->ending);
	/* A ring tells of each of its processes. */
	if (finding->child.present && finding->cycle_count == 0)
		put_child(page, finding);
	put_missing(page, finding);
	put_cycle(page, finding);
	put_blocked(page, finding);
}
