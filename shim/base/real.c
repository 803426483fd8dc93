/*
 * The real functions are looked up here, before every other constructor runs. That may take
 * the loader's lock, once and never again.
 */
#include "base/real.h"
#include "base/symbol_tables.h"
#include "shim.h"
#include <dlfcn.h>
#include <string.h>

AT_START struct real_functions real;
AT_START struct libc_functions libc;

/* Where there are two incompatible condition variables, a plain dlsym may find the old one. */
static IN_START const char *version_of(const char *name)
{
	if (strcmp(name, "pthread_cond_wait") == 0 || strcmp(name, "pthread_cond_timedwait") == 0)
		return *ARCH_CONDITION_VERSION ? ARCH_CONDITION_VERSION : NULL;
	return NULL;
}

/* The loader's own search, for what ours does not find. NULL: no libdl here. */
AT_START static struct {
	void *(*dlsym)(void *, const char *);
	void *(*dlvsym)(void *, const char *, const char *);
	char *(*dlerror)(void);
} loader;

static void real_own_find(const char *name, void *pointer)
{
	uintptr_t found = symbols_find_next(name, NULL);

	memcpy(pointer, &found, sizeof(found));
}

static void real_find_loader(void)
{
	if (loader.dlsym)
		return;
	real_own_find("dlsym", &loader.dlsym);
	real_own_find("dlvsym", &loader.dlvsym);
	real_own_find("dlerror", &loader.dlerror);
}

static void *ask_loader(const char *name, const char *version)
{
	real_find_loader();
	if (version)
		return loader.dlvsym ? loader.dlvsym(RTLD_NEXT, name, version) : NULL;
	return loader.dlsym ? loader.dlsym(RTLD_NEXT, name) : NULL;
}

/* In the objects that have a name of libc's which nobody else has any use for. */
static IN_START void resolve_libc_in(const struct symbol_scope *scope, const char *mark)
{
	for (uint32_t i = 0; i < scope->count; i++) {
		const struct symbol_table *table = &scope->tables[i];

		if (!symbols_find(table, mark))
			continue;
#define X(result, name, parameters)                                                                \
	if (!libc.name) {                                                                          \
		uintptr_t found = symbols_find(table, #name);                                      \
		memcpy(&libc.name, &found, sizeof(found));                                         \
	}
		LIBC_FUNCTIONS(X)
#undef X
	}
}

/* False: libc lacks something, or libpthread has not been loaded yet. */
static IN_START bool resolve_libc(const struct symbol_scope *scope)
{
	bool is_complete = true;

	/* Of libpthread first, which was an object of its own before 2.34: what libc has by
	 * the same names then does nothing. */
	resolve_libc_in(scope, "__pthread_unwind_next");
	resolve_libc_in(scope, "gnu_get_libc_version");
#define X(result, name, parameters) is_complete &= libc.name != NULL;
	LIBC_FUNCTIONS(X)
#undef X
	return is_complete;
}

/* The newest version is the one that is asked for, wherever one is. */
static IN_START void *resolve(const struct symbol_scope *scope, const char *name,
			      const char *version)
{
	uintptr_t found = symbols_find_in(scope, name);

	return found ? (void *)found : ask_loader(name, version);
}

/* The linker's names for the ends of the section; weak, for it may be empty. */
extern const struct real_function __start_real_functions[] __attribute__((weak)) HIDDEN;
extern const struct real_function __stop_real_functions[] __attribute__((weak)) HIDDEN;

static IN_START void *meant_by(const int32_t *distance)
{
	return (char *)(uintptr_t)distance + *distance;
}

static IN_START bool resolve_entries(const struct symbol_scope *scope)
{
	bool missing = false;

	/* Both names are of one section. */
	for (const struct real_function *entry = __start_real_functions;
	     /* cppcheck-suppress comparePointers */
	     entry < __stop_real_functions; entry++) {
		const char *name = meant_by(&entry->name), *version = meant_by(&entry->version);
		void *found = entry->may_be_missing
				      ? (void *)symbols_find_next(name, NULL)
				      : resolve(scope, name, *version ? version : NULL);

		memcpy(meant_by(&entry->pointer), &found, sizeof(found));
		missing |= !found && !entry->may_be_missing;
	}
	return missing;
}

/* The last object of the start. */
AT_START static const struct link_map *last_at_start;

static IN_START uint32_t count_objects(void)
{
	uint32_t count = 0;

	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next, count++)
		if (!map->l_next && !last_at_start)
			last_at_start = map;
	return count;
}

COLD void real_find(const char *name, void *pointer)
{
	uintptr_t found = symbols_find_next(name, last_at_start);

	memcpy(pointer, &found, sizeof(found));
}

IN_START void real_resolve(void)
{
	AT_START static uint32_t objects_seen;
	int saved = errno;
	bool missing = false, all;
	struct symbol_scope scope;
	uint32_t objects = count_objects();

	/* libpthread has not come yet. */
	if (objects == objects_seen)
		return;
	objects_seen = objects;
	all = symbols_open_scope(&scope);
#define FIND(name)                                                                                 \
	do {                                                                                       \
		void *found = resolve(&scope, #name, version_of(#name));                           \
		memcpy(&real.name, &found, sizeof(found));                                         \
		missing |= !found;                                                                 \
	} while (0);
#define X(result, name, parameters) FIND(name)
	REAL_FUNCTIONS(X)
#undef X
	missing |= resolve_entries(&scope);
	/* Only the loader can look into an object that has another kind of table. */
#define X(region, result, name, parameters, arguments)                                             \
	if (!all)                                                                                  \
	FIND(name)
	REGION_FUNCTIONS(X)
	NAME_LOOKUPS(X)
	RANDOM_DRAWS(X)
	RANDOM_SEEDS(X)
#undef X
	FIND(exit)
	real.is_complete =
		resolve_libc(&scope) && real.pthread_create && real.fork && real.__register_atfork;
	/* A libpthread that comes later, with libc before 2.34, is resolved when it is there. */
	real.ready = real.pthread_create != NULL;
	/* An old libc lacks some names: the program must not find our error in dlerror(). */
	if (missing && loader.dlerror)
		loader.dlerror();
	errno = saved;
}
