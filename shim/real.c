/*
 * Looks the real functions up. Runs before every other constructor; may take
 * the loader's lock, once and never again.
 */
#include "real.h"
#include "shim.h"
#include "symbols.h"
#include <dlfcn.h>
#include <string.h>

AT_START struct real_functions real;
AT_START struct libc_functions libc;

/*
 * x86-64 has two incompatible condition variables. A plain dlsym may find the
 * old one (GLIBC_2.2.5), which misreads every pthread_cond_t made today.
 */
static const char *version_of(const char *name)
{
	if (strcmp(name, "pthread_cond_wait") == 0 || strcmp(name, "pthread_cond_timedwait") == 0)
		return "GLIBC_2.3.2";
	return NULL;
}

/* The loader's own search, for what ours does not find. NULL: no libdl here. */
static struct {
	void *(*dlsym)(void *, const char *);
	void *(*dlvsym)(void *, const char *, const char *);
	char *(*dlerror)(void);
} loader;

static void *ask_loader(const char *name, const char *version)
{
	if (version)
		return loader.dlvsym ? loader.dlvsym(RTLD_NEXT, name, version) : NULL;
	return loader.dlsym ? loader.dlsym(RTLD_NEXT, name) : NULL;
}

static void find(const char *name, void *pointer)
{
	uintptr_t found = symbols_find_next(name);

	memcpy(pointer, &found, sizeof(found));
}

static void find_loader(void)
{
	find("dlsym", &loader.dlsym);
	find("dlvsym", &loader.dlvsym);
	find("dlerror", &loader.dlerror);
}

/* In the objects that have a name of libc's which nobody else has any use for. */
static void resolve_libc_in(const char *mark)
{
	struct symbol_table table;

	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
		if (!symbols_open(&table, map, NULL) || !symbols_find(&table, mark))
			continue;
#define X(result, name, parameters)                                                                \
	if (!libc.name) {                                                                          \
		uintptr_t found = symbols_find(&table, #name);                                     \
		memcpy(&libc.name, &found, sizeof(found));                                         \
	}
		LIBC_FUNCTIONS(X)
#undef X
	}
}

/* False: libc lacks something, or libpthread has not been loaded yet. */
static bool resolve_libc(void)
{
	bool is_complete = true;

	/* Of libpthread first, which was an object of its own before 2.34: what libc has by
	 * the same names then does nothing. */
	resolve_libc_in("__pthread_unwind_next");
	resolve_libc_in("gnu_get_libc_version");
#define X(result, name, parameters) is_complete &= libc.name != NULL;
	LIBC_FUNCTIONS(X)
#undef X
	return is_complete;
}

/* The newest version is the one that is asked for, wherever one is. */
static void *resolve(const struct symbol_scope *scope, const char *name, const char *version)
{
	uintptr_t found = symbols_find_in(scope, name);

	return found ? (void *)found : ask_loader(name, version);
}

/* The linker's names for the ends of the section; weak, for it may be empty. */
extern const struct real_function __start_real_functions[] __attribute__((weak)) HIDDEN;
extern const struct real_function __stop_real_functions[] __attribute__((weak)) HIDDEN;

static bool resolve_entries(const struct symbol_scope *scope)
{
	bool missing = false;

	/* Both names are of one section. */
	for (const struct real_function *entry = __start_real_functions;
	     /* cppcheck-suppress comparePointers */
	     entry < __stop_real_functions; entry++) {
		void *found = entry->may_be_missing ? (void *)symbols_find_next(entry->name)
						    : resolve(scope, entry->name, entry->version);

		memcpy(entry->pointer, &found, sizeof(found));
		missing |= !found && !entry->may_be_missing;
	}
	return missing;
}

static uint32_t count_objects(void)
{
	uint32_t count = 0;

	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		count++;
	return count;
}

COLD void real_resolve(void)
{
	static uint32_t objects_seen;
	int saved = errno;
	bool missing = false;
	struct symbol_scope scope;
	uint32_t objects = count_objects();

	/* libpthread has not come yet. */
	if (objects == objects_seen)
		return;
	objects_seen = objects;
	symbols_open_scope(&scope);
	find_loader();
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
#define X(region, result, name, parameters, arguments) FIND(name)
	REGION_FUNCTIONS(X)
	RANDOM_DRAWS(X)
	RANDOM_SEEDS(X)
#undef X
	FIND(exit)
	real.is_complete =
		resolve_libc() && real.pthread_create && real.fork && real.__register_atfork;
	/* A libpthread that comes later, with libc before 2.34, is resolved when it is there. */
	real.ready = real.pthread_create != NULL;
	/* An old libc lacks some names: the program must not find our error in dlerror(). */
	if (missing && loader.dlerror)
		loader.dlerror();
	errno = saved;
}
