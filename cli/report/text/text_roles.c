/*
 * These parts of a text report are those of a finding: lock, fork, holder, child. Nothing is
 * computed here but words: who is T1, and what a part that is not known is called.
 */
#include "base/same_text.h"
#include "findings/python_view.h"
#include "shorten.h"
#include "text_parts.h"

#include <inttypes.h>
#include <string.h>

#define PROGRAM_COLUMNS 30

const char *lock_label(const struct finding *finding)
{
	return finding->lock.present ? "M1" : "the lock";
}

static const char *others(struct page *page, const struct lock_part *lock)
{
	const char *user = page_name(page, lock->user, SYMBOL_COLUMNS);

	if (user != NULL)
		return arena_printf(&page->arena, ", used by %s",
				    shorten_function(&page->arena, user, NAME_COLUMNS));
	if (lock->alike == 0)
		return "";
	return arena_printf(&page->arena, ", and %" PRIu64 " more in the same object", lock->alike);
}

static void put_lock(struct page *page, const struct finding *finding)
{
	const struct lock_part *lock = &finding->lock;
	struct frames made =
		python_without_interpreter(&lock->initialised_at, python_interpreter(finding));
	const char *place = page_sentence(page, lock_place_words(&page->arena, lock));
	const char *attributes = page_name(page, lock->attributes, NAME_COLUMNS);
	const char *shown_place = lock->name != NULL && place != NULL ? place : "";
	const char *comma = *shown_place != '\0' && attributes != NULL ? ", " : "";
	bool bracket = *shown_place != '\0' || attributes != NULL;
	const char *heading = arena_printf(&page->arena, "M1 = %s%s%s%s%s%s%s",
					   page_sentence(page, lock_words(&page->arena, lock)),
					   bracket ? " (" : "", shown_place, comma,
					   attributes != NULL ? attributes : "", bracket ? ")" : "",
					   others(page, lock));

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
	heading = arena_printf(arena, "%s by %s%s", heading, cast->forker,
			       start_method_words(page, finding));
	/* Where it was called, nobody has seen. */
	if (fork->is_outside)
		page_wrap(page, "  ", 4, heading);
	else
		put_section(page, heading, ":", &fork->stack);
}

static const char *last_forker_label(struct page *page, const struct fork_part *fork)
{
	const char *name = page_name(page, best_thread_name(fork->python_name, fork->thread_name),
				     NAME_COLUMNS);

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

/* A thing without an owner: who posted or took it last. */
static void put_use(struct page *page, const struct finding *finding, const struct use_part *use)
{
	struct arena *arena = &page->arena;
	struct frames stack = python_without_interpreter(&use->stack, python_interpreter(finding));
	const char *name =
		page_name(page, best_thread_name(use->python_name, use->thread_name), NAME_COLUMNS);
	const char *library = page_name(page, use->library, NAME_COLUMNS);
	const char *heading = arena_printf(arena, "%s was last %s", lock_label(finding), use->verb);

	if (use->in_child)
		heading = arena_printf(arena, "%s by the child itself", heading);
	else if (use->is_forker)
		heading = arena_printf(arena, "%s by T1%s", heading,
				       finding_is_in_fork(finding) ? "" : ", before the fork,");
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
	const char *role = finding_is_in_fork(finding) ? "process" : "child";
	struct arena *arena = &page->arena;
	const char *label = child->pid > 0 ? arena_printf(arena, "%s %d", role, child->pid)
					   : arena_printf(arena, "the %s", role);
	const char *after = duration_words(&page->arena, child->after_ms);

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

	if (stack_is_known(stack))
		put_section(page, heading, " at:", stack);
	else
		page_wrap(page, "  ", 4, arena_printf(&page->arena, "%s.", heading));
}

static void put_parent(struct page *page, const struct parent_part *parent)
{
	const char *word = parent->is_sibling ? "child" : "parent";
	const char *who = parent->pid > 0 ? arena_printf(&page->arena, "%s %d", word, parent->pid)
					  : arena_printf(&page->arena, "the %s", word);

	put_deed(page, who, parent->deed, &parent->stack);
}

static void put_shared(struct page *page, const struct shared_part *shared)
{
	if (stack_is_known(&shared->made_at))
		put_section(
			page,
			arena_printf(&page->arena, "the %s was %s", shared->what, shared->made_by),
			" at:", &shared->made_at);
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

bool has_parts(const struct finding *finding)
{
	return finding->fork.present || finding->lock.present || finding->holder.present ||
	       finding->child.present || finding->missing_count > 0 || finding->cycle_count > 0;
}

static struct cast safe_cast(struct page *page, const struct finding *finding)
{
	struct cast cast = finding_cast(&page->arena, finding);

	return (struct cast){.forker = page_sentence(page, cast.forker),
			     .holder = page_sentence(page, cast.holder),
			     .creator = page_sentence(page, cast.creator)};
}

void put_parts(struct page *page, const struct finding *finding)
{
	struct cast cast = safe_cast(page, finding);

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
	if (finding->shared.present)
		put_shared(page, &finding->shared);
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
