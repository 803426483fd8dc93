/*
 * forkcheck scan: among children that wait in many ways the one that hangs is found, and no
 * other; where its documents go.
 */
#include "../unit/suites.h"
#include "command.h"
#include "run.h"

/* On one line, with a list of command lines whose statuses are asked for. */
#define CLIENT(commands)                                                                           \
	"printf '" commands                                                                        \
	"' | /usr/bin/python3 -B $SCRIPTS/scan-client.py \"$FORKCHECK\" \"$CASES/scanned\""

static const struct command_case cases[] = {
	{"finds the one that hangs",
	 CLIENT("scan\\nscan --fail-on=warning\\nscan --fail-on=warning --error-exitcode=9\\n"
		"scan --fail-on=warning --older-than=1d\\nscan --fail-on=note --user=4294967\\n"
		"scan --fail-on=warning --quiet\\nscan --fail-on=proven\\nscan --fail-on=never\\n"),
	 0,
	 "True True [1]\n"
	 "1 True False\n"
	 "scan 0\n"
	 "scan --fail-on=warning 66\n"
	 "scan --fail-on=warning --error-exitcode=9 9\n"
	 "scan --fail-on=warning --older-than=1d 0\n"
	 "scan --fail-on=note --user=4294967 0\n"
	 "scan --fail-on=warning --quiet 66\n"
	 "scan --fail-on=proven 0\n"
	 "scan --fail-on=never 0\n",
	 NULL, 0},
	{"metrics for a collector",
	 "umask 022; $FORKCHECK scan --format=openmetrics -o m.prom && ls m.prom* && stat -c %a "
	 "m.prom && "
	 "tail -n 1 m.prom && grep -c '^forkcheck_scan_scanned [1-9]' m.prom",
	 0, "m.prom\n644\n# EOF\n1\n", NULL, 0},
	{"several documents",
	 "$FORKCHECK scan --format=json -o a --format=text -o b && grep -q forkcheck-scan/1 a && "
	 "grep -q '^forkcheck: [0-9]* process' b",
	 0, "", NULL, 0},
	{"a file that cannot be made", "$FORKCHECK scan -o missing/file", 125, "",
	 "^forkcheck: cannot write 'missing/file': ", 1},
	{"a device that is full", "$FORKCHECK scan -o /dev/full", 125, "",
	 "^forkcheck: cannot write '/dev/full': ", 1},
	{"standard output that is full", "$FORKCHECK scan >/dev/full", 125, "",
	 "^forkcheck: cannot write to standard output: ", 1},
	{"a format of reports alone", "$FORKCHECK scan --format=nonsense", 125, "",
	 "^forkcheck: --format=nonsense: 'scan' has text, json or openmetrics", 1},
	{"a program of that name",
	 "printf '#!/bin/sh\\nexit 7\\n' >scan; chmod +x scan; PATH=.:$PATH $FORKCHECK -- scan", 7,
	 "", NULL, 0},
#ifndef __SANITIZE_ADDRESS__ /* which itself reads it */
	{"without /proc",
	 "unshare -m true 2>why || { cat why; exit 77; }\n"
	 "unshare -m sh -c 'mount -t tmpfs none /proc && exec $FORKCHECK scan'",
	 125, "", "^forkcheck: cannot read /proc: ", 1},
#endif
	{"what another user may see",
	 "test $(id -u) -eq 0 || { echo not root; exit 77; }\n"
	 "command -v setpriv >/dev/null || { echo no setpriv; exit 77; }\n"
	 "as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"; }\n"
	 "as_nobody test -x $FORKCHECK || { echo the build is not readable for others; exit 77; }\n"
	 "as_nobody $FORKCHECK scan | grep -c '^forkcheck: [1-9][0-9]* could not be read'",
	 0, "1\n", NULL, 0},
	{"processes that are hidden",
	 "test $(id -u) -eq 0 || { echo not root; exit 77; }\n"
	 "command -v setpriv >/dev/null || { echo no setpriv; exit 77; }\n"
	 "unshare -m true 2>why || { cat why; exit 77; }\n"
	 "unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc || exit 77\n"
	 "setpriv --reuid=65534 --regid=65534 --clear-groups $FORKCHECK scan' 2>why |\n"
	 "grep -c hidepid || { cat why; exit 77; }",
	 0, "1\n", NULL, 0},
};

START_TEST(test_scan)
{
	for (int i = run_repeats(); i > 0; i--)
		command_case_run(&cases[_i]);
}
END_TEST

Suite *scans_suite(void)
{
	Suite *suite = suite_create("scans");
	TCase *scans = tcase_create("scans");

	tcase_set_timeout(scans, 70.0 * run_repeats());
	tcase_add_loop_test(scans, test_scan, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, scans);
	return suite;
}
