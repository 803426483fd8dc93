/*
 * These are the tables of libc's regions and of what each version of glibc does, and how to
 * look them up.
 */
#include "libc_regions.h"
#include <stdlib.h>
#include <string.h>

static const struct libc_region regions[REGIONS] = {
	[REGION_TIME_ZONE] = {"time zone (tzset_lock)",
			      "localtime, gmtime, ctime, mktime, timegm, tzset, strftime and kin"},
	[REGION_ENVIRONMENT] = {"environment (envlock)", "setenv, putenv, unsetenv, clearenv"},
	[REGION_SYSLOG] = {"syslog (syslog_lock)",
			   "openlog, syslog, vsyslog, closelog, setlogmask"},
	[REGION_RANDOM] = {"random numbers (unsafe_state lock)",
			   "random, srandom, rand, srand, initstate, setstate"},
	[REGION_LOCALE] = {"locales (__libc_setlocale_lock)",
			   "setlocale, newlocale, duplocale, freelocale"},
	[REGION_NAME_SERVICE] = {"name service (locks of NSS)",
				 "getaddrinfo, getnameinfo, gethostby*, getpw*, getgr*, getserv*, "
				 "getproto*, initgroups"},
	[REGION_LOADER] = {"loaded objects (dl_load_write_lock)", "dl_iterate_phdr"},
	[REGION_EXIT] = {"exit handlers (__exit_funcs_lock)", "atexit, on_exit, exit"},
};

#define MINOR(minor) minor,
const int libc_versions[LIBC_TRIED] = {LIBC_VERSIONS(MINOR)};

#define HANGS   EFFECT_HANGS
#define SAFE    EFFECT_SAFE
#define UNTRIED EFFECT_UNTRIED
#define ALWAYS                                                                                     \
	{                                                                                          \
		HANGS, HANGS, HANGS, HANGS                                                         \
	}
#define NEVER                                                                                      \
	{                                                                                          \
		SAFE, SAFE, SAFE, SAFE                                                             \
	}
const struct libc_fact libc_facts[] = {
	{"time zone", REGION_TIME_ZONE, ALWAYS, "time/tzset.c: tzset_lock"},
	{"environment", REGION_ENVIRONMENT, ALWAYS, "stdlib/setenv.c: envlock"},
	{"syslog", REGION_SYSLOG, ALWAYS, "misc/syslog.c: syslog_lock"},
	{"random numbers", REGION_RANDOM, ALWAYS, "stdlib/random.c: lock"},
	{"locales", REGION_LOCALE, ALWAYS, "locale/setlocale.c: __libc_setlocale_lock"},
	{"name service", REGION_NAME_SERVICE, ALWAYS, "nss/getXXbyYY.c: lock; resolv/, nss/"},
	{"dl_iterate_phdr", REGION_LOADER, ALWAYS, "elf/dl-iteratephdr.c: dl_load_write_lock"},
	{"registration with atexit", REGION_EXIT, ALWAYS, "stdlib/cxa_atexit.c: __exit_funcs_lock"},
	{"exit() within exit()", 0, {SAFE, SAFE, HANGS, HANGS}, "stdlib/exit.c"},
	{"pthread_cond_signal, lost waiters",
	 0,
	 {HANGS, HANGS, SAFE, SAFE},
	 "nptl/pthread_cond_common.c"},
	{"pthread_join of a lost thread",
	 0,
	 {SAFE, SAFE, SAFE, HANGS},
	 "nptl/pthread_join_common.c"},
	{"malloc", 0, NEVER, "posix/fork.c: __malloc_fork_unlock_child"},
	{"stdio", 0, NEVER, "posix/fork.c: fresetlockfiles"},
	{"dlopen, dlsym", 0, NEVER, "posix/fork.c: dl_load_lock"},
	{"pthread_once", 0, NEVER, "nptl/pthread_once.c: __fork_generation"},
	{"pthread_create, system", 0, NEVER, "posix/fork.c: reclaim_stacks"},
	{NULL, 0, {UNTRIED}, NULL},
};

const struct libc_region *libc_region(uint64_t region)
{
	return region && region < REGIONS ? &regions[region] : NULL;
}

static const struct libc_fact *fact_of(enum region region)
{
	for (const struct libc_fact *fact = libc_facts; fact->subject; fact++)
		if (fact->region == region)
			return fact;
	return NULL;
}

enum libc_effect libc_effect_on(enum region region, const char *version)
{
	const struct libc_fact *fact = region ? fact_of(region) : NULL;
	int minor = version && strncmp(version, "2.", 2) == 0 ? atoi(version + 2) : 0;

	for (size_t i = 0; fact && i < LIBC_TRIED && libc_versions[i] <= minor; i++)
		if (minor == libc_versions[i] ||
		    (i + 1 < LIBC_TRIED && minor < libc_versions[i + 1] &&
		     fact->effects[i] == fact->effects[i + 1]))
			return fact->effects[i];
	return EFFECT_UNTRIED;
}

const char *libc_version_of(struct model *model, struct arena *arena, uint32_t process)
{
	const struct model_list *list = model_list(model, RECORD_PROCESS);
	const struct process_facts *facts = model_facts(model, process);

	for (size_t i = 0; facts && i < list->count; i++) {
		const struct record_process *record = model_process(model, list->references[i]);

		if (record->serial == facts->image && record->libc_length)
			return arena_strndup(arena, record->text + record->path_length,
					     record->libc_length);
	}
	return NULL;
}
