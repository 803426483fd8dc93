/*
 * Processes that may not be looked at, or not in every way: one line with a cure, and as much of
 * a verdict as is left. Namespaces of processes and of mounts are seen through.
 */
#include "../unit/suites.h"
#include "command.h"
#include "run.h"

#define NEED_ROOT  "test $(id -u) -eq 0 || { echo not root; exit 77; }\n"
#define NEED(test) test " 2>/dev/null || { echo not here: " test "; exit 77; }\n"
#define ATTACHED   "/usr/bin/python3 $SCRIPTS/attached.py "
#define HANGS      "mutex normal hang"
/* A process that does nothing, and what is asked of it. */
#define OF_SLEEPER(command)                                                                        \
	"sleep 60 & P=$!\n" command "; S=$?\n"                                                     \
	"kill -KILL $P; exit $S"
/* As a container runs forkcheck: calls fail, with EPERM or ENOSYS. LeakSanitizer needs ptrace(). */
#define FORBIDDING(code, calls)                                                                    \
	"export ASAN_OPTIONS=detect_leaks=0\n"                                                     \
	"printf '#!/bin/sh\\nexec %s " code " " calls " %s \"$@\"' $CASES/forbids $FORKCHECK >f\n" \
	"chmod +x f\n" ATTACHED "$PWD/f -- "
#define IN_PID_NAMESPACE   "unshare -Urpf --mount-proc "
#define IN_MOUNT_NAMESPACE "unshare -Urm sh -c 'mount -t tmpfs none $PWD/in && cp $CASES/mutex in "

static const struct command_case cases[] = {
	/* Namespaces. */
	{"ids in locks are those of a PID namespace",
	 NEED(IN_PID_NAMESPACE "true") ATTACHED "$FORKCHECK -- " IN_PID_NAMESPACE HANGS, 66, NULL,
	 "held by    T2", 0},
	{"numbers of children are those of a PID namespace",
	 NEED(IN_PID_NAMESPACE "true") ATTACHED "$FORKCHECK --tree -- " IN_PID_NAMESPACE
						"rings shared",
	 66, NULL, "error FC011", 0},
	{"files are those of a mount namespace",
	 "mkdir in\n" NEED(IN_MOUNT_NAMESPACE "'") ATTACHED "$FORKCHECK -- " IN_MOUNT_NAMESPACE
							    "&& exec in/mutex normal hang'",
	 66, NULL, "waits for shared_mutex", 0},
	{"a /proc of another PID namespace misleads nobody",
	 NEED("unshare -Urpf true") "unshare -Urpf $FORKCHECK attach 1", 125, "",
	 "/proc is that of another PID namespace", 1},

	/* A filter of system calls. */
	{"without ptrace() a lock's owner is proven all the same", FORBIDDING("1", "ptrace") HANGS,
	 66, NULL, "filter of system calls forbids ptrace", 0},
	{"without a way to hold it what waits is shown",
	 FORBIDDING("38", "ptrace,process_vm_readv,kcmp,pidfd_open") HANGS, 66, NULL,
	 "waits at   mutex.c:", 0},
	{"without kcmp() what nobody names is suspected",
	 FORBIDDING("1", "kcmp,pidfd_open") "pool hang", 0, NULL, "warning FC002", 0},

	/* Whose, and whether it may be asked. */
	{"another user's process",
	 NEED_ROOT OF_SLEEPER("setpriv --reuid=65534 --regid=65534 --clear-groups "
			      "$FORKCHECK attach $P"),
	 125, "", "it belongs to root; run forkcheck as root\n", 1},
	{"a process with rights that forkcheck lacks",
	 NEED_ROOT OF_SLEEPER("setpriv --bounding-set=-sys_ptrace $FORKCHECK attach $P"), 125, "",
	 "it has capabilities that forkcheck lacks", 1},
	{"forkcheck itself", "sh -c 'exec $FORKCHECK attach $$'", 125, "", "it is forkcheck itself",
	 1},
	/* Not before its parent is one that never waits: a shell would. */
	{"a process that has ended",
	 "(sh -c 'until grep -qx sleep /proc/$PPID/comm; do :; done' & echo $! >p; exec sleep 60) "
	 "& P=$!\n"
	 "until test -s p && grep -q '^State:.Z' /proc/$(cat p)/status; do :; done\n"
	 "$FORKCHECK attach $(cat p); S=$?; kill -KILL $P; exit $S",
	 125, "", "it has ended, and its parent [0-9]* has not waited", 1},
	{"a process that is stopped",
	 OF_SLEEPER("kill -STOP $P; until grep -q '^State:.T' /proc/$P/status; do :; done\n"
		    "$FORKCHECK attach --watch=1s $P"),
	 0, "", "cannot be judged: it is stopped; let it go on", 0},
	{"a thread's number",
	 "/usr/bin/python3 -c 'import threading, time\n"
	 "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
	 "open(\"t\", \"w\").write(str(threading.enumerate()[1].native_id)); time.sleep(60)' & "
	 "P=$!\n"
	 "until test -s t; do :; done\n"
	 "$FORKCHECK attach --watch=1s $(cat t); S=$?; kill -KILL $P; exit $S",
	 0, "", "is a thread of process [0-9]*, which is looked at", 0},
	{"no number of a process", "$FORKCHECK attach 4194305", 125, "", "is no process number", 1},
};

START_TEST(test_attach_refusals)
{
	for (int i = run_repeats(); i > 0; i--)
		command_case_run(&cases[_i]);
}
END_TEST

Suite *attach_refusals_suite(void)
{
	Suite *suite = suite_create("attach_refusals");
	TCase *refusals = tcase_create("refusals");

	tcase_set_timeout(refusals, 60 * run_repeats());
	tcase_add_loop_test(refusals, test_attach_refusals, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, refusals);
	return suite;
}
