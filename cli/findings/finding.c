/* These are the words for findings, and their counts: pure functions over plain data. */
#include "finding.h"

bool finding_counts(const struct finding *finding)
{
	return !finding->suppressed && !finding->is_known;
}

bool finding_is_shown(const struct report *report, const struct finding *finding)
{
	return finding_counts(finding) &&
	       (finding->severity != SEVERITY_NOTE || report->show_notes);
}

static bool has_happened(const struct finding *finding)
{
	return finding->certainty != CERTAINTY_PREDICTED &&
	       finding->certainty != CERTAINTY_SUSPECTED;
}

bool finding_fails(const struct finding *finding, const struct fail_limit *limit)
{
	if (limit->never || !finding_counts(finding))
		return false;
	if (limit->only_proven)
		return finding->severity == SEVERITY_ERROR && has_happened(finding);
	return finding->severity >= limit->severity;
}

bool finding_tells_of_wait(const struct finding *finding)
{
	const struct child_part *child = &finding->child;

	return finding->severity == SEVERITY_ERROR ||
	       (child->present && !child->deed && !child->gave_up);
}

size_t report_count(const struct report *report, enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (finding->severity == severity && finding_counts(finding))
			count++;
	}
	return count;
}

size_t report_count_suppressed(const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].suppressed)
			count++;
	return count;
}

size_t report_count_known(const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->finding_count; i++)
		if (report->findings[i].is_known && !report->findings[i].suppressed)
			count++;
	return count;
}

const char *severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_NOTE:
		return "note";
	case SEVERITY_WARNING:
		return "warning";
	case SEVERITY_ERROR:
		return "error";
	}
	return "unknown";
}

const char *certainty_name(enum certainty certainty)
{
	switch (certainty) {
	case CERTAINTY_PROVEN:
		return "proven";
	case CERTAINTY_OBSERVED:
		return "observed";
	case CERTAINTY_CONFIRMED:
		return "confirmed";
	case CERTAINTY_PREDICTED:
		return "predicted";
	case CERTAINTY_WITHDRAWN:
		return "withdrawn";
	case CERTAINTY_SUSPECTED:
		return "suspected";
	}
	return "unknown";
}
