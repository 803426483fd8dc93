/*
 * The judge asks all rules, and merges and sorts what they find. It knows none of them by
 * name.
 */
#include "judge.h"
#include "base/library_names.h"
#include "evidence/predicted_locks.h"
#include "headline.h"
#include <stdlib.h>
#include <string.h>

/* Findings by fingerprint; at most half full. */
struct fingerprints {
	struct finding **table;
	size_t capacity; /* a power of two */
};

/* A fingerprint says nothing of the program, so that two of one session may have the same. */
static bool is_same_finding(const struct finding *one, const struct finding *other)
{
	const char *program = one->fork.program, *other_program = other->fork.program;

	return strcmp(one->fingerprint, other->fingerprint) == 0 &&
	       (!program || !other_program || library_is_same(program, other_program));
}

static struct finding **judge_place_of(const struct fingerprints *fingerprints,
				       const struct finding *finding)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t at;

	for (const char *byte = finding->fingerprint; *byte; byte++)
		hash = (hash ^ (unsigned char)*byte) * 0x100000001b3u;
	at = (size_t)(hash ^ hash >> 32) & (fingerprints->capacity - 1);
	while (fingerprints->table[at] && !is_same_finding(fingerprints->table[at], finding))
		at = (at + 1) & (fingerprints->capacity - 1);
	return &fingerprints->table[at];
}

/* What did not happen is not seen the more often where a line of code has several stacks. */
static uint64_t add_counts(const struct finding *one, const struct finding *other)
{
	if (one->certainty != CERTAINTY_PREDICTED)
		return one->count + other->count;
	return one->count > other->count ? one->count : other->count;
}

/* The later ones come first. */
static struct sighting *add_sightings(struct sighting *list, struct sighting *other)
{
	while (other) {
		struct sighting *next = other->next;

		other->next = list;
		list = other;
		other = next;
	}
	return list;
}

static uint64_t most_alike(const struct finding *one, const struct finding *other)
{
	return one->lock.alike > other->lock.alike ? one->lock.alike : other->lock.alike;
}

static void add_to(struct finding *same, const struct finding *finding)
{
	struct sighting *seen = add_sightings(same->seen, finding->seen);
	uint64_t alike = most_alike(same, finding);
	struct predicted_lock *locks = predicted_locks_join(same->locks, finding->locks);
	uint64_t count = add_counts(same, finding);
	const char *action = same->action ? same->action : finding->action;
	struct risk_part risk = same->risk;

	/* The same at two forks, and only at one of them a warning. */
	if (finding->severity > same->severity)
		*same = *finding;
	predicted_risk_add(&risk, &finding->risk);
	same->locks = locks;
	same->risk = risk;
	same->seen = seen;
	same->lock.alike = alike;
	same->count = count;
	same->action = action;
}

/* The lock of a finding, and the finding that it became part of. */
struct named_lock {
	struct finding *finding;
	const char *name;
};

static int by_finding_and_name(const void *left, const void *right)
{
	const struct named_lock *one = left, *other = right;

	if (one->finding != other->finding)
		return one->finding < other->finding ? -1 : 1;
	return strcmp(one->name, other->name);
}

static void count_alike(struct named_lock *locks, size_t count)
{
	if (count)
		qsort(locks, count, sizeof(*locks), by_finding_and_name);
	for (size_t i = 1; i < count; i++)
		if (locks[i].finding == locks[i - 1].finding &&
		    strcmp(locks[i].name, locks[i - 1].name) != 0)
			locks[i].finding->lock.alike++;
}

/* Returns how many are left, in front. `locks` has room for all. */
static size_t merge_by(struct fingerprints *known, struct finding *findings, size_t count,
		       struct named_lock *locks, bool counts_alike)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct finding **same = judge_place_of(known, &findings[i]);
		const char *name = findings[i].lock.name;

		if (*same) {
			add_to(*same, &findings[i]);
		} else {
			findings[kept] = findings[i];
			*same = &findings[kept++];
		}
		locks[i] = (struct named_lock){*same, name ? name : ""};
	}
	if (counts_alike)
		count_alike(locks, count);
	return kept;
}

static size_t merge(struct finding *findings, size_t count, bool counts_alike)
{
	struct fingerprints known = {.capacity = 64};
	struct named_lock *locks = calloc(count + 1, sizeof(*locks));

	while (known.capacity < 2 * count)
		known.capacity *= 2;
	known.table = calloc(known.capacity, sizeof(struct finding *));
	/* A report with repeats is better than none. */
	if (known.table && locks)
		count = merge_by(&known, findings, count, locks, counts_alike);
	free(known.table);
	free(locks);
	return count;
}

/* Estimates are noisy: one counts as more only from about ten times on. 0: none is known. */
static int magnitude(const struct risk_part *risk)
{
	int decades = 20;

	if (!(risk->share > 0))
		return 0;
	for (double rest = 1 / risk->share; rest >= 10 && decades > 1; rest /= 10)
		decades--;
	return decades;
}

static int by_severity(const void *left, const void *right)
{
	const struct finding *one = left, *other = right;

	if (one->severity != other->severity)
		return one->severity < other->severity ? 1 : -1;
	if (strcmp(one->code, other->code) != 0)
		return strcmp(one->code, other->code);
	if (magnitude(&one->risk) != magnitude(&other->risk))
		return magnitude(&one->risk) < magnitude(&other->risk) ? 1 : -1;
	return (one->fork.serial > other->fork.serial) - (one->fork.serial < other->fork.serial);
}

static size_t merge_and_sort(struct finding *findings, size_t count, bool counts_alike)
{
	size_t kept = merge(findings, count, counts_alike);

	if (kept)
		qsort(findings, kept, sizeof(*findings), by_severity);
	return kept;
}

size_t judge_merge(struct finding *findings, size_t count)
{
	return merge_and_sort(findings, count, true);
}

size_t judge_merge_sessions(struct finding *findings, size_t count)
{
	return merge_and_sort(findings, count, false);
}

static void ask_rules(struct judgement *judgement, bool notes)
{
	for (const struct rule *rule = rules; rule->code; rule++)
		if ((rule->severity == SEVERITY_NOTE) == notes)
			rule->judge(judgement, rule);
}

/* What was done to the process that a finding is about. */
static const char *action_on(const struct model *model, struct arena *arena, int pid)
{
	const struct model_list *actions = model_list(model, RECORD_ACTION);

	for (size_t i = 0; i < actions->count; i++) {
		const struct record_action *action = model_action(model, actions->references[i]);

		if (action->pid == pid)
			return arena_strndup(arena, action->what, action->what_length);
	}
	return NULL;
}

static void note_actions(struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->count; i++) {
		struct finding *finding = &judgement->findings[i];

		if (finding->child.present)
			finding->action =
				action_on(judgement->model, judgement->arena, finding->child.pid);
	}
}

static void ask_of_process(struct judgement *judgement, uint32_t process, enum severity least)
{
	struct model_view view;

	model_restrict(judgement->model, &view, process);
	for (const struct rule *rule = rules; rule->code; rule++)
		if (rule->severity >= least)
			rule->judge(judgement, rule);
	model_give_back(judgement->model, &view);
}

static const struct finding *worst_of(struct judgement *judgement, bool only_of_waits)
{
	struct finding *worst = NULL;

	for (size_t i = 0; i < judgement->count; i++) {
		struct finding *finding = &judgement->findings[i];

		if (only_of_waits && !finding_tells_of_wait(finding))
			continue;
		if (!worst || finding->severity > worst->severity)
			worst = finding;
	}
	if (worst)
		headline_fill(judgement->arena, worst);
	return worst;
}

const struct finding *judge_process(struct model *model, struct arena *arena, uint32_t process)
{
	struct judgement judgement = {.model = model, .arena = arena};

	ask_of_process(&judgement, process, SEVERITY_ERROR);
	return worst_of(&judgement, false);
}

const struct finding *judge_wait(struct model *model, struct arena *arena, uint32_t process)
{
	struct judgement judgement = {.model = model, .arena = arena};

	ask_of_process(&judgement, process, SEVERITY_WARNING);
	return worst_of(&judgement, true);
}

void judge(struct model *model, struct arena *arena, bool all, struct finding **findings,
	   size_t *count)
{
	struct judgement judgement = {.model = model, .arena = arena};

	ask_rules(&judgement, false);
	if (all || judgement.count)
		ask_rules(&judgement, true);
	note_actions(&judgement);
	*findings = judgement.findings;
	*count = judge_merge(judgement.findings, judgement.count);
	for (size_t i = 0; i < *count; i++)
		headline_fill(arena, &judgement.findings[i]);
}
