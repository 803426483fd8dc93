/*
 * The cure of a finding is a row of the table with the finding's own words in it. Of a Python
 * child, how it was started gives the cure first, and the row says what else would help.
 */
#include "cures.h"
#include "base/library_names.h"
#include "cure_table.h"
#include "findings/evidence/evidence.h"
#include "findings/evidence/python_advice.h"
#include "findings/evidence/remedy.h"
#include "library_advice.h"
#include <string.h>

#define SYMBOL_MAX 24 /* of a line of code that is to fit a terminal */

/* Whose threads are missing, the likeliest first; else whose the holder is. */
static const char *cures_culprit(const struct finding *finding)
{
	return finding->missing_count ? finding->missing[0].library : finding->holder.library;
}

static bool runs_code(const struct frame *list, size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].file && strstr(list[i].file, code))
			return true;
	return false;
}

static bool child_runs_code(const struct finding *finding, const char *code)
{
	const struct frames *stack = &finding->child.stack;

	return runs_code(stack->list, stack->count, code) ||
	       (stack->python && runs_code(stack->python->list, stack->python->count, code));
}

static bool waits_in(const struct finding *finding, const char *function)
{
	const char *in = finding->child.waiting_in;

	return in && strncmp(in, function, strlen(function)) == 0;
}

static bool fits_question(const struct cure_row *row, const struct cure_question *question)
{
	return row->situation == question->situation &&
	       (!row->kind || row->kind == question->kind) &&
	       (!row->detail || row->detail == question->detail) &&
	       (!row->is_typed || question->is_typed);
}

/* Whose own threads they are, not those of a pool that the user made. */
static bool culprit_is_package(const struct finding *finding)
{
	const struct origin *origin = finding->missing_count ? finding->missing[0].origin : NULL;

	return origin && origin->kind == ORIGIN_PACKAGE;
}

static bool fits_finding(const struct cure_row *row, const struct finding *finding)
{
	return (!row->has_no_handlers || finding->fork.no_handlers) &&
	       (!row->is_at_exit || evidence_is_at_exit(&finding->child.stack)) &&
	       (!row->needs_hooks || finding->remedy.present) &&
	       (!row->is_of_package || culprit_is_package(finding)) &&
	       (!row->library || library_is(cures_culprit(finding), row->library)) &&
	       (!row->function || waits_in(finding, row->function)) &&
	       (!row->code || child_runs_code(finding, row->code));
}

static const struct cure_row *cures_find(const struct finding *finding,
					 const struct cure_question *question)
{
	enum cure_language language =
		question->language ? question->language : cure_language_of(finding);

	for (const struct cure_row *row = cure_table; row->id; row++)
		if ((!row->language || row->language == language) && fits_question(row, question) &&
		    fits_finding(row, finding))
			return row;
	return NULL;
}

/* --- words ----------------------------------------------------------------------------- */

/* As it stands in the source, where that is known and short. */
static const char *symbol_words(const struct lock_part *lock)
{
	return lock->name && strlen(lock->name) <= SYMBOL_MAX && !strchr(lock->name, ' ')
		       ? lock->name
		       : "it";
}

static const char *spawn_words(const struct finding *finding)
{
	if (!finding->handler.present)
		return "posix_spawn(), which takes no such lock";
	return cure_language_of(finding) == LANGUAGE_PYTHON
		       ? "subprocess, which runs no hooks"
		       : "posix_spawn(), which calls no handlers";
}

/* How many bytes a word between braces takes, these included; 0: the brace is the text's own. */
static size_t placeholder_length(const char *text)
{
	size_t length = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz");

	return length && text[1 + length] == '}' ? length + 2 : 0;
}

static const char *or_words(const char *words, const char *otherwise)
{
	return words ? words : otherwise;
}

/* The words that stand for a name between braces. */
static const char *word_of(struct judgement *judgement, const struct finding *finding,
			   const struct cure_question *question, const char *name)
{
	if (strcmp(name, "lock") == 0)
		return evidence_lock_words(judgement, &finding->lock);
	if (strcmp(name, "symbol") == 0)
		return symbol_words(&finding->lock);
	if (strcmp(name, "attributes") == 0)
		return or_words(finding->lock.attributes, "not a normal one");
	if (strcmp(name, "fork") == 0)
		return or_words(finding->fork.function, "a clone that is not libc's");
	if (strcmp(name, "library") == 0)
		return or_words(finding->handler.library, "the library");
	if (strcmp(name, "spawn") == 0)
		return spawn_words(finding);
	if (strcmp(name, "what") == 0)
		return or_words(question->what, "the lock");
	if (strcmp(name, "other") == 0)
		return or_words(question->other, "the other lock");
	return or_words(question->holder, "the thread that has it");
}

/* NULL of NULL. The text is the table's own. */
static const char *fill_in(struct judgement *judgement, const struct finding *finding,
			   const struct cure_question *question, const char *text)
{
	const char *filled = "";

	for (const char *open; text && (open = strchr(text, '{'));) {
		size_t length = placeholder_length(open);
		const char *name =
			length ? arena_strndup(judgement->arena, open + 1, length - 2) : NULL;

		filled =
			arena_printf(judgement->arena, "%s%.*s%s", filled, (int)(open - text), text,
				     name ? word_of(judgement, finding, question, name) : "{");
		text = open + (length ? length : 1);
	}
	return text ? arena_printf(judgement->arena, "%s%s", filled, text) : NULL;
}

/* --- the remedy ------------------------------------------------------------------------ */

static void cures_take_row(struct judgement *judgement, struct finding *finding,
			   const struct cure_question *question, const struct cure_row *row)
{
	struct remedy_part *remedy = &finding->remedy;

	remedy->present = true;
	remedy->id = row->id;
	remedy->cure = fill_in(judgement, finding, question, row->cure);
	remedy->line = fill_in(judgement, finding, question, row->line);
	remedy->caveat = fill_in(judgement, finding, question, row->caveat);
	remedy->remark = fill_in(judgement, finding, question, row->remark);
}

static const char *or_else(struct judgement *judgement, const char *cure, const char *line)
{
	return arena_printf(judgement->arena, "Or %s: %s.", cure, line);
}

/* Where another way to start the child is not to be had. */
static void cures_add_row(struct judgement *judgement, struct finding *finding,
			  const struct cure_row *row, bool is_general)
{
	struct remedy_part *remedy = &finding->remedy, general = *remedy;

	if (!row->needs_hooks || remedy->remark)
		return;
	remedy->remark = or_else(judgement, row->cure, row->line);
	remedy->also = row->id;
	if (!is_general)
		return;
	remedy->id = row->id;
	remedy->cure = row->cure;
	remedy->line = row->line;
	remedy->caveat = row->caveat;
	remedy->remark = or_else(judgement, general.cure, general.line);
	remedy->also = general.id;
}

/* Another way to start the child cures what its parent's threads have to do with. */
static bool is_of_start(const struct finding *finding, enum cure_situation situation)
{
	bool is_hook = finding->handler.present && !finding->handler.library;

	if (situation == CURE_IN_FORK)
		return !is_hook;
	return situation == CURE_ORPHANED || situation == CURE_REGION || situation == CURE_LOST ||
	       situation == CURE_JOINED || situation == CURE_LEFT || situation == CURE_LOST_WORK;
}

/* What a library says of forks is for its threads, and for connections that it made. */
static void cures_add_library(struct finding *finding, enum cure_situation situation)
{
	const struct library_advice *advice;

	if (!finding->remedy.present ||
	    (!is_of_start(finding, situation) && situation != CURE_SHARED))
		return;
	advice = library_advice_find(finding);
	finding->remedy.library_cure = advice ? advice->cure : NULL;
	finding->remedy.library_source = advice ? advice->source : NULL;
}

void cure_finding(struct judgement *judgement, struct finding *finding,
		  const struct cure_question *question)
{
	const struct cure_row *row;
	bool is_general = false;

	if (is_of_start(finding, question->situation))
		is_general = python_advice(judgement, finding);
	else
		python_start_method(finding);
	row = cures_find(finding, question);
	if (row && finding->remedy.present)
		cures_add_row(judgement, finding, row, is_general);
	else if (row)
		cures_take_row(judgement, finding, question, row);
	cures_add_library(finding, question->situation);
	if (finding->remedy.present)
		finding->advice = remedy_paragraph(judgement->arena, &finding->remedy);
}
