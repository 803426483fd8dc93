/*
 * FC001 for locks inside of libc: a child is quiescent inside a part of libc that threads
 * which it does not have were inside of at the fork. The watch has proven that it stays so,
 * and that the word it waits for is libc's own.
 */
#include "fc001_orphaned_region.h"
#include "findings/cures/cures.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/libc_regions.h"
#include "findings/evidence/lock_kinds.h"

static void orphaned_region_describe_lock(struct judgement *judgement, struct lock_part *lock,
					  uint32_t process, const struct libc_region *region,
					  uint64_t address)
{
	evidence_lock(judgement, lock, process, address, LOCK_REGION, NULL, 0, 0);
	/* The symbol is there only with libc's debug information. */
	lock->name = region->name;
}

static void describe_holder(struct judgement *judgement, struct holder_part *holder,
			    uint32_t process, const struct record_held *held)
{
	struct address_space *space = model_space(judgement->model, process);

	evidence_holder(judgement, holder, process, held);
	if (space)
		holder->inside = unwind_called_function(space, judgement->arena, held->site);
	if (!holder->inside)
		holder->inside = "libc";
}

static size_t count_inside(const struct model *model, const struct record_held *held)
{
	const struct model_list *list = model_list(model, RECORD_HELD);
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct record_held *other = model_held(model, list->references[i]);

		count += other->kind == LOCK_REGION && other->fork == held->fork &&
			 other->lock == held->lock;
	}
	return count;
}

static const char *repair_words(struct judgement *judgement, uint32_t process, uint64_t region)
{
	const char *version = libc_version_of(judgement->model, judgement->arena, process);

	if (libc_effect_on((enum region)region, version) != EFFECT_HANGS)
		return "";
	return arena_printf(judgement->arena,
			    " glibc %s does not make this lock anew in a fork child.", version);
}

static void orphaned_region_explain(struct judgement *judgement, struct finding *finding,
				    const struct libc_region *region,
				    const struct record_wait *wait, const struct record_held *held)
{
	const char *function = finding->child.waiting_in;
	size_t inside = count_inside(judgement->model, held);

	finding->message = arena_printf(
		judgement->arena,
		"child %d waits%s%s for libc's lock %s; its holder does not exist in the child.",
		finding->child.pid, function ? " in " : "", function ? function : "", region->name);
	finding->why = arena_printf(
		judgement->arena,
		"%s at the fork, and only the thread that forked exists in the child.%s",
		inside > 1 ? "several threads were inside this part of libc"
			   : "the thread was inside this part of libc",
		repair_words(judgement, wait->record.process, wait->lock));
	cure_finding(
		judgement, finding,
		&(struct cure_question){.situation = CURE_REGION, .detail = (uint32_t)wait->lock});
}

static void orphaned_region_report(struct judgement *judgement, const struct rule *rule,
				   const struct record_hang *hang, const struct record_wait *wait,
				   const struct record_held *held)
{
	const struct libc_region *region = libc_region(wait->lock);
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_ERROR;
	finding->certainty = hang->is_proven ? CERTAINTY_PROVEN : CERTAINTY_SUSPECTED;
	evidence_forks(judgement, finding, held->fork, model_facts(judgement->model, hang->serial));
	orphaned_region_describe_lock(judgement, &finding->lock, hang->serial, region,
				      hang->address);
	describe_holder(judgement, &finding->holder, hang->serial, held);
	evidence_hang(judgement, &finding->child, hang);
	/* Where it may not be stopped: from when it first came into this region. */
	if (!finding->child.stack.count)
		finding->child.stack = evidence_stack(judgement, wait->record.process, wait->stack);
	orphaned_region_explain(judgement, finding, region, wait, held);
	evidence_identify(judgement, finding);
}

const struct record_wait *region_wait_of(const struct model *model, const struct record_hang *hang,
					 const struct record_held **held)
{
	const struct record_wait *wait = model_wait(model, hang->wait);

	*held = wait ? model_held(model, wait->held) : NULL;
	if (hang->evidence != EVIDENCE_HOLDER || !*held || wait->kind != LOCK_REGION ||
	    !libc_region(wait->lock))
		return NULL;
	return wait;
}

void judge_orphaned_regions(struct judgement *judgement, const struct rule *rule)
{
	const struct model_list *hangs = model_list(judgement->model, RECORD_HANG);

	for (size_t i = 0; i < hangs->count; i++) {
		const struct record_hang *hang = model_last_hang(judgement->model, i);
		const struct record_held *held;
		const struct record_wait *wait =
			hang ? region_wait_of(judgement->model, hang, &held) : NULL;

		if (wait)
			orphaned_region_report(judgement, rule, hang, wait, held);
	}
}
