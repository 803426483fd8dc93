/*
 * COPIED records are brought into pairs of a parent and its child here. Only the model is
 * read; the records are sorted once.
 */
#include "copied_state.h"
#include "base/library_names.h"
#include "evidence.h"
#include "python_evidence.h"
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
	const struct record_copied *one = *(const struct record_copied *const *)left;
	const struct record_copied *other = *(const struct record_copied *const *)right;

	if (one->identity != other->identity)
		return one->identity < other->identity ? -1 : 1;
	return (one->record.process > other->record.process) -
	       (one->record.process < other->record.process);
}

static size_t copied_state_collect(const struct model *model, bool (*concerns)(uint32_t kind),
				   const struct record_copied **records)
{
	const struct model_list *list = model_list(model, RECORD_COPIED);
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct record_copied *record = model_copied(model, list->references[i]);

		if (concerns(record->kind))
			records[count++] = record;
	}
	if (count)
		qsort(records, count, sizeof(*records), compare);
	return count;
}

/* The record of the same state by the parent of the process that wrote this one. */
static const struct record_copied *find_parent(const struct model *model,
					       const struct record_copied **records, size_t count,
					       const struct record_copied *child)
{
	const struct process_facts *process = model_facts(model, child->record.process);
	struct record_copied wanted = {.identity = child->identity};
	const struct record_copied *key = &wanted, *const * found;

	if (!process || process->kind != BIRTH_CHILD || !process->parent)
		return NULL;
	wanted.record.process = process->parent;
	found = bsearch(&key, records, count, sizeof(*records), compare);
	return found ? *found : NULL;
}

size_t copied_pairs(struct judgement *judgement, bool (*concerns)(uint32_t kind),
		    struct copied_pair **pairs)
{
	const struct model *model = judgement->model;
	size_t total = model_list(model, RECORD_COPIED)->count, count = 0;
	const struct record_copied **records;

	if (!total)
		return 0;
	records = arena_array(judgement->arena, total, sizeof(struct record_copied *));
	*pairs = arena_array(judgement->arena, total, sizeof(**pairs));
	total = copied_state_collect(model, concerns, records);
	for (size_t i = 0; i < total; i++) {
		const struct record_copied *parent = find_parent(model, records, total, records[i]);

		if (parent)
			(*pairs)[count++] = (struct copied_pair){parent, records[i]};
	}
	return count;
}

/* --- where ------------------------------------------------------------------- */

static bool is_of_the_system(const struct frame *frame)
{
	return library_is_of_libc(frame->module);
}

/* exit() does its work in libc. Where main() returned, nothing of the program is left. */
static void begin_at_program(struct frames *frames)
{
	while (frames->count && is_of_the_system(frames->list)) {
		frames->list++;
		frames->count--;
	}
	if (frames->count == 1 && frames->list->function &&
	    strcmp(frames->list->function, "_start") == 0)
		frames->count = 0;
}

/* By the interpreter at its end, mostly: its own frames say nothing. */
static bool wrote_alone(const struct record_copied *record)
{
	return record->flags & COPIED_PYTHON && !record->python;
}

static struct frames copied_state_stack_of(struct judgement *judgement,
					   const struct record_copied *record)
{
	uint32_t process = record->record.process;
	struct frames frames;

	if (wrote_alone(record))
		return (struct frames){.complete = true};
	frames = evidence_stack(judgement, process, record->stack);
	frames.python = python_evidence_at(judgement, process, record->python, record->stack);
	if (record->flags & COPIED_AT_EXIT)
		begin_at_program(&frames);
	return frames;
}

static const char *deed(const struct record_copied *record)
{
	if (record->kind != COPIED_OUTPUT)
		return "drew";
	if (wrote_alone(record))
		return "wrote them when no Python code ran";
	return record->flags & COPIED_AT_EXIT ? "wrote them by exit()" : "wrote them";
}

static double time_between(uint64_t start, uint64_t end)
{
	return end >= start ? (double)(end - start) / 1e6 : -1;
}

static void fill_parent(struct judgement *judgement, struct parent_part *part,
			const struct record_copied *record)
{
	const struct process_facts *process = model_facts(judgement->model, record->record.process);

	part->present = true;
	part->pid = process ? process->pid : -1;
	part->tid = record->tid;
	part->deed = deed(record);
	part->stack = copied_state_stack_of(judgement, record);
}

static void copied_state_fill_child(struct judgement *judgement, struct child_part *part,
				    const struct process_facts *process,
				    const struct record_copied *record)
{
	part->present = true;
	part->pid = process->pid;
	part->tid = record->tid;
	part->deed = deed(record);
	part->stack = copied_state_stack_of(judgement, record);
	part->after_ms = time_between(process->birth_ns, record->record.time_ns);
}

void copied_evidence(struct judgement *judgement, struct finding *finding,
		     const struct copied_pair *pair)
{
	const struct process_facts *process =
		model_facts(judgement->model, pair->child->record.process);

	evidence_fork(judgement, &finding->fork, process->fork, process);
	fill_parent(judgement, &finding->parent, pair->parent);
	copied_state_fill_child(judgement, &finding->child, process, pair->child);
}
