/* Compares and copies pointers and strings; calls nothing that allocates. */
#include "environ.h"
#include "session.h"
#include "shim.h"
#include <link.h>
#include <string.h>

#define PRELOAD "LD_PRELOAD"
/* A longer one is passed on as it is: it would not fit on a small stack. */
#define PRELOAD_MAX 8192

static char shim_path[PATH_LENGTH];
static char session_entry[sizeof(SESSION_ENVIRONMENT) + 1 + PATH_LENGTH];

/* The object that this code is in, as the loader was asked for it. */
static const char *own_path(void)
{
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (map->l_ld == _DYNAMIC)
			return map->l_name;
	return "";
}

void environ_start(const char *session)
{
	const char *path = own_path();

	if (strlen(path) >= sizeof(shim_path) || strlen(session) >= PATH_LENGTH)
		return;
	strncpy(shim_path, path, sizeof(shim_path) - 1);
	memcpy(session_entry, SESSION_ENVIRONMENT "=", sizeof(SESSION_ENVIRONMENT));
	strncpy(session_entry + sizeof(SESSION_ENVIRONMENT), session, PATH_LENGTH - 1);
}

static const char *value_of(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && entry[length] == '=' ? entry + length + 1
									 : NULL;
}

static void take(struct environ_plan *plan, const char *entry)
{
	const char *preload = value_of(entry, PRELOAD);

	if (preload) {
		plan->preload = preload;
		plan->has_shim = strstr(preload, shim_path) != NULL;
	} else if (value_of(entry, SESSION_ENVIRONMENT)) {
		plan->has_session = strcmp(entry, session_entry) == 0;
	}
}

bool environ_plan(struct environ_plan *plan, char *const *entries)
{
	static char *const none[] = {NULL};

	*plan = (struct environ_plan){.entries = entries ? entries : none, .preload = ""};
	if (!process.active || !*shim_path)
		return false;
	for (; plan->entries[plan->count]; plan->count++)
		take(plan, plan->entries[plan->count]);
	plan->text_size = sizeof(PRELOAD "=") + strlen(plan->preload) + 1 + strlen(shim_path);
	return !(plan->has_shim && plan->has_session) && plan->text_size <= PRELOAD_MAX;
}

static char *append(char *to, const char *text)
{
	size_t length = strlen(text);

	memcpy(to, text, length + 1);
	return to + length;
}

/* Theirs first: an ASan runtime refuses to start otherwise. */
static void write_preload(const struct environ_plan *plan, char *text)
{
	text = append(text, PRELOAD "=");
	if (*plan->preload) {
		text = append(text, plan->preload);
		text = append(text, ":");
	}
	append(text, shim_path);
}

static bool is_replaced(const struct environ_plan *plan, const char *entry)
{
	return (!plan->has_shim && value_of(entry, PRELOAD)) ||
	       (!plan->has_session && value_of(entry, SESSION_ENVIRONMENT));
}

void environ_build(const struct environ_plan *plan, char **entries, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (!is_replaced(plan, plan->entries[i]))
			entries[used++] = plan->entries[i];
	if (!plan->has_shim) {
		write_preload(plan, text);
		entries[used++] = text;
	}
	if (!plan->has_session)
		entries[used++] = session_entry;
	entries[used] = NULL;
}
