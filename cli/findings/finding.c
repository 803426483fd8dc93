/* These are the words for findings, and their counts: pure functions over plain data. */
#include "finding.h"

size_t report_count(const struct report *report, enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (finding->severity == severity && !finding->suppressed)
			count++;
	}
	return count;
}

size_t report_count_proven(const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (finding->severity == SEVERITY_ERROR && !finding->suppressed &&
		    finding->certainty != CERTAINTY_PREDICTED &&
		    finding->certainty != CERTAINTY_SUSPECTED)
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
