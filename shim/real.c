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

static void *ask_loader(const char *name, const char *version)
{
	return version ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);
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

COLD void real_resolve(void)
{
	int saved = errno;
	bool missing = false;
	struct symbol_scope scope;

	symbols_open_scope(&scope);
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
	real.ready = true;
	/* An old libc lacks some names: the program must not find our error in dlerror(). */
	if (missing)
		dlerror();
	errno = saved;
}
