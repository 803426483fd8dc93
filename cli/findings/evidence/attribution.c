/*
 * The library that a thread belongs to is found in the stack of its creation, which is walked
 * and not symbolized. The same stack is asked for by every thread of a pool, so answers are
 * kept for a judgement.
 */
#include "attribution.h"
#include "base/library_names.h"
#include "evidence.h"
#include <string.h>

/* Who stands between the library that wants a thread and pthread_create(). */
static const char *const thread_starters[] = {
	"ld-linux*",    "ld-2.*",      "libstdc++", "libc++",        "libglib-2.0",
	"libgthread-*", "libQt?Core",  "libapr-1",  "libasan",       "libhwasan",
	"liblsan",      "libtsan",     "libnspr4",  "libclang_rt.*", "libboost_thread*",
	"libforkcheck", "linux-vdso*",
};

#define WALK_MAX 128
/* A power of two. Collisions only cost another walk. */
#define REMEMBERED 256

struct attribution {
	uint32_t image;
	session_reference created_at;
	const char *path;
};

bool is_thread_starter(const char *path)
{
	return library_is_libc(path) || LIBRARY_IS_AMONG(path, thread_starters);
}

static size_t walk_creation(struct judgement *judgement, struct address_space *space,
			    session_reference created_at, uint64_t addresses[WALK_MAX])
{
	const struct record_stack *stack = model_stack(judgement->model, created_at);
	struct captured_memory memory;
	bool complete;

	if (!stack)
		return 0;
	captured_memory_init(&memory);
	model_add_stack(&memory, stack);
	return unwind_addresses(space, &stack->registers, &memory.memory, addresses, WALK_MAX,
				&complete);
}

/* The innermost module of a creation stack that wanted the thread for itself. */
static const char *find_creator(struct judgement *judgement, struct address_space *space,
				session_reference created_at)
{
	uint64_t addresses[WALK_MAX];
	size_t count = walk_creation(judgement, space, created_at, addresses);

	for (size_t i = 0; i < count; i++) {
		const char *path = space_module_path(space, addresses[i]);

		if (path && !is_thread_starter(path))
			return arena_strdup(judgement->arena, path);
	}
	return NULL;
}

bool attribute_created_through(struct judgement *judgement, uint32_t process,
			       session_reference created_at, const char *library)
{
	struct address_space *space = model_space(judgement->model, process);
	uint64_t addresses[WALK_MAX];
	size_t count = space ? walk_creation(judgement, space, created_at, addresses) : 0;

	for (size_t i = 0; i < count; i++) {
		const char *path = space_module_path(space, addresses[i]);

		if (path && strcmp(path, library) == 0)
			return true;
	}
	return false;
}

static struct attribution *remembered(struct judgement *judgement, uint32_t image,
				      session_reference created_at)
{
	if (!judgement->attributions)
		judgement->attributions =
			arena_array(judgement->arena, REMEMBERED, sizeof(*judgement->attributions));
	return &judgement->attributions[(created_at ^ image) & (REMEMBERED - 1)];
}

static const char *creator_path(struct judgement *judgement, struct address_space *space,
				uint32_t image, session_reference created_at)
{
	struct attribution *known = remembered(judgement, image, created_at);

	if (!created_at)
		return NULL;
	if (known->image != image || known->created_at != created_at)
		*known = (struct attribution){image, created_at,
					      find_creator(judgement, space, created_at)};
	return known->path;
}

static uint32_t image_of(const struct model *model, uint32_t process)
{
	const struct process_facts *facts = model_facts(model, process);

	return facts ? facts->image : process;
}

const char *attribute_creation(struct judgement *judgement, uint32_t process,
			       session_reference created_at, uint64_t start_routine)
{
	struct address_space *space = model_space(judgement->model, process);
	const char *path;

	if (!space)
		return NULL;
	path = creator_path(judgement, space, image_of(judgement->model, process), created_at);
	if (path || !start_routine)
		return path;
	path = space_module_path(space, start_routine);
	return path ? arena_strdup(judgement->arena, path) : NULL;
}

/* Nobody saw who created it: the code that it began in tells, unless anybody may begin there. */
static const char *attribute_unseen(struct judgement *judgement, uint32_t process,
				    const struct record_thread *thread)
{
	struct address_space *space = model_space(judgement->model, process);
	const struct record_thread *known = model_unseen(judgement->model, thread);
	uint64_t places[] = {known->start_routine, known->code};

	for (size_t i = 0; space && i < sizeof(places) / sizeof(*places); i++) {
		const char *path = places[i] ? space_module_path(space, places[i]) : NULL;

		if (path && !is_thread_starter(path))
			return arena_strdup(judgement->arena, path);
	}
	return NULL;
}

const char *attribute_thread_path(struct judgement *judgement, uint32_t process,
				  const struct record_thread *thread)
{
	if (thread->flags & THREAD_MAIN)
		return evidence_program(judgement, process);
	if (model_is_unseen(thread))
		return attribute_unseen(judgement, process, thread);
	return attribute_creation(judgement, process, thread->created_at, thread->start_routine);
}

/* Of one that nobody saw, and that is in nobody's code now: who starts threads for others. */
static const char *starter_of(struct judgement *judgement, uint32_t process,
			      const struct record_thread *thread)
{
	struct address_space *space = model_space(judgement->model, process);
	uint64_t start = model_unseen(judgement->model, thread)->start_routine;
	const char *path = space && start ? space_module_path(space, start) : NULL;

	return model_is_unseen(thread) && path ? arena_strdup(judgement->arena, path) : NULL;
}

const char *attribute_thread(struct judgement *judgement, uint32_t process,
			     const struct record_thread *thread)
{
	const char *path = attribute_thread_path(judgement, process, thread);

	return evidence_file_name(path ? path : starter_of(judgement, process, thread));
}
