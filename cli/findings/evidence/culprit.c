/*
 * Whose threads a child waits for is told by what it gave to them, by the code that it waits in,
 * and at last by their number. An interpreter starts threads for others: theirs are those of the
 * package, or of the line, that asked for them.
 */
#include "culprit.h"
#include "base/same_text.h"
#include "evidence.h"
#include "missing_threads.h"
#include "origins/wheels.h"
#include <string.h>

#define NAMES_SAID 2

/* --- what it gave -------------------------------------------------------------- */

static const struct record_thread *thread_of_use(const struct model *model,
						 const struct fork_link *link, uint64_t use)
{
	uint64_t serial = use >> OBJECT_THREAD & OBJECT_SERIAL;

	for (uint32_t i = 0; serial && link->lost && i < link->lost->count; i++) {
		const struct record_thread *thread = model_thread(model, link->lost->threads[i]);

		if (thread && !(thread->flags & THREAD_UNSEEN) &&
		    (thread->serial & OBJECT_SERIAL) == serial)
			return thread;
	}
	return NULL;
}

/* Who wakes its own loop does it in its own code. */
static size_t group_of_giver(struct judgement *judgement, const struct finding *finding,
			     const struct record_hang *hang, uint64_t gave)
{
	struct address_space *space = model_space(judgement->model, hang->serial);
	const char *path = space ? space_module_path(space, gave & OBJECT_ADDRESS) : NULL;
	const char *name = evidence_file_name(path);

	for (size_t i = 0; name && i < finding->missing_count; i++)
		if (!finding->missing[i].is_python && same_text(finding->missing[i].library, name))
			return i;
	return SIZE_MAX;
}

/* SIZE_MAX: it gave nothing to any of them. */
static size_t group_given_to(struct judgement *judgement, const struct finding *finding,
			     const struct record_hang *hang, const struct fork_link *link)
{
	const struct model_list *list = model_list(judgement->model, RECORD_HANDED);
	size_t group = SIZE_MAX;

	for (size_t i = 0; i < list->count && group == SIZE_MAX; i++) {
		const struct record_handed *handed =
			model_handed(judgement->model, list->references[i]);
		const struct record_thread *thread;

		if (handed->serial != hang->serial)
			continue;
		thread = thread_of_use(judgement->model, link, handed->took);
		group = thread ? missing_group_of(judgement, finding, link->parent, thread)
			       : group_of_giver(judgement, finding, hang, handed->gave);
	}
	return group;
}

/* --- where it waits ------------------------------------------------------------ */

/* The wheel, where a crate is linked into one. NULL: of no package. */
static const struct origin *culprit_origin(const struct frame *frame)
{
	const struct origin *origin = frame ? frame->origin : NULL;

	if (origin && origin->file && wheel_below_site(frame->module))
		origin = origin->file;
	return origin && origin->kind == ORIGIN_PACKAGE && origin->package ? origin : NULL;
}

static const char *culprit_package(const struct frame *frame)
{
	const struct origin *origin = culprit_origin(frame);

	return origin ? origin->package : NULL;
}

static size_t depth_of_library(const struct frames *stack, const char *library)
{
	for (size_t i = 0; library && i < stack->count; i++)
		if (same_text(evidence_file_name(stack->list[i].module), library))
			return i;
	return SIZE_MAX;
}

/* A package's Python calls its library, or waits for it by Python's own means. */
static size_t depth_of_package(const struct frames *stack, const char *package)
{
	const struct python_frames *python = stack->python;

	for (size_t i = 0; package && python && i < python->count; i++)
		if (same_text(culprit_package(&python->list[i]), package))
			return stack->count + i;
	return SIZE_MAX;
}

/* How far out in the child's stack there is code of theirs; SIZE_MAX: there is none. */
static size_t culprit_depth(const struct finding *finding, const struct missing_group *group)
{
	const struct frames *stack = &finding->child.stack;
	size_t depth = group->is_python ? SIZE_MAX : depth_of_library(stack, group->library);

	return depth != SIZE_MAX ? depth : depth_of_package(stack, culprit_package(group->starter));
}

/* Whatever waits in Python, most often it waits for Python's threads. */
static size_t culprit_rank(const struct finding *finding, const struct missing_group *group)
{
	size_t depth = culprit_depth(finding, group);

	if (depth == SIZE_MAX && group->is_python && finding->child.stack.python &&
	    finding->child.stack.python->count)
		return SIZE_MAX - 1;
	return depth;
}

static bool is_likelier(const struct finding *finding, const struct missing_group *one,
			const struct missing_group *other)
{
	size_t rank = culprit_rank(finding, one), least = culprit_rank(finding, other);

	return rank != least ? rank < least : one->count > other->count;
}

size_t culprit_likeliest(struct judgement *judgement, const struct finding *finding,
			 const struct record_hang *hang, const struct fork_link *link)
{
	size_t best = group_given_to(judgement, finding, hang, link);
	struct frames stack = finding->child.stack;

	if (best != SIZE_MAX)
		return best;
	origins_mark(&judgement->origins, judgement->arena, &stack);
	best = 0;
	for (size_t i = 1; i < finding->missing_count; i++)
		if (is_likelier(finding, &finding->missing[i], &finding->missing[best]))
			best = i;
	return best;
}

/* --- in words ------------------------------------------------------------------ */

static const char *names_of(struct judgement *judgement, const struct missing_group *group)
{
	const char *words = "";

	if (!group->name_count || group->name_count > NAMES_SAID)
		return words;
	for (size_t i = 0; i < group->name_count; i++)
		words = arena_printf(judgement->arena, "%s%s \"%s\"", words, i ? " and" : "",
				     group->names[i]);
	return words;
}

/* `the Python thread "metrics", started at app.py:12,`: nobody's but the program's own. */
static const char *words_of_line(struct judgement *judgement, const struct missing_group *group)
{
	const struct frame *starter = group->starter;
	const char *who = arena_printf(judgement->arena, "%s%s",
				       group->count == 1 ? "the Python thread" : "Python threads",
				       names_of(judgement, group));

	if (!starter || !starter->file || !starter->line)
		return who;
	return arena_printf(judgement->arena, "%s, started at %s:%d,", who,
			    evidence_file_name(starter->file), starter->line);
}

/* A system's library has a name that everybody knows; what is linked into a program, or
 * bundled in a wheel, is known by its package. */
static const struct origin *origin_in_words(const struct finding *finding,
					    const struct missing_group *group)
{
	const struct frame *starter = group->starter;
	const char *program = evidence_file_name(finding->fork.program);

	if (!starter || group->is_python || wheel_below_site(starter->module) ||
	    same_text(group->library, program))
		return culprit_origin(starter);
	return NULL;
}

static const char *words_of_owner(struct judgement *judgement, const struct finding *finding,
				  const struct missing_group *group, bool is_one)
{
	const struct origin *owner = origin_in_words(finding, group);
	const char *threads = is_one ? "a thread" : "threads";

	if (owner)
		return arena_printf(judgement->arena, "%s of %s%s%s", threads, owner->package,
				    owner->version ? " " : "",
				    owner->version ? owner->version : "");
	if (group->is_python)
		return words_of_line(judgement, group);
	if (!group->library)
		return threads;
	return arena_printf(judgement->arena, "%s of %s", threads, group->library);
}

/* Others of the same owner may be waited for as well; those of another line are of another. */
static bool is_only_one(const struct finding *finding)
{
	const struct missing_group *group = &finding->missing[0];
	const char *package = culprit_package(group->starter);

	for (size_t i = 1; i < finding->missing_count && (package || !group->is_python); i++)
		if (same_text(finding->missing[i].library, group->library) &&
		    same_text(culprit_package(finding->missing[i].starter), package))
			return false;
	return group->count == 1;
}

const char *culprit_words(struct judgement *judgement, const struct finding *finding)
{
	bool is_one = finding->missing_count && is_only_one(finding);
	const char *who = finding->missing_count
				  ? words_of_owner(judgement, finding, &finding->missing[0], is_one)
				  : "threads";

	return arena_printf(judgement->arena, "%s that %s", who, is_one ? "does" : "do");
}
