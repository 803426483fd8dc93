/*
 * A finding gets its fingerprint here: a hash of its object and of the frames that the user or the
 * author of a package wrote. Runtimes are left out of it where there are any of those: their inner
 * functions differ from version to version.
 */
#include "finding_identity.h"
#include "base/library_names.h"
#include "finding_stacks.h"
#include "suppression_line.h"
#include <string.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return (hash ^ 0xff) * 0x100000001b3u;
}

static bool identity_is_same(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

/* Of a file without symbols, such as libgomp, how many functions deep a thread is says
 * nothing: it varies between runs. */
static bool is_deeper(const struct frame *frame, const struct frame *inner)
{
	return !frame->function && !inner->function &&
	       identity_is_same(frame->module, inner->module);
}

static bool is_of_runtime(const struct frame *frame)
{
	return frame->origin && frame->origin->kind == ORIGIN_RUNTIME;
}

static bool has_others(const struct frame *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_of_runtime(&list[i]))
			return true;
	return false;
}

/* A program may be copied under another name, and Cargo gives it one with a hash. */
static const char *module_word(struct judgement *judgement, const char *module)
{
	return module && !library_is_shared_object(module)
		       ? "program"
		       : library_family(judgement->arena, module);
}

static uint64_t hash_native(struct judgement *judgement, uint64_t hash, const struct frames *frames,
			    bool all)
{
	const struct frame *inner = NULL;

	for (size_t i = 0; i < frames->count; i++) {
		const struct frame *frame = &frames->list[i];

		if (!all && is_of_runtime(frame))
			continue;
		if (!inner || !is_deeper(frame, inner)) {
			hash = hash_text(hash, frame->function);
			hash = hash_text(hash, module_word(judgement, frame->module));
		}
		inner = frame;
	}
	return hash;
}

/* What the user's code called is what it meant to do: "Queue.get", "Event.wait". */
static bool is_entry_to_runtime(const struct python_frames *python, size_t index)
{
	return index + 1 < python->count && !is_of_runtime(&python->list[index + 1]);
}

static uint64_t hash_python(uint64_t hash, const struct python_frames *python, bool all)
{
	for (size_t i = 0; i < python->count; i++) {
		const struct frame *frame = &python->list[i];
		const char *path = frame->origin ? frame->origin->path : NULL;

		if (!all && is_of_runtime(frame) && !is_entry_to_runtime(python, i))
			continue;
		hash = hash_text(hash, frame->function);
		hash = hash_text(hash, path ? path : library_file_name(frame->file));
	}
	return hash;
}

static uint64_t hash_frames(struct judgement *judgement, uint64_t hash, const struct frames *frames)
{
	const struct python_frames *python = frames->python;
	bool all = !has_others(frames->list, frames->count) &&
		   !(python && has_others(python->list, python->count));

	hash = hash_native(judgement, hash, frames, all);
	return python ? hash_python(hash, python, all) : hash;
}

/* Stripes that one line takes, one after the other, are one finding and not hundreds. */
static uint64_t hash_lock(struct judgement *judgement, uint64_t hash, const struct finding *finding)
{
	const char *name = finding->lock.name, *inside = name ? strstr(name, "+0x") : NULL;

	hash = hash_text(hash, finding->lock.kind);
	if (!inside)
		return hash_text(hash, name);
	hash = hash_text(hash, arena_strndup(judgement->arena, name, (size_t)(inside - name)));
	return hash_frames(judgement, hash, &finding->holder.acquired_at);
}

static uint64_t hash_object(struct judgement *judgement, const struct finding *finding)
{
	uint64_t hash = hash_text(HASH_START, finding->code);

	hash = hash_lock(judgement, hash, finding);
	return hash_text(hash, finding->holder.start_routine);
}

static uint64_t hash_edge(struct judgement *judgement, const struct cycle_edge *edge)
{
	return hash_frames(judgement, hash_text(HASH_START, edge->waiting_in), &edge->stack);
}

/* Any of the processes of a ring may be found first, and there may be any number alike. */
static uint64_t hash_cycle(struct judgement *judgement, uint64_t hash,
			   const struct finding *finding)
{
	uint64_t *edges = arena_array(judgement->arena, finding->cycle_count, sizeof(*edges));
	uint64_t sum = 0;

	for (size_t i = 0; i < finding->cycle_count; i++) {
		size_t before = 0;

		edges[i] = hash_edge(judgement, &finding->cycle[i]);
		while (edges[before] != edges[i])
			before++;
		if (before == i)
			sum += edges[i];
	}
	return (hash ^ sum) * 0x100000001b3u;
}

/* The call that the program made is known by one name in all versions of a runtime. */
static uint64_t hash_wait(struct judgement *judgement, uint64_t hash, const struct finding *finding)
{
	hash = hash_frames(judgement, hash, &finding->fork.stack);
	hash = hash_text(hash, finding->child.waiting_in);
	return hash_frames(judgement, hash, &finding->child.stack);
}

static void mark_origins(struct frames *frames, void *context)
{
	struct judgement *judgement = context;

	origins_mark(&judgement->origins, judgement->arena, frames);
}

static void identify_as(struct judgement *judgement, struct finding *finding, uint64_t hash)
{
	finding->fingerprint = arena_printf(judgement->arena, "%s-%016llx", finding->code,
					    (unsigned long long)hash);
	finding->suppression = suppression_line(judgement->arena, finding, SUPPRESSION_USUAL);
}

void evidence_identify_by_holder(struct judgement *judgement, struct finding *finding)
{
	if (!finding->holder.acquired_at.count) {
		evidence_identify(judgement, finding);
		return;
	}
	finding_each_stack(finding, mark_origins, judgement);
	identify_as(judgement, finding,
		    hash_frames(judgement, hash_object(judgement, finding),
				&finding->holder.acquired_at));
}

void evidence_identify_by_fork(struct judgement *judgement, struct finding *finding)
{
	uint64_t hash = hash_text(HASH_START, finding->code);

	finding_each_stack(finding, mark_origins, judgement);
	hash = hash_text(hash, finding->package);
	if (finding->shared.present)
		hash = hash_text(hash, finding->shared.what);
	identify_as(judgement, finding, hash_frames(judgement, hash, &finding->fork.stack));
}

void evidence_identify(struct judgement *judgement, struct finding *finding)
{
	uint64_t hash;

	finding_each_stack(finding, mark_origins, judgement);
	hash = hash_object(judgement, finding);
	if (finding->copied.present)
		hash = hash_text(hash, finding->copied.what);
	hash = finding->cycle_count ? hash_cycle(judgement, hash, finding)
				    : hash_wait(judgement, hash, finding);
	identify_as(judgement, finding, hash);
}
