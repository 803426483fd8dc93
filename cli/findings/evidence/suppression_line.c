/*
 * A line for a suppressions file is put together here. It names code of the user's or of a
 * package; functions of a runtime, which everybody is in, and a program's own name say nothing.
 */
#include "suppression_line.h"
#include "base/arena.h"
#include "base/library_names.h"
#include "origins/origin.h"
#include <string.h>

/* Of a name; what is longer ends with a *. */
#define NAME_BYTES    200
#define WORDS_BYTES   900 /* of a line, which readers bound */
#define MEMBERS_MAX   3   /* of a ring that are named */
#define FUNCTIONS_MAX 5   /* of a wait */

struct line {
	struct arena *arena;
	char text[WORDS_BYTES];
	size_t length;
};

static bool has_word(const struct line *line, const char *word, size_t length)
{
	const char *at = line->text;

	while ((at = strstr(at, word)) != NULL) {
		if ((at == line->text || at[-1] == ' ') && strchr(" ", at[length]))
			return true;
		at += length;
	}
	return false;
}

/* Without room for a word the line hides more. */
static void add_word(struct line *line, const char *word)
{
	size_t length = strlen(word);

	if (has_word(line, word, length) || line->length + length + 2 > WORDS_BYTES)
		return;
	if (line->length)
		line->text[line->length++] = ' ';
	memcpy(line->text + line->length, word, length + 1);
	line->length += length;
}

/* What begins like the name, whatever is in it, and goes on as the glob `rest` says. */
static void add_glob(struct line *line, const char *key, const char *name, size_t length,
		     const char *rest)
{
	char glob[2 * NAME_BYTES + 1], *end = glob;

	for (size_t i = 0; i < length; i++) {
		if (strchr("*?[]\\", name[i]))
			*end++ = '\\';
		*end++ = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
	}
	*end = '\0';
	add_word(line, arena_printf(line->arena, "%s:%s%s", key, glob, rest));
}

static void add_name(struct line *line, const char *key, const char *name)
{
	size_t length = strnlen(name, NAME_BYTES);

	add_glob(line, key, name, length, name[length] ? "*" : "");
}

/* A line that was written for one version of a wheel is for the next one, too. */
static void add_library(struct line *line, const char *library)
{
	const char *rest;
	size_t length;

	if (library_any_hash(library, &length, &rest) && length <= NAME_BYTES)
		add_glob(line, "library", library, length, rest);
	else
		add_name(line, "library", library);
}

/* Which of an object's parts stands for the others differs from run to run. */
static void add_lock(struct line *line, const struct finding *finding)
{
	const char *name = finding->lock.name, *inside = strstr(name, "+0x");

	bool is_certain =
		finding->severity == SEVERITY_ERROR && finding->certainty != CERTAINTY_PREDICTED;

	if (inside && !is_certain && inside - name <= NAME_BYTES)
		add_glob(line, "lock", name, (size_t)(inside - name), "+*");
	else
		add_name(line, "lock", name);
}

/* --- frames ---------------------------------------------------------------- */

static bool is_of(const struct frame *frame, enum origin_kind kind)
{
	return frame->function && frame->origin && frame->origin->kind == kind;
}

static const struct frame *first_of(const struct frame *list, size_t count, enum origin_kind kind)
{
	for (size_t i = 0; i < count; i++)
		if (is_of(&list[i], kind))
			return &list[i];
	return NULL;
}

/* Of both languages, by where they lie on the stack. */
static const struct frame *innermost_of(const struct frames *stack, enum origin_kind kind)
{
	const struct python_frames *python = stack->python;
	const struct frame *native = first_of(stack->list, stack->count, kind);
	const struct frame *script = python ? first_of(python->list, python->count, kind) : NULL;

	if (!native || !script)
		return native ? native : script;
	return native->sp && native->sp < script->sp ? native : script;
}

/* NULL: there is nothing but runtimes, or no name. */
static const struct frame *innermost_written(const struct frames *stack)
{
	const struct frame *own = innermost_of(stack, ORIGIN_OWN);

	return own ? own : innermost_of(stack, ORIGIN_PACKAGE);
}

static void add_file(struct line *line, const struct frame *frame)
{
	const char *path = frame->origin->path;

	if (path || frame->file)
		add_name(line, "file", path ? path : library_file_name(frame->file));
}

/* False: there is no frame to name. */
static bool add_place(struct line *line, const char *key, const struct frames *stack)
{
	const struct frame *frame = innermost_written(stack);

	if (!frame)
		return false;
	add_name(line, key, frame->function);
	if (strcmp(key, "fork") != 0)
		add_file(line, frame);
	return true;
}

/* --- lines ----------------------------------------------------------------- */

/* Locks of libc and of interpreters are everybody's. */
static bool names_its_lock(const struct finding *finding)
{
	return finding->lock.present && finding->lock.name &&
	       !(finding->lock.kind && strcmp(finding->lock.kind, "libc lock") == 0);
}

/* Any process of the ring may be found first; all of them wait. */
static bool add_cycle(struct line *line, const struct finding *finding)
{
	bool any = false;

	for (size_t i = 0; i < finding->cycle_count && i < MEMBERS_MAX; i++)
		any |= add_place(line, "wait", &finding->cycle[i].stack);
	return any;
}

static bool add_wait(struct line *line, const struct finding *finding)
{
	return add_place(line, finding->child.deed ? "function" : "wait", &finding->child.stack);
}

static bool add_holder(struct line *line, const struct finding *finding)
{
	return add_place(line, "function", &finding->holder.acquired_at);
}

static bool add_handler(struct line *line, const struct finding *finding)
{
	if (!finding->handler.present || !finding->handler.function)
		return false;
	add_name(line, "function", finding->handler.function);
	return true;
}

static bool add_places(struct line *line, const struct finding *finding)
{
	bool any = add_handler(line, finding);

	if (finding->cycle_count)
		return add_cycle(line, finding);
	any |= add_wait(line, finding);
	return add_place(line, "fork", &finding->fork.stack) || any;
}

static bool add_shared_object(struct line *line, const char *library)
{
	if (!library_is_shared_object(library))
		return false;
	add_library(line, library);
	return true;
}

/* An interpreter starts threads for others; whose package asked for them says more. */
static bool add_missing(struct line *line, const struct missing_group *group)
{
	const char *package = group->origin ? group->origin->package : NULL;

	if (!group->is_python)
		return add_shared_object(line, group->library);
	if (package)
		add_name(line, "package", package);
	return package;
}

static bool add_libraries(struct line *line, const struct finding *finding)
{
	if (finding->missing_count && finding->missing[0].library)
		return add_missing(line, &finding->missing[0]);
	return add_shared_object(line, finding->handler.present ? finding->handler.library
								: finding->holder.library);
}

/* Of several locks that one package takes behind a fork, other runs may see others. */
static bool add_prediction(struct line *line, const struct finding *finding)
{
	bool any = add_place(line, "fork", &finding->fork.stack);

	if (finding->package)
		add_name(line, "package", finding->package);
	return any || finding->package;
}

static bool add_usual(struct line *line, const struct finding *finding)
{
	bool any = finding->lock.present && finding->lock.name;

	if (finding->locks && finding->locks->next)
		return add_prediction(line, finding);
	if (any)
		add_lock(line, finding);
	if (names_its_lock(finding))
		return true;
	any |= add_places(line, finding);
	if (!finding->child.stack.count)
		any |= add_holder(line, finding) || add_libraries(line, finding);
	return any || add_libraries(line, finding);
}

/* Beyond its own function: a helper that everybody waits in says little. */
static void add_callers(struct line *line, const struct frames *stack, size_t functions)
{
	const struct python_frames *python = stack->python;
	size_t count = 0;

	for (size_t i = 0; i < stack->count && count < functions; i++)
		if (is_of(&stack->list[i], ORIGIN_OWN) && ++count)
			add_name(line, "wait", stack->list[i].function);
	count = 0;
	for (size_t i = 0; python && i < python->count && count < functions; i++)
		if (is_of(&python->list[i], ORIGIN_OWN) && ++count)
			add_name(line, "wait", python->list[i].function);
}

static bool add_words(struct line *line, const struct finding *finding, enum narrowness narrowness)
{
	bool any = add_usual(line, finding);

	if (narrowness >= SUPPRESSION_PLACES && names_its_lock(finding))
		any |= add_places(line, finding);
	if (narrowness >= SUPPRESSION_CALLER && !finding->child.deed)
		add_callers(line, &finding->child.stack,
			    narrowness == SUPPRESSION_CALLER ? 2 : FUNCTIONS_MAX);
	if (narrowness >= SUPPRESSION_USE) {
		any |= add_holder(line, finding);
		any |= add_libraries(line, finding);
	}
	return any;
}

const char *suppression_line(struct arena *arena, const struct finding *finding,
			     enum narrowness narrowness)
{
	struct line line = {.arena = arena};

	add_name(&line, "rule", finding->code);
	if (narrowness >= SUPPRESSION_EXACT || !add_words(&line, finding, narrowness))
		add_name(&line, "fingerprint", finding->fingerprint);
	return arena_strdup(arena, line.text);
}
