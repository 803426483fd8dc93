/*
 * Each line that a report suggests for a suppressions file is tried here on all findings of the
 * report, by the code that will read it.
 */
#include "narrow.h"
#include "evidence/suppression_line.h"
#include "suppressions.h"
#include <string.h>

/* Trying costs the square of their number: beyond, the fingerprint tells them apart untried. */
#define TRIED_MAX 200

/* It hides this finding, and no other. */
static bool is_narrow(const struct finding *findings, size_t count, const struct finding *own,
		      const char *line)
{
	struct suppressions *suppressions = suppressions_new();
	bool result;

	suppressions_add(suppressions, line);
	result = suppressions_match(suppressions, own);
	for (size_t i = 0; i < count && result; i++)
		result = strcmp(findings[i].fingerprint, own->fingerprint) == 0 ||
			 !suppressions_match(suppressions, &findings[i]);
	suppressions_free(suppressions);
	return result;
}

static const char *narrowest_needed(struct arena *arena, const struct finding *findings,
				    size_t count, const struct finding *own)
{
	enum narrowness narrowness = count > TRIED_MAX ? SUPPRESSION_EXACT : SUPPRESSION_USUAL;
	const char *line = suppression_line(arena, own, narrowness);

	while (narrowness < SUPPRESSION_EXACT && !is_narrow(findings, count, own, line))
		line = suppression_line(arena, own, ++narrowness);
	return line;
}

void suppressions_narrow(struct arena *arena, struct finding *findings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		findings[i].suppression = narrowest_needed(arena, findings, count, &findings[i]);
}
