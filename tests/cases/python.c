/*
 * What Python programs are told in their own terms: file, line and function of
 * the fork, of the thread that holds a lock or was lost, and of the child.
 */
#include "../unit/suites.h"
#include "expect.h"
#include "run.h"
#include "verdict.h"

#define PYTHON(program) .command = "/usr/bin/python3 -B $SCRIPTS/" program
/* Debian 12 */
#define INTERPRETER "python3.11"
#define LIBRARY     "libpython3.11.so.1.0"

/* A program that loads it: before its first thread, and once more elsewhere. */
#define EMBEDDED(mode)                                                                             \
	.command = "python-embedded " mode " " LIBRARY " -B $SCRIPTS/python-import.py"
#define UNUSED(mode)                                                                               \
	.command = "python-embedded " mode " " LIBRARY " -B $SCRIPTS/python-import.py unused"

#define SOURCES(name) .sources = "programs/python-" name ".py programs/case.py"

#define WORK(what)                                                                                 \
	PYTHON("python-work.py " what),                                                            \
		.verdict = WARNED, .code = "FC013", .missing = INTERPRETER, .missing_count = 1,    \
		.python_fork = "run_in_child@FORK main@RUN", SOURCES("work")
#define NO_WORK(what) PYTHON("python-work.py " what), .verdict = CLEAN

#define IMPORT_SOURCES "programs/python-import.py programs/case.py programs/preloaded.py"

#define SIGNAL_SOURCES "programs/python-signals.py programs/case.py libraries/libpool.c"

static const struct program_case cases[] = {
	/* The interpreter's own locks are semaphores: no owner, so FC002. */
	{PYTHON("python-lock.py call"), .verdict = GUILTY, .code = "FC002", .missing = INTERPRETER,
	 .missing_count = 1, .waiting_in = "sem_wait", .python_fork = "run_in_child@FORK main@CALL",
	 .python_child = "Account.add@ADD work@WORK run_in_child@IN_CHILD main@CALL",
	 .python_created = "main@START", .python_name = "auditor", .missing_first = "auditor",
	 SOURCES("lock")},
	{PYTHON("python-lock.py call released"), .verdict = CLEAN},
	/* Whose threads they are: those of a package, though there are more of the program's own.
	 */
	{PYTHON("python-client.py"), .verdict = GUILTY, .code = "FC002", .missing = INTERPRETER,
	 .python_child = "Client.flush@FLUSH main@USE",
	 .python_created = "Client.__init__@CREATE main@CLIENT",
	 .says = "a thread of clockwork that does not exist in it", .user = "Client.flush",
	 .attributes = "a lock of Python's", .action = "killed",
	 .sources = "programs/python-client.py programs/site-packages/clockwork/__init__.py"},
	{PYTHON("python-client.py own"), .verdict = GUILTY, .code = "FC002", .action = "killed",
	 .missing = INTERPRETER, .python_child = "main@JOIN",
	 .says = "Python threads \"one\" and \"two\", started at python-client.py:",
	 .sources = "programs/python-client.py"},
	{PYTHON("python-kill.py"), .verdict = WARNED, .code = "FC015", .missing = INTERPRETER,
	 .python_fork = "main@FORK", .python_child = "main@SIGNAL",
	 .sources = "programs/python-kill.py"},
	/* Work that is put into a queue whose thread the child does not have. */
	{WORK("executor"), .python_child = "use_executor@SUBMIT work@USE",
	 .python_name = "ThreadPoolExecutor-0_0"},
	{NO_WORK("executor cured")},
	{NO_WORK("executor stopped")},
	{NO_WORK("executor joined")},
	{WORK("listener"), .python_child = "use_listener@LOG work@USE"},
	{NO_WORK("listener cured")},
	{WORK("queue"), .python_child = "use_worker@PUT work@USE",
	 .python_created = "make_worker@WORKER main@MAKE", .python_name = "worker"},
	{NO_WORK("queue cured")},
	{NO_WORK("queue drained")},
	{NO_WORK("queue joined")},
	{NO_WORK("simple")},
	{NO_WORK("simple drained")},
	{WORK("condition"), .python_child = "Exporter.put@NOTIFY use_exporter@EXPORT work@USE",
	 .python_name = "exporter"},
	{NO_WORK("condition cured")},
	{NO_WORK("condition drained")},
	{PYTHON("python-lock.py process"), .verdict = GUILTY, .code = "FC002",
	 .missing = INTERPRETER, .python_fork = "start_process@START_PROCESS main@PROCESS",
	 .python_child = "Account.add@ADD work@WORK start_process@START_PROCESS main@PROCESS",
	 .python_created = "main@START", .python_name = "auditor",
	 .headline_waits = "Account.add@ADD", .headline_forked = "start_process@START_PROCESS",
	 .headline_who = "main@START", SOURCES("lock")},
	{PYTHON("python-lock.py process released"), .verdict = CLEAN},
	/* The fork that lost the thread, which is not the child's own. */
	{PYTHON("python-lock.py daemon"), .verdict = GUILTY, .code = "FC002",
	 .missing = INTERPRETER, .python_fork = "become_daemon@DAEMON_FORK main@DAEMON",
	 .python_last_fork = "start_process@START_PROCESS become_daemon@IN_DAEMON main@DAEMON",
	 .python_child = "Account.add@ADD work@WORK start_process@START_PROCESS",
	 .python_created = "main@START", .python_name = "auditor", .missing_first = "auditor",
	 .program_status = ANY, SOURCES("lock")},
	{PYTHON("python-lock.py daemon released"), .verdict = CLEAN},
	/* Before os.fork() has returned in the child. */
	{PYTHON("python-lock.py hook"), .verdict = GUILTY, .code = "FC002", .missing = INTERPRETER,
	 .python_fork = "run_in_child@FORK fork_with_hook@CALL_FORK main@HOOK",
	 .python_child = "Account.add@ADD run_in_child@FORK fork_with_hook@CALL_FORK main@HOOK",
	 .python_created = "main@START", .python_name = "auditor", SOURCES("lock")},
	{PYTHON("python-lock.py hook released"), .verdict = CLEAN},
	{PYTHON("python-executor.py"), .verdict = GUILTY, .code = "FC002", .missing = INTERPRETER,
	 .python_fork = "run_in_child@FORK main@CALL",
	 .python_child = "ask@RESULT run_in_child@IN_CHILD main@CALL",
	 .python_created = "ask@RESULT main@FIRST", .python_name = "squares_0",
	 SOURCES("executor")},
	{PYTHON("python-executor.py again"), .verdict = CLEAN},

	/* A lock of a library: who held it was in Python, too. */
	{PYTHON("python-library.py $CASES/libjournal.so"), .verdict = GUILTY,
	 .lock = "journal_mutex", .acquired = "journal_keep@KEEP", .child = "journal_write@WRITE",
	 .python_fork = "run_in_child@FORK main@CALL",
	 .python_child = "write@WRITING run_in_child@IN_CHILD main@CALL",
	 .python_holder = "keep@KEEPING", .python_created = "main@START",
	 .python_name = "Thread-1 (keep)",
	 .sources = "programs/python-library.py programs/case.py libraries/libjournal.c"},
	{PYTHON("python-library.py $CASES/libjournal.so released"), .verdict = CLEAN},

	/* No call that the shim sees: read from the outside alone. */
	{PYTHON("python-parallel.py $CASES/libparallel.so"), .verdict = GUILTY, .code = "FC002",
	 .missing = "libgomp.so.1", .missing_count = 2, .waiting_in = "GOMP_parallel",
	 .python_fork = "run_in_child@FORK main@CALL",
	 .python_child = "compute@COMPUTE run_in_child@IN_CHILD main@CALL",
	 .python_created = "compute@COMPUTE main@FIRST", SOURCES("parallel")},
	{PYTHON("python-parallel.py $CASES/libparallel.so unused"), .verdict = CLEAN},

	/* How the child was started, and what to write instead. */
	{PYTHON("python-start.py fork process"), .verdict = GUILTY, .code = "FC002",
	 .missing = INTERPRETER, .python_fork = "run_process@PROCESS main@HOW",
	 .python_child = "work@WORK run_process@PROCESS main@HOW", .python_created = "main@START",
	 .python_name = "holder", .start_method = "fork",
	 .cure = "multiprocessing.get_context(\"spawn\").Process(", SOURCES("start")},
	/* The pool would replace a killed worker by another that hangs. */
	{PYTHON("python-start.py fork pool"), .options = "--on-deadlock=end-run", .verdict = GUILTY,
	 .code = "FC002", .missing = INTERPRETER, .program_status = ANY,
	 .python_fork = "run_pool@POOL main@HOW",
	 .python_child = "work@WORK run_pool@POOL main@HOW", .python_name = "holder",
	 .start_method = "fork", .cure = "multiprocessing.get_context(\"spawn\").Pool(",
	 SOURCES("start")},
	{PYTHON("python-start.py fork executor"), .verdict = GUILTY, .code = "FC002",
	 .missing = INTERPRETER, .python_fork = "run_executor@EXECUTOR main@HOW",
	 .python_child = "work@WORK run_executor@EXECUTOR main@HOW", .python_name = "holder",
	 .start_method = "fork",
	 .cure = "ProcessPoolExecutor(mp_context=multiprocessing.get_context(\"spawn\"))",
	 SOURCES("start")},
	{PYTHON("python-start.py fork process released"), .verdict = CLEAN},
	{PYTHON("python-start.py fork pool released"), .verdict = CLEAN},
	{PYTHON("python-start.py fork executor released"), .verdict = CLEAN},
	{PYTHON("python-start.py spawn process"), .verdict = CLEAN},
	{PYTHON("python-start.py spawn pool"), .verdict = CLEAN},
	{PYTHON("python-start.py spawn executor"), .verdict = CLEAN},
	{PYTHON("python-start.py forkserver process"), .verdict = CLEAN},
	{PYTHON("python-start.py forkserver pool"), .verdict = CLEAN},
	{PYTHON("python-start.py forkserver executor"), .verdict = CLEAN},
	{PYTHON("python-preload.py"), .verdict = GUILTY, .code = "FC002", .missing = INTERPRETER,
	 .missing_count = 1, .python_child = "work@SERVED", .python_created = "<module>@PRELOADED",
	 .python_name = "preloaded_0", .start_method = "forkserver",
	 .cure = "set_forkserver_preload() brought these threads into the fork server",
	 .sources = "programs/python-preload.py programs/preloaded.py"},
	{PYTHON("python-preload.py $CASES/libjournal.so"), .verdict = GUILTY,
	 .lock = "journal_mutex", .python_child = "write@WRITING",
	 .python_created = "<module>@KEEPER", .python_name = "keeper", .start_method = "forkserver",
	 .cure = "at first use (preloaded_journal.py:",
	 .sources = "programs/python-preload.py programs/preloaded_journal.py"},
	{PYTHON("python-preload.py unused"), .verdict = CLEAN},

	/* An interpreter that comes by dlopen(), and goes by dlclose(). */
	{EMBEDDED("first"), .verdict = GUILTY, .code = "FC002", .missing = LIBRARY,
	 .missing_count = 1, .python_fork = "run_in_child@FORK main@CALL",
	 .python_child = "use@USE run_in_child@IN_CHILD main@CALL",
	 .python_created = "<module>@PRELOADED <module>@IMPORT", .python_name = "preloaded_0",
	 .sources = IMPORT_SOURCES},
	{UNUSED("first"), .verdict = CLEAN},
	{EMBEDDED("again"), .verdict = GUILTY, .code = "FC002", .missing = LIBRARY,
	 .missing_count = 1, .python_fork = "run_in_child@FORK main@CALL",
	 .python_child = "use@USE run_in_child@IN_CHILD main@CALL",
	 .python_created = "<module>@PRELOADED <module>@IMPORT", .python_name = "preloaded_0",
	 .sources = IMPORT_SOURCES},
	{UNUSED("again"), .verdict = CLEAN},
	{.command = "python-embedded unloaded " LIBRARY, .verdict = CLEAN},

	/* The program's function for a signal is run by the interpreter, if that comes back. */
	{PYTHON("python-signals.py native $CASES/libpool.so"), .verdict = GUILTY, .code = "FC002",
	 .missing = "libpool.so", .missing_count = 2, .waiting_in = "pthread_cond_wait",
	 .child = "pool_run@WAIT", .python_fork = "main@OWN_FORK",
	 .python_child = "wait_for_pool@POOL main@BEGIN", .python_created = "main@START",
	 .action = "killed", .sources = SIGNAL_SOURCES},
	{PYTHON("python-signals.py traced $CASES/libpool.so"), .verdict = GUILTY, .code = "FC002",
	 .missing = "libpool.so", .missing_count = 2, .waiting_in = "pthread_cond_wait",
	 .action = "killed", .sources = SIGNAL_SOURCES},
	{PYTHON("python-signals.py lock $CASES/libpool.so"), .verdict = CLEAN, .program_status = 7},
	{PYTHON("python-signals.py semaphore $CASES/libpool.so"), .verdict = CLEAN,
	 .program_status = 7},
	{PYTHON("python-signals.py futex $CASES/libpool.so"), .verdict = CLEAN,
	 .program_status = 7},

	/* What cannot be read costs the Python frames and nothing else. */
	{.command = "unknown-python",
	 .verdict = GUILTY,
	 .code = "FC002",
	 .missing = "unknown-python",
	 .missing_count = 1,
	 .waiting_in = "sem_wait",
	 .fork = "main@FORK",
	 .child = "main@WAIT",
	 .python_problem = "CPython 3.99"},
};

START_TEST(test_python)
{
	for (int i = run_repeats(); i > 0; i--)
		run_program_case(&cases[_i]);
}
END_TEST

/* As pip installs it, where Debian's interpreter looks for it. */
static const char packaged[] =
	"site=$PWD/venv/lib/python3.11/site-packages\n"
	"mkdir -p $site/meter $site/meter_client-1.2.3.dist-info\n"
	"cp $SCRIPTS/meter-client.py $site/meter/client.py\n"
	"cd $site/meter_client-1.2.3.dist-info\n"
	"printf 'Metadata-Version: 2.1\\nName: meter-client\\nVersion: 1.2.3\\n\\nA client.\\n' "
	">METADATA\n"
	"printf 'meter/client.py,,\\nmeter_client-1.2.3.dist-info/RECORD,,\\n' >RECORD\n"
	"cd $OLDPWD\n"
	"PYTHONPATH=$site exec $FORKCHECK --format=json -o report.json -- \\\n"
	"	/usr/bin/python3 -B $SCRIPTS/python-package.py\n";

static void assert_origin(const json_t *frame, const char *origin, const char *version)
{
	ck_assert_ptr_nonnull(frame);
	ck_assert_str_eq(json_string_value(json_object_get(frame, "origin")), origin);
	ck_assert_pstr_eq(json_string_value(json_object_get(frame, "version")), version);
}

START_TEST(test_package)
{
	const json_t *finding, *group, *stack;
	struct run run;

	run_script(&run, packaged);
	ck_assert_int_eq(run.status, 66);
	finding = json_array_get(json_object_get(run.report, "findings"), 0);
	ck_assert_ptr_null(expect_text(finding, "code", "FC002"));
	group = json_array_get(json_object_get(finding, "missing_threads"), 0);
	ck_assert_ptr_null(expect_text(group, "package", "meter-client"));
	ck_assert_ptr_null(expect_text(group, "version", "1.2.3"));
	stack = json_object_get(json_object_get(finding, "child"), "python_stack");
	assert_origin(expect_member(stack, "path", "meter/client.py"), "package", "1.2.3");
	assert_origin(expect_member(stack, "path", "threading.py"), "runtime", NULL);
	assert_origin(expect_member(stack, "function", "count"), "own", NULL);
	run_free(&run);
}
END_TEST

Suite *python_programs_suite(void)
{
	Suite *suite = suite_create("python-programs");
	TCase *python = tcase_create("python"), *packages = tcase_create("packages");

	tcase_set_timeout(python, 70.0 * run_repeats());
	tcase_add_loop_test(python, test_python, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, python);
	tcase_set_timeout(packages, 70);
	tcase_add_test(packages, test_package);
	suite_add_tcase(suite, packages);
	return suite;
}
