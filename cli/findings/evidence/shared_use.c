/*
 * SHARED_USE records are brought into pairs here. Only the model is read, the words that change
 * later on excepted; the records are sorted once.
 */
#include "shared_use.h"
#include <stdlib.h>

/* Ancestors that are looked for, of two together. */
#define STEPS_MAX 128
/* Of one thing. A server's first children say it all. */
#define USES_MAX 128

struct use {
	const struct record_shared_use *record;
	uint64_t last_ns;
	bool is_read;
};

static int by_identity(const void *left, const void *right)
{
	const struct use *one = left, *other = right;

	if (one->record->identity != other->record->identity)
		return one->record->identity < other->record->identity ? -1 : 1;
	return (one->record->record.process > other->record->record.process) -
	       (one->record->record.process < other->record->record.process);
}

/* --- who descends from whom ------------------------------------------------------ */

/* Two lines of ancestors, walked up to where they meet. */
struct walk {
	uint32_t at;
	const struct process_facts *born; /* the last birth that was passed; NULL: none */
};

static bool walk_up(const struct model *model, struct walk *walk)
{
	walk->born = model_facts(model, walk->at);
	/* A child's serial is the greater one, whatever a stranger writes. */
	if (!walk->born || walk->born->kind != BIRTH_CHILD || walk->born->parent >= walk->at)
		return false;
	walk->at = walk->born->parent;
	return true;
}

static bool find_meeting(const struct model *model, struct walk *one, struct walk *other)
{
	for (int steps = 0; one->at != other->at; steps++)
		if (steps == STEPS_MAX || !walk_up(model, one->at > other->at ? one : other))
			return false;
	return true;
}

/* --- who used it after whose birth ----------------------------------------------- */

/* A call that a fork came into counts for neither side; of a sibling's it says enough. */
static bool is_used_after(const struct use *use, const struct process_facts *born, bool is_sibling)
{
	uint64_t since = is_sibling ? use->record->record.time_ns : use->record->since_ns;

	return since >= born->birth_ns || use->last_ns > born->birth_ns;
}

static bool both_used(const struct model *model, const struct use *one, const struct use *other,
		      struct shared_pair *pair)
{
	struct walk up = {.at = one->record->record.process};
	struct walk other_up = {.at = other->record->record.process};

	if (!find_meeting(model, &up, &other_up))
		return false;
	/* An ancestor is no child, and the elder of two is not the one to tell of. */
	if (!up.born || !is_used_after(other, up.born, other_up.born != NULL) ||
	    (other_up.born &&
	     (!is_used_after(one, other_up.born, true) || other_up.born->serial > up.born->serial)))
		return false;
	*pair = (struct shared_pair){one->record, other->record, up.born, other_up.born != NULL};
	return true;
}

/* --- one pair for a process and a thing ------------------------------------------ */

static bool is_read(const struct use *uses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (uses[i].is_read)
			return true;
	return false;
}

/* The taking of what is meant for the other weighs more, and an ancestor more than a sibling. */
static bool is_better(const struct shared_pair *one, const struct shared_pair *other)
{
	if (!other->child)
		return true;
	if (one->child->way != other->child->way)
		return one->child->way == SHARED_READS;
	return !one->are_siblings && other->are_siblings;
}

static struct shared_pair best_pair(const struct model *model, const struct use *uses, size_t count,
				    uint32_t process)
{
	bool with_writers = is_read(uses, count);
	struct shared_pair best = {.child = NULL}, pair;

	for (size_t i = 0; i < count; i++) {
		const struct use *use = &uses[i];

		if (use->record->record.process != process ||
		    (use->record->way == SHARED_WRITES && !with_writers))
			continue;
		for (size_t j = 0; j < count; j++)
			if (uses[j].record->record.process != process &&
			    uses[j].record->way == use->record->way &&
			    both_used(model, use, &uses[j], &pair) && is_better(&pair, &best))
				best = pair;
	}
	return best;
}

static size_t pairs_of_one(const struct model *model, const struct use *uses, size_t count,
			   struct shared_pair *pairs)
{
	size_t found = 0;

	if (count > USES_MAX)
		count = USES_MAX;
	for (size_t i = 0; i < count; i++) {
		uint32_t process = uses[i].record->record.process;

		if (i && uses[i - 1].record->record.process == process)
			continue;
		pairs[found] = best_pair(model, uses, count, process);
		found += pairs[found].child != NULL;
	}
	return found;
}

static struct use look_at(const struct reader *reader, session_reference reference,
			  const struct record_shared_use *record)
{
	return (struct use){record, reader_shared_last(reader, reference),
			    record->way == SHARED_READS ||
				    reader_shared_is_read(reader, reference)};
}

static size_t shared_use_collect(const struct model *model, struct use *uses)
{
	const struct model_list *list = model_list(model, RECORD_SHARED_USE);
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct record_shared_use *use = model_shared_use(model, list->references[i]);

		if (use->kind && use->kind < SHARED_KINDS && use->way < SHARED_WAYS)
			uses[count++] = look_at(model->reader, list->references[i], use);
	}
	if (count)
		qsort(uses, count, sizeof(*uses), by_identity);
	return count;
}

size_t shared_pairs(struct judgement *judgement, struct shared_pair **pairs)
{
	const struct model *model = judgement->model;
	size_t total = model_list(model, RECORD_SHARED_USE)->count, count = 0, end;
	struct use *uses;

	if (!total)
		return 0;
	uses = arena_array(judgement->arena, total, sizeof(*uses));
	*pairs = arena_array(judgement->arena, total, sizeof(**pairs));
	total = shared_use_collect(model, uses);
	for (size_t i = 0; i < total; i = end) {
		end = i + 1;
		while (end < total && uses[end].record->identity == uses[i].record->identity)
			end++;
		count += pairs_of_one(model, &uses[i], end - i, *pairs + count);
	}
	return count;
}
