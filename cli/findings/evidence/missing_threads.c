/*
 * The threads that a fork left behind are grouped here. What was created at one place by one
 * library is a group; the same place may have several STACK records, of other bytes.
 */
#include "missing_threads.h"
#include "attribution.h"
#include "base/same_text.h"
#include "evidence.h"
#include "python_evidence.h"
#include <string.h>

/* Places that are told apart. To name the functions of one is what costs. */
#define SITES_MAX 64

/* Where a thread was created, and by whose code. */
struct site {
	const char *library, *path;
	session_reference stack, python;
};

struct grouping {
	struct judgement *judgement;
	struct finding *finding;
	uint32_t process;
	struct known_site {
		struct site site;
		size_t group;
	} known[SITES_MAX];
	size_t known_count;
};

static struct site missing_threads_site_of(struct judgement *judgement, uint32_t process,
					   const struct record_thread *thread)
{
	const char *path = attribute_thread_path(judgement, process, thread);

	return (struct site){attribute_thread(judgement, process, thread), path, thread->created_at,
			     thread->created_python};
}

static struct frames missing_threads_stack_of(struct judgement *judgement, uint32_t process,
					      const struct site *site)
{
	struct frames frames = evidence_stack(judgement, process, site->stack);

	frames.python = python_evidence(judgement, process, site->python, 0);
	origins_mark(&judgement->origins, judgement->arena, &frames);
	return frames;
}

static const struct frame *first_of_user(const struct python_frames *python)
{
	for (size_t i = 0; i < python->count; i++)
		if (python->list[i].origin && python->list[i].origin->kind != ORIGIN_RUNTIME)
			return &python->list[i];
	return NULL;
}

/* What a language's own library is linked into starts its threads by that. */
static const struct frame *first_of_library(const struct frames *stack, const char *library)
{
	for (size_t i = 0; i < stack->count && library; i++)
		if (same_text(evidence_file_name(stack->list[i].module), library) &&
		    stack->list[i].origin->kind != ORIGIN_RUNTIME)
			return &stack->list[i];
	return NULL;
}

/* Whose threads they are. */
static void missing_threads_find_starter(struct missing_group *group)
{
	const struct python_frames *python =
		group->created_at.python ? group->created_at.python : group->stands_at.python;

	group->is_python = python && python->module && group->library &&
			   same_text(evidence_file_name(python->module), group->library);
	if (python && !group->created_at.python)
		return;
	group->starter = group->is_python ? first_of_user(python)
					  : first_of_library(&group->created_at, group->library);
}

static bool same_python(const struct python_frames *one, const struct python_frames *other)
{
	if (!one || !other || one->count != other->count)
		return one == other;
	for (size_t i = 0; i < one->count; i++)
		if (one->list[i].line != other->list[i].line ||
		    !same_text(one->list[i].file, other->list[i].file) ||
		    !same_text(one->list[i].function, other->list[i].function))
			return false;
	return true;
}

static bool same_stack(const struct frames *one, const struct frames *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (one->list[i].pc != other->list[i].pc)
			return false;
	return same_python(one->python, other->python);
}

/* SIZE_MAX: none. */
static size_t find_group(const struct finding *finding, const char *library,
			 const struct frames *created_at)
{
	for (size_t i = 0; i < finding->missing_count; i++)
		if (same_text(finding->missing[i].library, library) &&
		    same_stack(&finding->missing[i].created_at, created_at))
			return i;
	return SIZE_MAX;
}

static const char *name_of(struct judgement *judgement, const struct record_thread *thread)
{
	size_t length;
	const char *python_name = python_evidence_name(judgement, thread);

	if (python_name)
		return python_name;
	thread = model_unseen(judgement->model, thread);
	length = strnlen(thread->name, sizeof(thread->name));
	return length ? arena_strndup(judgement->arena, thread->name, length) : NULL;
}

static void missing_threads_add_name(struct missing_group *group, const char *name)
{
	for (size_t i = 0; i < group->name_count; i++)
		if (same_text(group->names[i], name))
			return;
	if (name)
		group->names[group->name_count++] = name;
}

/* The library's, or where that is the program or an interpreter, of who called it. */
static const struct origin *package_of(struct judgement *judgement, const struct site *site,
				       struct frames *created_at)
{
	const struct origin *file =
		origin_of_file(&judgement->origins, judgement->arena, site->path);

	if (file->kind == ORIGIN_PACKAGE)
		return file;
	origins_mark(&judgement->origins, judgement->arena, created_at);
	return origin_behind(created_at);
}

/* `left`: threads that are yet to come, this one included; a group may get as many names. */
static size_t group_with(struct grouping *grouping, const struct site *site,
			 const struct frames *created_at, size_t left)
{
	struct finding *finding = grouping->finding;
	size_t index = find_group(finding, site->library, created_at);
	struct missing_group *group;

	if (index != SIZE_MAX)
		return index;
	group = &finding->missing[finding->missing_count];
	group->library = site->library;
	group->created_at = *created_at;
	group->origin = package_of(grouping->judgement, site, &group->created_at);
	missing_threads_find_starter(group);
	group->names = arena_array(grouping->judgement->arena, left, sizeof(*group->names));
	return finding->missing_count++;
}

static size_t group_of(struct grouping *grouping, const struct site *site, size_t left)
{
	struct frames created_at = {.complete = true};
	size_t i = 0;

	for (; i < grouping->known_count; i++)
		if (grouping->known[i].site.stack == site->stack &&
		    grouping->known[i].site.python == site->python &&
		    same_text(grouping->known[i].site.library, site->library))
			return grouping->known[i].group;
	if (i == SITES_MAX)
		return group_with(grouping, site, &created_at, left);
	created_at = missing_threads_stack_of(grouping->judgement, grouping->process, site);
	grouping->known[i].site = *site;
	grouping->known[i].group = group_with(grouping, site, &created_at, left);
	grouping->known_count++;
	return grouping->known[i].group;
}

static bool stack_is_there(const struct frames *stack)
{
	return stack->count || (stack->python && stack->python->count);
}

/* Of a thread that nobody saw being made; the parent runs on. */
static struct frames place_now(struct judgement *judgement, uint32_t process,
			       const struct record_thread *thread)
{
	struct frames stack = {.complete = true};

	if (!model_is_unseen(thread))
		return stack;
	stack = evidence_task(judgement, process, thread->tid);
	if (!stack.python && thread->runs_python) {
		stack.python = python_evidence(judgement, process, thread->runs_python, 0);
		stack.complete |= !stack.count;
		origins_mark(&judgement->origins, judgement->arena, &stack);
	}
	return stack;
}

void missing_threads(struct judgement *judgement, struct finding *finding, uint32_t process,
		     const struct record_lost *lost)
{
	struct grouping grouping = {.judgement = judgement, .finding = finding, .process = process};

	finding->missing = arena_array(judgement->arena, lost->count, sizeof(*finding->missing));
	for (uint32_t i = 0; i < lost->count; i++) {
		const struct record_thread *thread =
			model_thread(judgement->model, lost->threads[i]);
		struct missing_group *group;
		struct site site;

		if (!thread)
			continue;
		site = missing_threads_site_of(judgement, process, thread);
		group = &finding->missing[group_of(&grouping, &site, lost->count - i)];
		group->count++;
		if (!stack_is_there(&group->stands_at)) {
			group->stands_at = place_now(judgement, process, thread);
			missing_threads_find_starter(group);
		}
		missing_threads_add_name(group, name_of(judgement, thread));
	}
}

size_t missing_group_of(struct judgement *judgement, const struct finding *finding,
			uint32_t process, const struct record_thread *thread)
{
	struct site site = missing_threads_site_of(judgement, process, thread);
	struct frames created_at = missing_threads_stack_of(judgement, process, &site);
	size_t index = find_group(finding, site.library, &created_at);

	return index != SIZE_MAX ? index : 0;
}

void missing_put_first(struct finding *finding, size_t index)
{
	struct missing_group first;

	if (!index || index >= finding->missing_count)
		return;
	first = finding->missing[index];
	memmove(&finding->missing[1], &finding->missing[0], index * sizeof(first));
	finding->missing[0] = first;
}
