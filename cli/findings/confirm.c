/*
 * Predictions of a first run are compared here with what later runs of the same program did.
 * Addresses are others in each run: a fork is known by its line, a lock by its name, by where it
 * was made, or by where it was taken. All of it is plain data.
 */
#include "confirm.h"
#include "base/same_text.h"
#include "fork_safety.h"
#include "judge.h"
#include "libraries.h"
#include "narrow.h"
#include <string.h>

/* Bits of a tally. */
#define ROWS_MAX 64

/* --- the same thing in two runs --------------------------------------------- */

static bool confirm_is_same_frame(const struct frame *one, const struct frame *other)
{
	if (!one || !other)
		return false;
	if (one->file && other->file)
		return one->line == other->line && strcmp(one->file, other->file) == 0 &&
		       same_text(one->function, other->function);
	return one->module && other->module && strcmp(one->module, other->module) == 0 &&
	       one->offset == other->offset;
}

/* The innermost line of Python's, where there is one, else that of the native stack. */
static const struct frame *confirm_innermost(const struct frames *frames)
{
	if (frames->python && frames->python->count)
		return &frames->python->list[0];
	return frames->count ? &frames->list[0] : NULL;
}

static bool confirm_is_same_place(const struct frames *one, const struct frames *other)
{
	return confirm_is_same_frame(confirm_innermost(one), confirm_innermost(other));
}

static const struct frame *fork_line(const struct finding *finding)
{
	const struct frame *frame = finding->headline.forked.place.frame;

	return frame ? frame : confirm_innermost(&finding->fork.stack);
}

static bool is_same_fork(const struct finding *one, const struct finding *other)
{
	return one->fork.present && other->fork.present &&
	       confirm_is_same_frame(fork_line(one), fork_line(other));
}

/* Of libc's own locks it is known which it is, and not where it lies. */
static bool is_named(const struct lock_part *lock)
{
	return lock->name != NULL;
}

static bool is_same_module(const struct lock_part *one, const struct lock_part *other)
{
	return !one->module || !other->module || strcmp(one->module, other->module) == 0;
}

/* Stripes that one line takes, one after the other, are one: without "+0x28". */
static size_t confirm_base_length(const char *name)
{
	const char *inside = strstr(name, "+0x");

	return inside ? (size_t)(inside - name) : strlen(name);
}

static bool is_same_name(const struct lock_part *one, const struct lock_part *other)
{
	size_t length = confirm_base_length(one->name);

	return is_same_module(one, other) && length == confirm_base_length(other->name) &&
	       memcmp(one->name, other->name, length) == 0;
}

static bool is_same_address(const struct lock_part *one, const struct lock_part *other)
{
	return one->module && other->module && one->offset == other->offset &&
	       strcmp(one->module, other->module) == 0;
}

/* Objects that come and go are known by who made them, else by who takes them. */
static bool is_same_origin(const struct finding *one, const struct finding *other)
{
	if (is_named(&one->lock) != is_named(&other->lock))
		return false;
	if (one->lock.initialised_at.count && other->lock.initialised_at.count &&
	    !confirm_is_same_place(&one->lock.initialised_at, &other->lock.initialised_at))
		return false;
	return confirm_is_same_place(&one->holder.acquired_at, &other->holder.acquired_at) ||
	       (one->holder.inside && same_text(one->holder.inside, other->holder.inside)) ||
	       confirm_is_same_place(&one->child.stack, &other->child.stack);
}

static bool confirm_is_same_lock(const struct finding *one, const struct finding *other)
{
	if (!one->lock.present || !other->lock.present ||
	    !same_text(one->lock.kind, other->lock.kind))
		return false;
	if (is_named(&one->lock) && is_named(&other->lock))
		return is_same_name(&one->lock, &other->lock) &&
		       (strcmp(one->lock.name, other->lock.name) == 0 ||
			confirm_is_same_place(&one->holder.acquired_at,
					      &other->holder.acquired_at));
	return is_same_address(&one->lock, &other->lock) || is_same_origin(one, other);
}

static bool is_row(const struct predicted_lock *lock, const struct lock_part *other)
{
	struct lock_part part = {.name = lock->name};

	if (!same_text(lock->kind, other->kind))
		return false;
	if (lock->name && other->name)
		return strcmp(lock->name, other->name) == 0 && is_same_module(&part, other);
	return !lock->name && !other->name && lock->user && same_text(lock->user, other->user);
}

/* One of several that the prediction has as rows. */
static bool is_among_locks(const struct finding *prediction, const struct finding *other)
{
	for (const struct predicted_lock *lock = prediction->locks; lock; lock = lock->next)
		if (is_row(lock, &other->lock))
			return true;
	return false;
}

static bool is_same_deadlock(const struct finding *prediction, const struct finding *other)
{
	return is_same_fork(prediction, other) &&
	       (confirm_is_same_lock(prediction, other) || is_among_locks(prediction, other));
}

/* --- a further run ---------------------------------------------------------- */

static bool is_prediction(const struct finding *finding)
{
	return finding->certainty == CERTAINTY_PREDICTED && !finding->suppressed;
}

/* It happened; and not something that was there before, and made visible by the schedule. */
static bool is_hang(const struct finding *finding)
{
	return finding->severity == SEVERITY_ERROR && !finding->suppressed &&
	       (finding->certainty == CERTAINTY_PROVEN || finding->certainty == CERTAINTY_OBSERVED);
}

/* A child that tried for ever: nobody can say that it would not have given up. */
static bool is_suspected_hang(const struct finding *finding)
{
	return strcmp(finding->code, "FC001") == 0 && finding->severity != SEVERITY_NOTE &&
	       !finding->suppressed && finding->certainty == CERTAINTY_SUSPECTED &&
	       finding->holder.present;
}

static const char *hang_words(struct confirm *confirm, const struct finding *hang, unsigned run)
{
	const char *function = hang->child.waiting_in;

	if (hang->child.pid > 0 && function)
		return arena_printf(confirm->arena,
				    "in further run %u child %d hung on it, in %s (%s)", run,
				    hang->child.pid, function, hang->fingerprint);
	return arena_printf(confirm->arena, "in further run %u a child hung on it (%s)", run,
			    hang->fingerprint);
}

/* True where it is one that was predicted. */
static bool confirms(struct confirm *confirm, const struct finding *hang)
{
	bool any = false;

	for (size_t i = 0; i < confirm->report->finding_count; i++) {
		struct confirm_tally *tally = &confirm->tallies[i];

		if (!is_prediction(&confirm->report->findings[i]) ||
		    !is_same_deadlock(&confirm->report->findings[i], hang))
			continue;
		any = true;
		if (!tally->found)
			tally->found = hang_words(confirm, hang, confirm->report->confirm_runs);
	}
	return any;
}

static bool is_known(const struct confirm *confirm, const struct finding *finding)
{
	for (size_t i = 0; i < confirm->report->finding_count; i++)
		if (strcmp(confirm->report->findings[i].fingerprint, finding->fingerprint) == 0)
			return true;
	return false;
}

static void confirm_add(struct confirm *confirm, const struct finding *finding)
{
	if (is_known(confirm, finding))
		return;
	if (confirm->added_count == confirm->added_capacity) {
		size_t capacity = confirm->added_capacity ? 2 * confirm->added_capacity : 8;
		struct finding *grown = arena_array(confirm->arena, capacity, sizeof(*grown));

		if (confirm->added_count)
			memcpy(grown, confirm->added, confirm->added_count * sizeof(*grown));
		confirm->added = grown;
		confirm->added_capacity = capacity;
	}
	confirm->added[confirm->added_count++] = *finding;
}

static void take_hangs(struct confirm *confirm, const struct report *report)
{
	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (is_hang(finding) ? !confirms(confirm, finding) : is_suspected_hang(finding))
			confirm_add(confirm, finding);
	}
}

/* How many locks a prediction is about. */
static unsigned confirm_count_locks(const struct finding *prediction)
{
	unsigned count = 0;

	for (const struct predicted_lock *lock = prediction->locks; lock; lock = lock->next)
		count += 1 + (unsigned)(lock->alike < ROWS_MAX ? lock->alike : ROWS_MAX);
	return count ? count : 1;
}

/* Which of them a child made anew; 0: none. */
static uint64_t repaired_rows(const struct finding *prediction, const struct finding *repair)
{
	uint64_t bit = 1;

	if (!is_same_fork(prediction, repair))
		return 0;
	if (confirm_count_locks(prediction) == 1)
		return confirm_is_same_lock(prediction, repair);
	for (const struct predicted_lock *lock = prediction->locks; lock && bit;
	     lock = lock->next, bit <<= 1)
		if (is_row(lock, &repair->lock))
			return bit;
	return 0;
}

/* A child that makes one of two anew may hang on the other. */
static void take_repair(struct confirm *confirm, const struct finding *repair)
{
	for (size_t i = 0; i < confirm->report->finding_count; i++) {
		const struct finding *prediction = &confirm->report->findings[i];
		struct confirm_tally *tally = &confirm->tallies[i];

		if (tally->withdrawn || !is_prediction(prediction))
			continue;
		tally->repaired |= repaired_rows(prediction, repair);
		if ((unsigned)__builtin_popcountll(tally->repaired) <
		    confirm_count_locks(prediction))
			continue;
		tally->withdrawn = arena_printf(
			confirm->arena,
			"in further run %u a lost thread had the lock at this fork, and child %d "
			"%s before it took it",
			confirm->report->confirm_runs, repair->child.pid, repair->message);
	}
}

/* What was decided was not waited for in the runs that came then. */
static bool is_tally_decided(const struct confirm_tally *tally)
{
	return tally->found || tally->withdrawn;
}

static void count_try(struct confirm *confirm, const struct further_run *run)
{
	for (size_t i = 0; i < confirm->report->finding_count; i++) {
		const char *fingerprint = confirm->report->findings[i].fingerprint;

		if (!is_prediction(&confirm->report->findings[i]) ||
		    is_tally_decided(&confirm->tallies[i]))
			continue;
		confirm->tallies[i].tries++;
		confirm->tallies[i].reached +=
			predicted_sections_reached(&confirm->sections, &run->schedule, fingerprint);
	}
}

void confirm_init(struct confirm *confirm, struct arena *arena, struct report *report,
		  const struct predicted_sections *sections)
{
	*confirm = (struct confirm){.arena = arena, .report = report, .sections = *sections};
	confirm->tallies = arena_array(arena, report->finding_count, sizeof(*confirm->tallies));
}

void confirm_take(struct confirm *confirm, const struct further_run *run)
{
	confirm->report->confirm_runs++;
	count_try(confirm, run);
	take_hangs(confirm, &run->report);
	for (size_t i = 0; i < run->repair_count; i++)
		take_repair(confirm, &run->repairs[i]);
}

static size_t count_predictions(const struct confirm *confirm, bool only_open)
{
	size_t count = 0;

	for (size_t i = 0; i < confirm->report->finding_count; i++)
		count += is_prediction(&confirm->report->findings[i]) &&
			 !(only_open && is_tally_decided(&confirm->tallies[i]));
	return count;
}

size_t confirm_open(const struct confirm *confirm)
{
	return count_predictions(confirm, true);
}

bool confirm_is_decided(const struct confirm *confirm)
{
	return !confirm_open(confirm) &&
	       (count_predictions(confirm, false) || confirm->added_count);
}

/* --- one report ------------------------------------------------------------- */

static const char *tries_words(struct confirm *confirm, const struct confirm_tally *tally)
{
	const char *runs = tally->tries == 1 ? "run" : "runs";

	if (!tally->reached)
		return arena_printf(confirm->arena,
				    "tried in %u further %s: no lost thread was found in the "
				    "section while a fork waited for it",
				    tally->tries, runs);
	return arena_printf(confirm->arena,
			    "tried in %u further %s: a lost thread was kept in the section at %llu "
			    "%s, and no child hung on it",
			    tally->tries, runs, (unsigned long long)tally->reached,
			    tally->reached == 1 ? "fork" : "forks");
}

static void decide_finding(struct confirm *confirm, struct finding *finding,
			   const struct confirm_tally *tally)
{
	struct confirmation_part *part = &finding->confirmation;

	*part = (struct confirmation_part){
		.present = true, .tries = tally->tries, .reached = tally->reached};
	if (tally->found) {
		finding->certainty = CERTAINTY_CONFIRMED;
		finding->severity = SEVERITY_ERROR;
		part->result = "confirmed";
		part->evidence = arena_printf(confirm->arena, "confirmed: %s", tally->found);
	} else if (tally->withdrawn) {
		finding->certainty = CERTAINTY_WITHDRAWN;
		finding->severity = SEVERITY_NOTE;
		part->result = "withdrawn";
		part->evidence = arena_printf(confirm->arena, "withdrawn: %s", tally->withdrawn);
	} else {
		part->result = "predicted";
		part->evidence = tries_words(confirm, tally);
	}
}

static void confirm_merge_findings(struct confirm *confirm, struct report *merged)
{
	const struct report *first = confirm->report;
	size_t count = first->finding_count + confirm->added_count;
	struct finding *all = arena_array(confirm->arena, count, sizeof(*all));

	for (size_t i = 0; i < first->finding_count; i++) {
		all[i] = first->findings[i];
		if (is_prediction(&all[i]) && confirm->tallies[i].tries)
			decide_finding(confirm, &all[i], &confirm->tallies[i]);
	}
	if (confirm->added_count)
		memcpy(all + first->finding_count, confirm->added,
		       confirm->added_count * sizeof(*all));
	merged->findings = all;
	merged->finding_count = judge_merge(all, count);
	suppressions_narrow(confirm->arena, merged->findings, merged->finding_count);
}

/* What was predicted may be no warning any more. */
static void confirm_blame_anew(struct confirm *confirm, struct report *merged)
{
	size_t count = merged->library_count;
	struct library *libraries = arena_array(confirm->arena, count, sizeof(*libraries));

	if (count)
		memcpy(libraries, merged->libraries, count * sizeof(*libraries));
	libraries_blame(libraries, count, merged);
	libraries_sort(libraries, count);
	merged->libraries = libraries;
	fork_safety_empty(merged);
	fork_safety_add(confirm->arena, merged, confirm->report);
	fork_safety_blame(confirm->arena, merged);
}

void confirm_result(struct confirm *confirm, struct report *merged)
{
	*merged = *confirm->report;
	if (!merged->confirm_runs)
		return;
	confirm_merge_findings(confirm, merged);
	confirm_blame_anew(confirm, merged);
}
