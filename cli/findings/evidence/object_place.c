/*
 * A word that no symbol covers is described by the memory that it is in: a frame of the stack
 * that waits, the data of another thread, the heap, a file that is mapped.
 */
#include "object_place.h"
#include "base/library_names.h"
#include "base/same_text.h"
#include "evidence.h"
#include "fork_line.h"
#include "lock_kinds.h"
#include "python_evidence.h"
#include <string.h>

#define ZERO "/dev/zero "

static const struct record_place *find_place(const struct model *model,
					     const struct record_hang *hang, uint64_t address)
{
	const struct model_list *list = model_list(model, RECORD_PLACE);

	for (size_t i = list->count; i-- > 0;) {
		const struct record_place *place = model_place(model, list->references[i]);

		if (place->serial == hang->serial && place->address == address)
			return place;
	}
	return NULL;
}

/* What was inlined has no stack of its own: the function that it is in has. */
static const struct frame *frame_around(const struct frames *stack, uint64_t address)
{
	const struct frame *inner = NULL;

	for (size_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->list[i];

		if (!frame->sp || frame->inlined)
			continue;
		if (inner && address >= inner->sp && address < frame->sp)
			return inner;
		inner = frame;
	}
	return NULL;
}

static const struct record_thread *in_mapping(const struct record_thread *thread,
					      const struct record_place *place, uint64_t address)
{
	bool is_below = thread && address < thread->self && thread->self >= place->start &&
			thread->self < place->end;

	return is_below ? thread : NULL;
}

/* glibc puts a thread's own data and its stack below its pthread_t, in one mapping. */
static const struct record_thread *thread_around(const struct model *model,
						 const struct record_hang *hang,
						 const struct record_place *place)
{
	const struct record_fork *fork = model_fork(model, hang->fork);
	const struct record_thread *found = NULL;
	struct fork_link link;
	bool more = fork_line_begin(model, &link, hang->fork, model_facts(model, hang->serial));

	if (fork)
		found = in_mapping(model_thread(model, fork->thread), place, place->address);
	for (; more && !found; more = fork_line_next(model, &link))
		for (uint32_t i = 0; link.lost && i < link.lost->count && !found; i++)
			found = in_mapping(model_thread(model, link.lost->threads[i]), place,
					   place->address);
	return found;
}

static const char *thread_words(struct judgement *judgement, const struct record_thread *thread)
{
	const char *python_name = python_evidence_name(judgement, thread);

	if (python_name)
		return arena_printf(judgement->arena, "\"%s\"", python_name);
	thread = model_unseen(judgement->model, thread);
	return arena_printf(judgement->arena, "\"%.*s\"",
			    (int)strnlen(thread->name, sizeof(thread->name)), thread->name);
}

static const char *words_of_thread(struct judgement *judgement, const struct record_hang *hang,
				   const struct record_place *place)
{
	const struct record_thread *thread = thread_around(judgement->model, hang, place);

	if (!thread)
		return "in allocated memory";
	return arena_printf(judgement->arena, "in %s of thread %s",
			    thread->flags & THREAD_MAIN ? "thread-local data"
							: "the stack, or the thread-local data,",
			    thread_words(judgement, thread));
}

static const char *words_of_shared(struct judgement *judgement, const struct record_place *place)
{
	/* Nobody gave it a name. */
	if (place->name_length >= sizeof(ZERO) - 1 &&
	    strncmp(place->name, ZERO, sizeof(ZERO) - 1) == 0)
		return "in shared memory";
	return arena_printf(judgement->arena, "in shared memory %.*s", (int)place->name_length,
			    place->name);
}

static const char *words_of_mapping(struct judgement *judgement, const struct record_hang *hang,
				    const struct record_place *place)
{
	switch (place->kind) {
	case PLACE_HEAP:
		return "on the heap";
	case PLACE_STACK:
		return "on the stack of the first thread";
	case PLACE_SHARED:
		return words_of_shared(judgement, place);
	case PLACE_FILE:
		return arena_printf(judgement->arena, "in the memory of %.*s",
				    (int)place->name_length, place->name);
	default:
		return words_of_thread(judgement, hang, place);
	}
}

static bool is_runtimes(const struct frame *frame)
{
	return !frame->function || library_is_libc(frame->module) ||
	       (frame->origin && frame->origin->kind == ORIGIN_RUNTIME);
}

static const char *first_own_function(const struct frame *list, size_t count,
				      const char *interpreter)
{
	for (size_t i = 0; i < count; i++) {
		if (interpreter && same_text(list[i].module, interpreter))
			return NULL;
		if (!is_runtimes(&list[i]))
			return list[i].function;
	}
	return NULL;
}

/* Below the interpreter it is Python that waits. */
static const char *find_user(struct judgement *judgement, struct frames *stack)
{
	const struct python_frames *python = stack->python;
	const char *found;

	origins_mark(&judgement->origins, judgement->arena, stack);
	found = first_own_function(stack->list, stack->count, python ? python->module : NULL);
	if (!found && python)
		found = first_own_function(python->list, python->count, NULL);
	return found;
}

/* Up to 3.12 CPython builds its locks on semaphores; who writes Python knows of none. */
static bool is_lock_of_python(const struct frames *stack, const struct lock_part *lock)
{
	size_t inner = 0;

	while (inner < stack->count && library_is_libc(stack->list[inner].module))
		inner++;
	return stack->python && stack->python->count && stack->python->module &&
	       inner < stack->count && !lock->attributes &&
	       same_text(lock->kind, lock_kind_facts(LOCK_SEMAPHORE)->name) &&
	       same_text(stack->list[inner].module, stack->python->module);
}

void object_place_on_stack(struct judgement *judgement, struct finding *finding)
{
	struct lock_part *lock = &finding->lock;
	const struct frame *frame = frame_around(&finding->child.stack, lock->address);

	if (lock->name)
		return;
	if (frame && frame->function)
		lock->place =
			arena_printf(judgement->arena, "on its stack, in %s", frame->function);
	lock->user = find_user(judgement, &finding->child.stack);
	if (is_lock_of_python(&finding->child.stack, lock))
		lock->attributes = "a lock of Python's";
}

void object_place(struct judgement *judgement, struct finding *finding,
		  const struct record_hang *hang)
{
	struct lock_part *lock = &finding->lock;
	/* Of a lock whose waiters each wait on a word of their own, or of that word. */
	const struct record_place *place = find_place(judgement->model, hang, lock->address);

	if (!place)
		place = find_place(judgement->model, hang, hang->address);
	object_place_on_stack(judgement, finding);
	if (place && !lock->name && !lock->place && !lock->module)
		lock->place = words_of_mapping(judgement, hang, place);
}

/*
 * What is waited for by a function of libc, and from where in it to the words that are waited on, 0
 * at the end of those that come behind another one. Of a condition variable glibc waits on
 * __g_signals, which were 40 bytes into it up to 2.40, and are 32 since, and who signals, up to
 * 2.40, on __g_refs; a barrier's is current_round.
 */
static const struct awaited_kind {
	const char *function;
	enum lock_kind kind;
	uint64_t words[4];
} awaited_kinds[] = {
	{"sem_", LOCK_SEMAPHORE, {0}},
	{"pthread_cond_signal", LOCK_CONDITION, {16, 20}},
	{"pthread_cond_broadcast", LOCK_CONDITION, {16, 20}},
	{"pthread_cond_destroy", LOCK_CONDITION, {36, 28}},
	{"pthread_cond_", LOCK_CONDITION, {40, 44, 32, 36}},
	{"cnd_", LOCK_CONDITION, {40, 44, 32, 36}},
	{"pthread_barrier_wait", LOCK_BARRIER, {4}},
	{"pthread_rwlock_", LOCK_RWLOCK, {8, 12, 0}},
	{"pthread_mutex_lock", LOCK_MUTEX, {0}},
	{"__cxa_guard_acquire", LOCK_GUARD, {0}},
};

static const struct awaited_kind *kind_of_function(const char *function)
{
	for (size_t i = 0; function && i < sizeof(awaited_kinds) / sizeof(*awaited_kinds); i++)
		if (strncmp(function, awaited_kinds[i].function,
			    strlen(awaited_kinds[i].function)) == 0)
			return &awaited_kinds[i];
	return NULL;
}

static const struct awaited_kind *kind_of_wait(const struct child_part *child)
{
	const struct awaited_kind *kind = kind_of_function(child->waiting_in);

	for (size_t i = 0;
	     !kind && i < child->stack.count && library_is_libc(child->stack.list[i].module); i++)
		kind = kind_of_function(child->stack.list[i].function);
	return kind;
}

/* A variable begins there, or else the word lies as it does in one. */
static uint64_t object_around(struct judgement *judgement, uint32_t process,
			      const struct awaited_kind *kind, uint64_t word)
{
	struct address_space *space = model_space(judgement->model, process);

	for (size_t i = 0; space && i < sizeof(kind->words) / sizeof(*kind->words); i++) {
		uint64_t address = word - kind->words[i];
		const char *name = symbolize_data(space, judgement->arena, address).name;

		if (name && !strchr(name, '+'))
			return address;
	}
	return word - kind->words[kind->kind == LOCK_CONDITION && word % 8 ? 1 : 0];
}

void object_place_of_futex(struct judgement *judgement, struct finding *finding,
			   const struct record_hang *hang)
{
	const struct awaited_kind *kind = kind_of_wait(&finding->child);
	uint64_t address = hang->address;

	if (!find_place(judgement->model, hang, hang->address))
		return;
	if (kind)
		address = object_around(judgement, hang->serial, kind, address);
	evidence_lock(judgement, &finding->lock, hang->serial, address,
		      kind ? kind->kind : LOCK_FUTEX, NULL, 0, 0);
	object_place(judgement, finding, hang);
}

const char *object_place_in_ring(struct judgement *judgement, const struct record_ring *ring)
{
	struct model *model = judgement->model;
	const struct model_list *list = model_list(model, RECORD_PLACE);
	struct address_space *space = model_space(model, ring->serial);

	for (size_t i = list->count; i-- > 0;) {
		const struct record_place *place = model_place(model, list->references[i]);
		const char *name;

		if (place->serial != ring->serial || place->tid != ring->tid)
			continue;
		name = space ? symbolize_data(space, judgement->arena, place->address).name : NULL;
		if (name)
			return arena_printf(judgement->arena, "%s in shared memory", name);
		return place->kind == PLACE_SHARED ? words_of_shared(judgement, place) : NULL;
	}
	return NULL;
}
