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

static size_t group_given_to(struct judgement *judgement, const struct finding *finding,
			     const struct record_hang *hang, const struct fork_link *link,
			     const struct record_handed *handed)
{
	const struct record_thread *thread;

	if (handed->serial != hang->serial)
		return SIZE_MAX;
	thread = thread_of_use(judgement->model, link, handed->took);
	return thread ? missing_group_of(judgement, finding, link->parent, thread)
		      : group_of_giver(judgement, finding, hang, handed->gave);
}

/* For each group: was anything given to it? */
static void find_given(struct judgement *judgement, const struct finding *finding,
		       const struct record_hang *hang, const struct fork_link *link, bool *given)
{
	const struct model_list *list = model_list(judgement->model, RECORD_HANDED);

	for (size_t i = 0; i < list->count; i++) {
		size_t group = group_given_to(judgement, finding, hang, link,
					      model_handed(judgement->model, list->references[i]));

		if (group != SIZE_MAX)
			given[group] = true;
	}
}

/* --- where it waits ------------------------------------------------------------ */

static const char *package_of_frame(const struct frame *frame)
{
	const struct origin *origin = frame->origin;

	return origin && origin->kind == ORIGIN_PACKAGE ? origin->package : NULL;
}

static const char *package_of_group(const struct missing_group *group)
{
	return group->origin ? group->origin->package : NULL;
}

/* Many packages are linked into one program: of its frames theirs count, and no runtime's. */
static bool is_code_of(const struct frame *frame, const struct missing_group *group)
{
	const struct origin *origin = frame->origin;
	const char *package = package_of_group(group);

	if (!same_text(evidence_file_name(frame->module), group->library))
		return false;
	if (!origin)
		return true;
	if (package)
		return same_text(origin->package, package) ||
		       (origin->file && same_text(origin->file->package, package));
	return origin->kind == ORIGIN_OWN || !origin->file;
}

static size_t depth_of_library(const struct frames *stack, const struct missing_group *group)
{
	for (size_t i = 0; group->library && i < stack->count; i++)
		if (is_code_of(&stack->list[i], group))
			return i;
	return SIZE_MAX;
}

/* A package's Python calls its library, or waits for it by Python's own means. */
static size_t depth_of_package(const struct frames *stack, const char *package)
{
	const struct python_frames *python = stack->python;

	for (size_t i = 0; package && python && i < python->count; i++)
		if (same_text(package_of_frame(&python->list[i]), package))
			return stack->count + i;
	return SIZE_MAX;
}

/* How far out in the child's stack there is code of theirs; SIZE_MAX: there is none. */
static size_t culprit_depth(const struct finding *finding, const struct missing_group *group)
{
	const struct frames *stack = &finding->child.stack;
	size_t depth = group->is_python ? SIZE_MAX : depth_of_library(stack, group);

	return depth != SIZE_MAX ? depth : depth_of_package(stack, package_of_group(group));
}

bool culprit_is_in_stack(const struct finding *finding, const struct missing_group *group)
{
	return culprit_depth(finding, group) != SIZE_MAX;
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

/* Of one package's threads those are waited for that the waiting file itself has started. */
static bool is_of_waiting_file(const struct finding *finding, const struct missing_group *group)
{
	const struct frames *stack = &finding->child.stack;
	size_t depth = depth_of_package(stack, package_of_group(group));

	return group->is_python && group->starter && depth != SIZE_MAX &&
	       same_text(stack->python->list[depth - stack->count].file, group->starter->file);
}

/* Of an owner's threads one may get the work and another do it. */
static bool is_given_to_owner(const struct finding *finding, const bool *given, size_t index)
{
	const struct missing_group *group = &finding->missing[index];

	for (size_t i = 0; i < finding->missing_count; i++)
		if (given[i] && same_text(finding->missing[i].library, group->library) &&
		    same_text(package_of_group(&finding->missing[i]), package_of_group(group)))
			return true;
	return false;
}

static bool is_likelier(const struct finding *finding, const bool *given, size_t one, size_t other)
{
	const struct missing_group *groups = finding->missing;
	size_t rank = culprit_rank(finding, &groups[one]);
	size_t least = culprit_rank(finding, &groups[other]);
	bool is_given = is_given_to_owner(finding, given, one);
	bool is_near = is_of_waiting_file(finding, &groups[one]);

	if (is_given != is_given_to_owner(finding, given, other))
		return is_given;
	if (rank != least)
		return rank < least;
	if (is_near != is_of_waiting_file(finding, &groups[other]))
		return is_near;
	if (given[one] != given[other])
		return given[one];
	return groups[one].count > groups[other].count;
}

size_t culprit_likeliest(struct judgement *judgement, const struct finding *finding,
			 const struct record_hang *hang, const struct fork_link *link)
{
	bool *given = arena_array(judgement->arena, finding->missing_count, sizeof(*given));
	struct frames stack = finding->child.stack;
	size_t best = 0;

	find_given(judgement, finding, hang, link, given);
	origins_mark(&judgement->origins, judgement->arena, &stack);
	for (size_t i = 1; i < finding->missing_count; i++)
		if (is_likelier(finding, given, i, best))
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
	bool is_known_by_package = group->is_python || same_text(group->library, program) ||
				   (starter && wheel_below_site(starter->module));

	return is_known_by_package && package_of_group(group) ? group->origin : NULL;
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
	const char *package = package_of_group(group);

	for (size_t i = 1; i < finding->missing_count && (package || !group->is_python); i++)
		if (same_text(finding->missing[i].library, group->library) &&
		    same_text(package_of_group(&finding->missing[i]), package))
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
