/*
 * Locks inside of libc: a child that hangs in one is FC001, with the function
 * that the holder was inside of; one that merely could is nothing at all.
 */
#include "../unit/suites.h"
#include "run.h"
#include "verdict.h"

/* By glibc 2.36, which hangs in each; docs/regions.md. */
#define HANG(region, lock_name, function, call)                                                    \
	{                                                                                          \
		.command = "regions hang " region, .verdict = GUILTY, .lock = lock_name,           \
		.kind = "libc lock", .waiting_in = function, .inside = function,                   \
		.start_routine = "hammer", .acquired = call " hammer@HAMMER",                      \
		.child = call " fork_once@CHILD fork_often@OFTEN",                                 \
		.fork = "fork_once@FORK fork_often@OFTEN with_thread@OFTEN_CALL main@HANG",        \
		.created = "with_thread@CREATE main@HANG", .action = "killed"                      \
	}

#define TWINS(region)                                                                              \
	{.command = "regions unused " region, .verdict = CLEAN},                                   \
		{.command = "regions between " region, .verdict = CLEAN},                          \
	{                                                                                          \
		.command = "regions alone " region, .verdict = CLEAN                               \
	}

#define NAMES "name service (locks of NSS)"

static const struct program_case cases[] = {
	HANG("time-zone", "time zone (tzset_lock)", "localtime_r", "call_time_zone@TIME_ZONE"),
	HANG("environment", "environment (envlock)", "setenv", "call_environment@ENVIRONMENT"),
	HANG("syslog", "syslog (syslog_lock)", "syslog", "call_syslog@SYSLOG"),
	HANG("random", "random numbers (unsafe_state lock)", "random", "call_random@RANDOM"),
	HANG("users", NAMES, "getpwnam", "call_users@USERS"),
	HANG("groups", NAMES, "getgrgid", "call_groups@GROUPS"),
	HANG("resolver", NAMES, "getaddrinfo", "call_resolver@RESOLVER"),
	/* Addresses are no names. */
	{.command = "regions hang numbers", .verdict = CLEAN},
	HANG("hosts", NAMES, "gethostbyname", "call_hosts@HOSTS"),
	HANG("services", NAMES, "getservbyname", "call_services@SERVICES"),
	HANG("loader", "loaded objects (dl_load_write_lock)", "dl_iterate_phdr",
	     "call_loader@LOADER"),
	/* setlocale is called twice, and atexit() is linked into the program. */
	{.command = "regions hang locale",
	 .verdict = GUILTY,
	 .lock = "locales (__libc_setlocale_lock)",
	 .kind = "libc lock",
	 .waiting_in = "setlocale",
	 .inside = "setlocale",
	 .start_routine = "hammer",
	 .action = "killed"},
	{.command = "regions hang exit",
	 .verdict = GUILTY,
	 .lock = "exit handlers (__exit_funcs_lock)",
	 .kind = "libc lock",
	 .start_routine = "hammer",
	 .acquired = "call_exit@EXIT hammer@HAMMER",
	 .child = "call_exit@EXIT fork_once@CHILD",
	 .action = "killed"},
	/* Who has left does not count. */
	{.command = "regions beside time-zone",
	 .verdict = GUILTY,
	 .lock = "time zone (tzset_lock)",
	 .kind = "libc lock",
	 .start_routine = "hammer",
	 .fork = "fork_once@FORK fork_often@OFTEN with_thread@OFTEN_CALL "
		 "beside_idle_thread@BESIDE",
	 .says = "the thread was inside",
	 .action = "killed"},
	TWINS("time-zone"),
	TWINS("environment"),
	TWINS("syslog"),
	TWINS("random"),
	TWINS("locale"),
	TWINS("users"),
	TWINS("groups"),
	TWINS("resolver"),
	TWINS("hosts"),
	TWINS("services"),
	TWINS("loader"),
	TWINS("exit"),

	/* Inside for certain: dl_iterate_phdr() keeps its lock, exit() does not. */
	{.command = "regions inside loader",
	 .verdict = GUILTY,
	 .lock = "loaded objects (dl_load_write_lock)",
	 .kind = "libc lock",
	 .inside = "dl_iterate_phdr",
	 .start_routine = "iterate",
	 .acquired = "iterate@ITERATE",
	 .child = "call_loader@LOADER fork_once@CHILD",
	 .action = "killed"},
	{.command = "regions inside exit", .verdict = CLEAN},
	{.command = "regions thread loader",
	 .verdict = GUILTY,
	 .lock = "loaded objects (dl_load_write_lock)",
	 .kind = "libc lock",
	 .waiting_in = "dl_iterate_phdr",
	 .inside = "dl_iterate_phdr",
	 .acquired = "iterate@ITERATE",
	 .child = "call_loader@LOADER call_once@THREAD",
	 .action = "killed"},
	{.command = "regions thread exit", .verdict = CLEAN},
	/* The word that it waits for is the program's: no lock of libc's, and no lost thread ever
	 * had to do with it. */
	{.command = "regions handler exit",
	 .options = "--hang-after=1s",
	 .verdict = SUSPECTED,
	 .waiting_in = "sem_wait",
	 .missing = "regions",
	 .says = "nothing was seen that ties what it waits for",
	 .child = "wait_for_nobody@NOBODY call_exit_itself@ITSELF fork_once@CHILD",
	 .action = "",
	 .program_status = 42},
};

START_TEST(test_region)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

Suite *regions_suite(void)
{
	Suite *suite = suite_create("regions");
	TCase *regions = tcase_create("regions");

	tcase_set_timeout(regions, 120.0 * run_repeats());
	tcase_add_loop_test(regions, test_region, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, regions);
	return suite;
}
