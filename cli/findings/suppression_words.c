/*
 * What the words of a suppressions file mean is here: which texts of a finding each key stands for.
 * The texts are the target's.
 */
#include "suppression_words.h"
#include "base/arena.h"
#include "base/library_names.h"
#include "origins/origin.h"
#include <fnmatch.h>
#include <string.h>

static const char *const key_names[SUPPRESSION_KEYS] = {
	[KEY_RULE] = "rule",       [KEY_FINGERPRINT] = "fingerprint",
	[KEY_LOCK] = "lock",       [KEY_WAIT] = "wait",
	[KEY_FORK] = "fork",       [KEY_FUNCTION] = "function",
	[KEY_FILE] = "file",       [KEY_PACKAGE] = "package",
	[KEY_LIBRARY] = "library",
};

static enum suppression_key find_key(const char *word)
{
	size_t length = strcspn(word, ":");
	enum suppression_key key = 0;

	while (key < SUPPRESSION_KEYS &&
	       (strncmp(key_names[key], word, length) != 0 || key_names[key][length] != '\0'))
		key++;
	return key;
}

enum suppression_fault suppression_word_parse(const char *text, struct suppression_word *word)
{
	const char *colon = strchr(text, ':');

	if (!colon)
		return SUPPRESSION_WORD_NO_KEY;
	word->key = find_key(text);
	word->glob = colon + 1;
	if (word->key == SUPPRESSION_KEYS)
		return SUPPRESSION_WORD_UNKNOWN_KEY;
	return *word->glob ? SUPPRESSION_WORD_GOOD : SUPPRESSION_WORD_EMPTY;
}

const char *suppression_key_list(struct arena *arena)
{
	const char *list = "";

	for (size_t i = 0; i < SUPPRESSION_KEYS; i++) {
		const char *gap = i == 0 ? "" : i + 1 < SUPPRESSION_KEYS ? ", " : " or ";

		list = arena_printf(arena, "%s%s%s:", list, gap, key_names[i]);
	}
	return list;
}

static bool matches(const char *glob, const char *text)
{
	return text && fnmatch(glob, text, 0) == 0;
}

/* The whole path, or what of it comes after a slash. */
static bool matches_end(const char *glob, const char *path)
{
	while (path && !matches(glob, path)) {
		path = strchr(path, '/');
		path = path ? path + 1 : NULL;
	}
	return path;
}

/* Also the wheel that a crate was linked into. */
static bool package_matches(const char *glob, const struct origin *origin)
{
	return origin && (matches(glob, origin->package) || package_matches(glob, origin->file));
}

static bool frame_matches(const struct suppression_word *word, const struct frame *frame)
{
	switch (word->key) {
	case KEY_FILE:
		return matches_end(word->glob, frame->file) ||
		       (frame->origin && matches(word->glob, frame->origin->path));
	case KEY_PACKAGE:
		return package_matches(word->glob, frame->origin);
	case KEY_LIBRARY:
		return library_matches(frame->module, word->glob);
	default:
		return matches(word->glob, frame->function);
	}
}

static bool stack_matches(const struct suppression_word *word, const struct frames *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		if (frame_matches(word, &stack->list[i]))
			return true;
	for (size_t i = 0; stack->python && i < stack->python->count; i++)
		if (frame_matches(word, &stack->python->list[i]))
			return true;
	return false;
}

static bool wait_matches(const struct suppression_word *word, const struct finding *finding)
{
	for (size_t i = 0; i < finding->cycle_count; i++)
		if (stack_matches(word, &finding->cycle[i].stack))
			return true;
	for (size_t i = 0; i < finding->blocked_count; i++)
		if (stack_matches(word, &finding->blocked[i].stack))
			return true;
	return stack_matches(word, &finding->child.stack);
}

static bool fork_matches(const struct suppression_word *word, const struct finding *finding)
{
	return stack_matches(word, &finding->fork.stack) ||
	       stack_matches(word, &finding->last_fork.stack);
}

static bool use_matches(const struct suppression_word *word, const struct finding *finding)
{
	const struct frames *const stacks[] = {
		&finding->lock.initialised_at, &finding->holder.created_at,
		&finding->holder.acquired_at,  &finding->parent.stack,
		&finding->gave.stack,          &finding->took.stack,
		&finding->shared.made_at,
	};

	for (size_t i = 0; i < sizeof(stacks) / sizeof(*stacks); i++)
		if (stack_matches(word, stacks[i]))
			return true;
	for (size_t i = 0; i < finding->blocked_count; i++)
		if (stack_matches(word, &finding->blocked[i].acquired_at))
			return true;
	for (size_t i = 0; i < finding->missing_count; i++)
		if (stack_matches(word, &finding->missing[i].created_at))
			return true;
	return false;
}

static bool any_stack_matches(const struct suppression_word *word, const struct finding *finding)
{
	return wait_matches(word, finding) || fork_matches(word, finding) ||
	       use_matches(word, finding);
}

static bool any_package_matches(const char *glob, const struct finding *finding)
{
	for (size_t i = 0; i < finding->missing_count; i++)
		if (package_matches(glob, finding->missing[i].origin))
			return true;
	return false;
}

static bool any_library_matches(const char *glob, const struct finding *finding)
{
	for (size_t i = 0; i < finding->missing_count; i++)
		if (library_matches(finding->missing[i].library, glob))
			return true;
	return library_matches(finding->holder.library, glob) ||
	       library_matches(finding->handler.library, glob);
}

/* A lock that was not named is not to be hidden with one that was. */
static bool all_locks_match(const char *glob, const struct finding *finding)
{
	for (const struct predicted_lock *lock = finding->locks; lock; lock = lock->next)
		if (!matches(glob, lock->name))
			return false;
	return finding->lock.present && matches(glob, finding->lock.name);
}

bool suppression_word_matches(const struct suppression_word *word, const struct finding *finding)
{
	switch (word->key) {
	case KEY_RULE:
		return matches(word->glob, finding->code) || matches(word->glob, finding->name);
	case KEY_FINGERPRINT:
		return matches(word->glob, finding->fingerprint);
	case KEY_LOCK:
		return all_locks_match(word->glob, finding);
	case KEY_WAIT:
		return wait_matches(word, finding);
	case KEY_FORK:
		return fork_matches(word, finding);
	case KEY_LIBRARY:
		return any_library_matches(word->glob, finding) || any_stack_matches(word, finding);
	case KEY_FUNCTION:
		return matches(word->glob, finding->handler.function) ||
		       any_stack_matches(word, finding);
	case KEY_PACKAGE:
		return any_package_matches(word->glob, finding) || any_stack_matches(word, finding);
	case KEY_FILE:
		return any_stack_matches(word, finding);
	case SUPPRESSION_KEYS:
		break;
	}
	return false;
}
