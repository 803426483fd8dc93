/*
 * The places that forked are told here. Each stack is looked up once, however often it came, and
 * stacks that a reader would call the same place become one.
 */
#include "fork_sites.h"
#include "evidence/evidence.h"
#include "headline_place.h"
#include <stdlib.h>
#include <string.h>

/* A FORK record by what its place is told from. */
struct fork_key {
	uint32_t image;
	session_reference stack, python;
	uint32_t function;
	session_reference reference;
	uint64_t count;
};

static int compare_numbers(uint64_t one, uint64_t other)
{
	return (one > other) - (one < other);
}

static int compare_keys(const void *left, const void *right)
{
	const struct fork_key *one = left, *other = right;
	int result = compare_numbers(one->image, other->image);

	if (result == 0)
		result = compare_numbers(one->stack, other->stack);
	if (result == 0)
		result = compare_numbers(one->python, other->python);
	if (result == 0)
		result = compare_numbers(one->function, other->function);
	return result;
}

/* Texts that are unknown come first. */
static int compare_texts(const char *one, const char *other)
{
	if (!one || !other)
		return (one != NULL) - (other != NULL);
	return strcmp(one, other);
}

static int compare_frames(const struct frame *one, const struct frame *other)
{
	int result;

	if (!one || !other)
		return (one != NULL) - (other != NULL);
	result = compare_texts(one->file, other->file);
	if (result == 0)
		result = one->line - other->line;
	if (result == 0)
		result = compare_texts(one->function, other->function);
	if (result == 0 && !one->file)
		result = compare_texts(one->module, other->module);
	return result;
}

int fork_sites_compare(const void *left, const void *right)
{
	const struct fork_site *one = left, *other = right;
	int result = compare_texts(one->program, other->program);

	if (result == 0)
		result = compare_frames(one->frame, other->frame);
	return result ? result : compare_texts(one->function, other->function);
}

size_t fork_sites_join(struct fork_site *sites, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(sites, count, sizeof(*sites), fork_sites_compare);
	for (size_t i = 0; i < count; i++) {
		if (kept && fork_sites_compare(&sites[kept - 1], &sites[i]) == 0)
			sites[kept - 1].count += sites[i].count;
		else
			sites[kept++] = sites[i];
	}
	return kept;
}

static struct fork_key key_of(const struct model *model, session_reference reference)
{
	const struct record_fork *fork = model_fork(model, reference);
	const struct process_facts *parent = model_facts(model, fork->parent);

	return (struct fork_key){.image = parent ? parent->image : 0,
				 .stack = fork->stack,
				 .python = fork->python,
				 .function = fork->function,
				 .reference = reference,
				 .count = reader_count(model->reader, reference)};
}

/* What was seen only of its child has no place. */
static size_t list_keys(const struct model *model, struct fork_key *keys)
{
	const struct model_list *forks = model_list(model, RECORD_FORK);
	size_t count = 0;

	for (size_t i = 0; i < forks->count; i++) {
		keys[count] = key_of(model, forks->references[i]);
		count += keys[count].function != FORK_OUTSIDE;
	}
	return count;
}

/* Returns how many are left: one for each stack. */
static size_t join_keys(struct fork_key *keys, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < count; i++) {
		if (kept && compare_keys(&keys[kept - 1], &keys[i]) == 0)
			keys[kept - 1].count += keys[i].count;
		else
			keys[kept++] = keys[i];
	}
	return kept;
}

static struct fork_site site_at(struct judgement *judgement, const struct fork_key *key)
{
	struct fork_part part = {.present = false};

	evidence_fork(judgement, &part, key->reference, NULL);
	return (struct fork_site){.program = part.program,
				  .function = part.function,
				  .frame = headline_place(judgement->arena, &part.stack).frame,
				  .count = key->count};
}

void fork_sites_fill(struct model *model, struct arena *arena, struct report *report)
{
	struct judgement judgement = {.model = model, .arena = arena};
	size_t forks = model_list(model, RECORD_FORK)->count;
	struct fork_key *keys = arena_array(arena, forks, sizeof(*keys));
	size_t count = join_keys(keys, list_keys(model, keys));
	struct fork_site *sites = arena_array(arena, count, sizeof(*sites));

	for (size_t i = 0; i < count; i++)
		sites[i] = site_at(&judgement, &keys[i]);
	report->fork_sites = sites;
	report->fork_site_count = fork_sites_join(sites, count);
}
