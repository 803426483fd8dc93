/*
 * A repair is a TOUCH record by which a child made a lock anew that a HELD record says a lost
 * thread had: what the child takes from then on is its own.
 */
#include "repairs.h"
#include "evidence/evidence.h"
#include "evidence/lock_kinds.h"
#include "headline.h"

static const struct record_held *repaired_lock(const struct model *model,
					       const struct record_touch *touch)
{
	const struct record_held *held = model_held(model, touch->held);

	if (!held || held->flags & (HELD_BY_FORKER | HELD_IN_SHARED_MEMORY))
		return NULL;
	if (touch->operation == OPERATION_OVERWRITTEN)
		return held;
	return touch->operation == OPERATION_INIT && touch->result == 0 ? held : NULL;
}

static const char *repair_words(struct judgement *judgement, const struct record_touch *touch)
{
	const char *function = lock_function(touch->kind, touch->operation);

	if (touch->operation == OPERATION_OVERWRITTEN || !function)
		return "wrote another state over it";
	return arena_printf(judgement->arena, "called %s() for it", function);
}

static void repairs_fill(struct judgement *judgement, struct finding *finding,
			 const struct record_touch *touch, const struct record_held *held)
{
	const struct process_facts *child = model_facts(judgement->model, touch->record.process);

	evidence_forks(judgement, finding, held->fork, child);
	evidence_lock(judgement, &finding->lock, held->record.process, held->lock, held->kind,
		      held->state, held->state_length, held->initialised);
	evidence_holder(judgement, &finding->holder, held->record.process, held);
	finding->child.present = child != NULL;
	finding->child.pid = child ? child->pid : -1;
	finding->message = repair_words(judgement, touch);
	evidence_identify(judgement, finding);
	headline_fill(judgement->arena, finding);
}

void repairs_find(struct model *model, struct arena *arena, struct finding **repairs, size_t *count)
{
	const struct model_list *list = model_list(model, RECORD_TOUCH);
	struct judgement judgement = {.model = model, .arena = arena};

	*repairs = arena_array(arena, list->count, sizeof(**repairs));
	*count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct record_touch *touch = model_touch(model, list->references[i]);
		const struct record_held *held = repaired_lock(model, touch);

		if (!held)
			continue;
		(*repairs)[*count].code = "";
		repairs_fill(&judgement, &(*repairs)[(*count)++], touch, held);
	}
}
