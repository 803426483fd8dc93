/* A judgement collects its findings here, in the report's arena. */
#include "findings/rules/rule.h"
#include <string.h>

struct finding *judgement_add(struct judgement *judgement, const struct rule *rule)
{
	struct finding *finding;

	if (judgement->count == judgement->capacity) {
		size_t capacity = judgement->capacity ? 2 * judgement->capacity : 16;
		struct finding *grown = arena_array(judgement->arena, capacity, sizeof(*grown));

		if (judgement->count)
			memcpy(grown, judgement->findings, judgement->count * sizeof(*grown));
		judgement->findings = grown;
		judgement->capacity = capacity;
	}
	finding = &judgement->findings[judgement->count++];
	memset(finding, 0, sizeof(*finding));
	finding->code = rule->code;
	finding->name = rule->name;
	finding->count = 1;
	return finding;
}
