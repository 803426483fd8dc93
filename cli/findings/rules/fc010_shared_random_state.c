/*
 * FC010: parent and child have both drawn random numbers from the state that a
 * generator of libc had at the fork, so that they got the same ones. One that was
 * never seeded gives the same numbers in every run: who draws from that knows.
 */
#include "findings/cures/cures.h"
#include "findings/evidence/copied_state.h"
#include "findings/evidence/evidence.h"

static bool is_random(uint32_t kind)
{
	return kind == COPIED_RANDOM || kind == COPIED_RAND48;
}

static void shared_random_state_report(struct judgement *judgement, const struct rule *rule,
				       const struct copied_pair *pair)
{
	bool is_rand48 = pair->child->kind == COPIED_RAND48;
	struct finding *finding = judgement_add(judgement, rule);

	finding->severity = SEVERITY_WARNING;
	finding->certainty = CERTAINTY_OBSERVED;
	copied_evidence(judgement, finding, pair);
	finding->copied.present = true;
	finding->copied.what = is_rand48 ? "drand48" : "random";
	finding->copied.descriptor = -1;
	finding->message = arena_printf(
		judgement->arena, "parent and child drew the same numbers from %s after a fork.",
		is_rand48 ? "drand48(), lrand48() or mrand48()" : "rand() or random()");
	finding->why = "fork() copies the state of the generator, and neither seeded it again: "
		       "both go on with the same sequence.";
	cure_finding(
		judgement, finding,
		&(struct cure_question){.situation = CURE_RANDOM, .detail = pair->child->kind});
	evidence_identify(judgement, finding);
}

void judge_shared_random_state(struct judgement *judgement, const struct rule *rule)
{
	struct copied_pair *pairs;
	size_t count = copied_pairs(judgement, is_random, &pairs);

	for (size_t i = 0; i < count; i++)
		if (!(pairs[i].child->flags & COPIED_UNSEEDED))
			shared_random_state_report(judgement, rule, &pairs[i]);
}
