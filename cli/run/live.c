/*
 * Hangs are printed here when they are found, for a person who reads along. Findings with the
 * same fingerprint are one: it is printed in full for the first process only. A stream that
 * cannot be written to (its terminal or its reader is gone) is nobody's to hear of.
 */
#include "live.h"
#include "outputs.h"
#include "report/formats.h"
#include <string.h>

void live_init(struct live *live, const struct options *options, FILE *stream)
{
	*live = (struct live){.options = options, .stream = stream};
}

void live_release(struct live *live)
{
	hung_release(&live->hung);
}

static bool is_about(const struct hung *entry, const char *fingerprint)
{
	return strcmp(entry->fingerprint, fingerprint) == 0;
}

/* The process for which a finding was printed in full; NULL: for none. */
static const struct hung *find_printed(const struct live *live, const char *fingerprint)
{
	for (size_t i = 0; i < live->hung.count; i++)
		if (live->hung.list[i].is_printed && is_about(&live->hung.list[i], fingerprint))
			return &live->hung.list[i];
	return NULL;
}

/* Some process was said to hang so, beyond doubt. */
static bool is_known_as_proven(const struct live *live, const char *fingerprint)
{
	for (size_t i = 0; i < live->hung.count; i++)
		if (live->hung.list[i].certainty == CERTAINTY_PROVEN &&
		    is_about(&live->hung.list[i], fingerprint))
			return true;
	return false;
}

static bool print(const struct live *live, const struct finding *finding)
{
	struct render_options look;

	if (!live->stream)
		return false;
	look = outputs_look(live->options, live->stream);
	render_text_finding(live->stream, finding, &look);
	fflush(live->stream);
	return true;
}

/* "forkcheck: error FC002 lost-wakeup: child 4311 ...". In one piece: the stream is
 * not buffered, and the program writes to it too. */
static void print_line(const struct live *live, const struct hung *entry, const char *what,
		       const char *more)
{
	if (!live->stream)
		return;
	fprintf(live->stream, "forkcheck: %s %s %s: %s %d %s%s\n", severity_name(entry->severity),
		entry->code, entry->name, entry->who, entry->known_pid, what, more);
	fflush(live->stream);
}

static const char *action_words(const char *action)
{
	static const struct {
		const char *action, *words;
	} table[] = {
		{"killed", "; forkcheck killed it"},
		{"stopped", "; forkcheck stopped it"},
		{"aborted", "; forkcheck aborted it"},
	};

	for (size_t i = 0; action && i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].action, action) == 0)
			return table[i].words;
	return "";
}

/* The first process that is found to hang in this way. */
static void tell_first(struct live *live, struct hung *entry, const struct finding *finding,
		       bool was_proven)
{
	if (finding->is_known) {
		print_line(live, entry, "hangs, as in the baseline", action_words(finding->action));
	} else if (!find_printed(live, finding->fingerprint)) {
		if (print(live, finding))
			hung_note_printed(entry, finding);
	} else if (entry->certainty == CERTAINTY_PROVEN && !was_proven) {
		print_line(live, entry, "is proven to hang in the same way",
			   action_words(finding->action));
	}
}

/* Told before, and told again: judged anew, or acted upon by now. */
static void tell_again(struct live *live, struct hung *entry, const struct finding *finding)
{
	bool is_proof = finding->certainty == CERTAINTY_PROVEN;
	const char *done = entry->action ? "" : action_words(finding->action);

	entry->severity = finding->severity;
	if (is_proof && entry->certainty != CERTAINTY_PROVEN)
		print_line(live, entry, "is now proven to hang", done);
	else if (*done)
		print_line(live, entry, "hangs", done);
	entry->certainty = finding->certainty;
}

void live_tell(struct live *live, const struct hang *hang, int known_pid,
	       const struct finding *finding)
{
	struct hung *entry = hung_find(&live->hung, hang->serial);
	bool was_proven = is_known_as_proven(live, finding->fingerprint);

	if (entry && is_about(entry, finding->fingerprint)) {
		tell_again(live, entry, finding);
	} else {
		/* Another reason was found for the same hang: the old one does not hold. */
		if (entry)
			hung_forget(&live->hung, entry);
		entry = hung_note(&live->hung, hang, known_pid, finding);
		if (!entry)
			return;
		tell_first(live, entry, finding, was_proven);
	}
	if (finding->action)
		hung_note_action(entry, finding->action);
}

void live_withdraw(struct live *live, uint32_t serial)
{
	struct hung *entry = hung_find(&live->hung, serial);

	if (!entry)
		return;
	/* Where only another process was named, there is nothing to take back. */
	if (entry->is_printed)
		print_line(live, entry, "goes on: it does not hang, and this is withdrawn", "");
	hung_forget(&live->hung, entry);
}

/* When it was printed nobody knew the findings that came later. */
static void finish_suppression(const struct live *live, const struct hung *printed,
			       const struct finding *finding)
{
	if (printed->suppression && finding->suppression &&
	    strcmp(printed->suppression, finding->suppression) != 0)
		fprintf(live->stream,
			"forkcheck: %s %d (%s): its line above may hide others; use this one:\n"
			"  suppress: %s\n",
			printed->who, printed->known_pid, finding->code, finding->suppression);
}

static int finish_printed(const struct live *live, const struct hung *printed,
			  const struct finding *finding)
{
	if (finding->certainty == CERTAINTY_PROVEN &&
	    !is_known_as_proven(live, finding->fingerprint))
		fprintf(live->stream, "forkcheck: %s %s %s: %s %d is proven to hang\n",
			severity_name(finding->severity), finding->code, finding->name,
			printed->who,
			finding->child.present ? finding->child.pid : printed->known_pid);
	if (finding->count > 1)
		fprintf(live->stream, "forkcheck: %s %s: seen %llu times in all\n", finding->code,
			finding->name, (unsigned long long)finding->count);
	finish_suppression(live, printed, finding);
	return 0;
}

static bool live_is_shown(const struct live *live, const struct finding *finding)
{
	return finding_counts(finding) &&
	       (finding->severity > SEVERITY_NOTE || live->options->notes);
}

static int finish_finding(const struct live *live, const struct finding *finding,
			  const struct render_options *look)
{
	const struct hung *printed = find_printed(live, finding->fingerprint);

	if (!live_is_shown(live, finding))
		return 0;
	if (printed)
		return finish_printed(live, printed, finding);
	return render_text_finding(live->stream, finding, look);
}

int live_finish(struct live *live, const struct report *report)
{
	struct render_options look;
	int result = 0;

	if (!live->stream)
		return 0;
	look = outputs_look(live->options, live->stream);
	for (size_t i = 0; i < report->finding_count && result == 0; i++)
		result = finish_finding(live, &report->findings[i], &look);
	return result ? result : render_text_summary(live->stream, report, &look);
}
