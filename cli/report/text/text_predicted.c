/*
 * This part of a text report is what a prediction has beyond a hang: the other locks that the
 * child may find taken, and how likely it is. All of them are in the JSON report; here there is
 * a limit.
 */
#include "base/same_text.h"
#include "findings/evidence/predicted_locks.h"
#include "text_parts.h"

#include <inttypes.h>

#define LABEL_INDENT 8
#define LOCKS_SHOWN  12

/* The one that the report is about. */
static bool is_shown_above(const struct finding *finding, const struct predicted_lock *lock)
{
	return same_text(lock->kind, finding->lock.kind) &&
	       same_text(lock->name, finding->lock.name) &&
	       (lock->name != NULL || same_text(lock->user, finding->lock.user));
}

static const char *predicted_row_words(struct page *page, const struct finding *finding,
				       const struct predicted_lock *lock)
{
	struct arena *arena = &page->arena;
	struct lock_part part = {.kind = lock->kind, .name = lock->name, .address = lock->address};
	const char *words = page_sentence(page, lock_words(arena, &part));
	const char *user = page_name(page, lock->user, NAME_COLUMNS);

	if (lock->name == NULL && user != NULL)
		words = arena_printf(arena, "a %s that %s takes",
				     page_name(page, lock->kind, NAME_COLUMNS), user);
	if (lock->alike > 0)
		words = arena_printf(arena, "%s, and %" PRIu64 " more like it", words, lock->alike);
	if (lock->severity != finding->severity)
		words = arena_printf(arena, "%s (%s)", words, severity_name(lock->severity));
	return words;
}

static void put_locks(struct page *page, const struct finding *finding)
{
	struct arena *arena = &page->arena;
	const char *words = NULL;
	size_t count = 0;

	for (const struct predicted_lock *lock = finding->locks; lock != NULL; lock = lock->next) {
		if (is_shown_above(finding, lock) || ++count > LOCKS_SHOWN)
			continue;
		words = words == NULL ? predicted_row_words(page, finding, lock)
				      : arena_printf(arena, "%s; %s", words,
						     predicted_row_words(page, finding, lock));
	}
	if (words == NULL)
		return;
	if (count > LOCKS_SHOWN)
		words = arena_printf(arena, "%s; and %zu more", words, count - LOCKS_SHOWN);
	page_wrap(page, "  and:  ", LABEL_INDENT,
		  arena_printf(arena, "the same holds of %s.", words));
}

/* "4,000,000" */
static const char *predicted_number_words(struct arena *arena, uint64_t number)
{
	const char *words = arena_printf(arena, "%" PRIu64, number % 1000);

	if (number < 1000)
		return words;
	return arena_printf(arena, "%s,%03" PRIu64, predicted_number_words(arena, number / 1000),
			    number % 1000);
}

static void put_risk(struct page *page, const struct risk_part *risk)
{
	uint64_t one_in = predicted_risk_one_in(risk);
	const char *basis = risk->is_counted ? "what was held at the forks that were seen"
					     : "how long and how often the lock is held";

	if (one_in == 0)
		return;
	page_wrap(page, "  risk: ", LABEL_INDENT,
		  one_in == 1
			  ? arena_printf(&page->arena, "nearly every fork; an estimate, from %s.",
					 basis)
			  : arena_printf(&page->arena, "about 1 fork in %s; an estimate, from %s.",
					 predicted_number_words(&page->arena, one_in), basis));
}

void put_prediction(struct page *page, const struct finding *finding)
{
	if (finding->locks == NULL)
		return;
	put_locks(page, finding);
	put_risk(page, &finding->risk);
}
