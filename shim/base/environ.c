/*
 * The environment of the next program is built here, from pointers and strings that are the
 * caller's. Nothing here allocates; it runs in vfork children, too.
 */
#include "base/environ.h"
#include "base/process.h"
#include "common/log_format.h"
#include <link.h>
#include <string.h>

#define PRELOAD "LD_PRELOAD"
/* A longer one is passed on as it is: it would not fit on a small stack. */
#define PRELOAD_MAX 8192

AT_START static const char *shim_path = "";
AT_START static char session_entry[sizeof(SESSION_ENVIRONMENT) + 1 + PATH_LENGTH];

/* The object that this code is in, as the loader was asked for it. */
IN_START static const char *own_path(void)
{
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (map->l_ld == _DYNAMIC)
			return map->l_name;
	return "";
}

IN_START void environ_start(const char *session)
{
	const char *path = own_path();

	if (strlen(path) >= PATH_LENGTH || strlen(session) >= PATH_LENGTH)
		return;
	/* The loader's copy: the shim is never unloaded. */
	shim_path = path;
	memcpy(session_entry, SESSION_ENVIRONMENT "=", sizeof(SESSION_ENVIRONMENT));
	strncpy(session_entry + sizeof(SESSION_ENVIRONMENT), session, PATH_LENGTH - 1);
}

const char *environ_shim(void)
{
	return shim_path;
}

const char *environ_session(void)
{
	return *session_entry ? session_entry + sizeof(SESSION_ENVIRONMENT) : "";
}

IN_START static const char *value_of(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && entry[length] == '=' ? entry + length + 1
									 : NULL;
}

const char *environ_value(char *const *entries, const char *name)
{
	for (; entries && *entries; entries++)
		if (value_of(*entries, name))
			return value_of(*entries, name);
	return NULL;
}

/* The loader splits the list at blanks and colons. */
IN_START static size_t element_length(const char *list)
{
	size_t length = 0;

	while (list[length] && list[length] != ' ' && list[length] != ':')
		length++;
	return length;
}

static bool environ_is_shim(const char *element, size_t length)
{
	return length == strlen(shim_path) && memcmp(element, shim_path, length) == 0;
}

static bool contains_shim(const char *list)
{
	for (;; list++) {
		size_t length = element_length(list);

		if (environ_is_shim(list, length))
			return true;
		list += length;
		if (!*list)
			return false;
	}
}

/* Of two variables with that name the loader takes the last. */
static void environ_take(struct environ_plan *plan, const char *entry)
{
	const char *preload = value_of(entry, PRELOAD);

	if (preload) {
		plan->preload = preload;
		plan->has_shim = contains_shim(preload);
	} else if (value_of(entry, SESSION_ENVIRONMENT)) {
		plan->has_session = strcmp(entry, session_entry) == 0;
	}
}

/* A program that wants to come first does not start with a preload of somebody's own. */
static bool is_ours_alone(const char *list)
{
	for (;; list++) {
		size_t length = element_length(list);

		if (length && !environ_is_shim(list, length))
			return false;
		list += length;
		if (!*list)
			return true;
	}
}

bool environ_plan(struct environ_plan *plan, char *const *entries, bool without_shim,
		  const char *first)
{
	static char *const none[] = {NULL};

	*plan = (struct environ_plan){
		.entries = entries ? entries : none, .preload = "", .without_shim = without_shim};
	if (!process.active || !*shim_path)
		return false;
	for (; plan->entries[plan->count]; plan->count++)
		environ_take(plan, plan->entries[plan->count]);
	if (*first && !without_shim && is_ours_alone(plan->preload))
		plan->first = first;
	plan->text_size = sizeof(PRELOAD "=") + strlen(plan->preload) + strlen(first) +
			  2 * (1 + strlen(shim_path));
	return (plan->first || plan->has_shim == without_shim || !plan->has_session) &&
	       plan->text_size <= PRELOAD_MAX;
}

static char *environ_append(char *to, const char *text)
{
	size_t length = strlen(text);

	memcpy(to, text, length + 1);
	return to + length;
}

/* Theirs first: an ASan runtime refuses to start otherwise. */
static void write_preload(const struct environ_plan *plan, char *text)
{
	text = environ_append(text, PRELOAD "=");
	if (*plan->preload) {
		text = environ_append(text, plan->preload);
		text = environ_append(text, ":");
	}
	environ_append(text, shim_path);
}

/* Ours twice, which the loader takes for once: what stands before it is for this program
 * alone, and environ_tidy() will take it out. */
static void write_first(const struct environ_plan *plan, char *text)
{
	text = environ_append(text, PRELOAD "=");
	text = environ_append(text, plan->first);
	text = environ_append(text, ":");
	text = environ_append(text, shim_path);
	text = environ_append(text, ":");
	environ_append(text, shim_path);
}

/* "first:ours:ours" becomes "ours". Nothing else is changed. */
IN_START static void tidy(char *list, const char *shim)
{
	size_t first = element_length(list), length = strlen(shim);
	char *ours = list + first + 1;

	if (!length || list[first] != ':' || strncmp(ours, shim, length) != 0 ||
	    ours[length] != ':' || strcmp(ours + length + 1, shim) != 0)
		return;
	memmove(list, ours + length + 1, length + 1);
}

IN_START void environ_tidy(char **entries)
{
	const char *shim = own_path();

	for (; *entries; entries++)
		if (value_of(*entries, PRELOAD))
			tidy(*entries + sizeof(PRELOAD), shim);
}

/* What the program itself wants preloaded. False when that is nothing. */
static bool write_rest(const struct environ_plan *plan, char *text)
{
	const char *element = plan->preload;
	size_t used = strlen(PRELOAD "="), kept = 0;

	environ_append(text, PRELOAD "=");
	for (;; element++) {
		size_t length = element_length(element);

		if (length && !environ_is_shim(element, length)) {
			if (kept++)
				text[used++] = ':';
			memcpy(text + used, element, length);
			used += length;
		}
		element += length;
		if (!*element)
			break;
	}
	text[used] = '\0';
	return kept > 0;
}

static bool is_replaced(const struct environ_plan *plan, const char *entry)
{
	return ((plan->first || plan->has_shim == plan->without_shim) &&
		value_of(entry, PRELOAD)) ||
	       (!plan->has_session && value_of(entry, SESSION_ENVIRONMENT));
}

/* True when `text` is an entry for the next program. */
static bool write_text(const struct environ_plan *plan, char *text)
{
	if (plan->first) {
		write_first(plan, text);
		return true;
	}
	if (plan->without_shim)
		return plan->has_shim && write_rest(plan, text);
	if (plan->has_shim)
		return false;
	write_preload(plan, text);
	return true;
}

void environ_build(const struct environ_plan *plan, char **entries, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (!is_replaced(plan, plan->entries[i]))
			entries[used++] = plan->entries[i];
	if (write_text(plan, text))
		entries[used++] = text;
	if (!plan->has_session)
		entries[used++] = session_entry;
	entries[used] = NULL;
}
