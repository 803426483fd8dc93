/*
 * The command line from outside: statuses, bad input, hostile surroundings.
 * A script that exits with SKIP could not set its stage up and says why.
 */
#include "../unit/suites.h"
#include "command.h"
#include "expect.h"
#include "run.h"
#include <regex.h>
#include <stdio.h>
#include <string.h>

/* forkcheck's own complaint, on a line of its own. */
#define COMPLAINT "^forkcheck: [^\n]+\n"

/* Statuses under a limit: the program's own, or what the shell and forkcheck document. */
#define WITHIN_LIMITS(option, values, usual)                                                       \
	"for limit in " values "; do\n"                                                            \
	"	(ulimit " option " $limit; exec ends exit 7) 2>bare; bare=$?\n"                    \
	"	(ulimit " option " $limit; exec \"$FORKCHECK\" ends exit 7) 2>errors; got=$?\n"    \
	"	case $got in $bare|125|127|67) ;; *) echo \"$limit: $got, not $bare\";; esac\n"          \
	"	[ $got -ne 125 ] || [ $(wc -l <errors) -eq 1 ] || cat errors\n"                          \
	"	[ $limit -lt " usual                                                               \
	" ] || [ $got -eq 7 ] || { echo \"$limit: $got\"; cat errors; }\n"                         \
	"done"

/* A tmpfs of that kind as the session folder, while a command runs. */
#define ON_TMPFS(options, command)                                                                 \
	"mkdir stage\n"                                                                            \
	"mount -t tmpfs -o " options " stage stage 2>why || { cat why; exit 77; }\n"               \
	"trap 'umount stage' EXIT\n"                                                               \
	"export FORKCHECK_SESSION_DIR=$PWD/stage\n" command "\nstatus=$?; ls stage; exit $status"

/* Statuses of forkcheck and of the program, and what was done. */
#define ON_DEADLOCK(action, command)                                                               \
	"$FORKCHECK --on-deadlock=" action " --format=json -o report.json " command "\n"           \
	"/usr/bin/python3 - $? <<-END\n"                                                           \
	"	import json, sys\n"                                                                      \
	"	report = json.load(open('report.json'))\n"                                               \
	"	action = report['findings'][0].get('action', 'null')\n"                                  \
	"	print(sys.argv[1], report['run']['exit_status'], action)\n"                              \
	"END"

/* The live report in the file "live" is there; the process that it is about. */
#define REPORTED   "until grep -qs 'error FC002' live; do sleep 0.05; done\n"
#define FIND_CHILD "child=$(sed -n 's/.* child \\([0-9]*\\) .*/\\1/p' live | head -n 1)\n"

static const struct command_case cases[] = {
	{"version", "$FORKCHECK --version", 0, NULL, NULL, 0},
	{"help", "$FORKCHECK --help", 0, NULL, NULL, 0},
	{"explain", "$FORKCHECK explain FC001 | grep -q orphaned-lock", 0, "", NULL, 0},
	{"explain what is not", "$FORKCHECK explain FC999", 125, "", COMPLAINT, 2},

	/* Exit statuses are the program's own. */
	{"status 0", "$FORKCHECK ends exit 0", 0, "", NULL, 0},
	{"status 7", "$FORKCHECK ends exit 7", 7, "", NULL, 0},
	{"status 255", "$FORKCHECK -- ends exit 255", 255, "", NULL, 0},
	{"SIGTERM again", "exec $FORKCHECK ends raise 15", -15, "", NULL, 0},
	{"SIGKILL again", "exec $FORKCHECK ends raise 9", -9, "", NULL, 0},
	{"SIGSEGV again", "exec $FORKCHECK ends crash", -11, "", NULL, 0},
	{"SIGABRT again", "exec $FORKCHECK ends abort", -6, "", NULL, 0},
	{"crash before main", "exec $FORKCHECK startup", -11, "", NULL, 0},
	{"all descriptors closed", "$FORKCHECK ends close 3", 3, "", NULL, 0},
	{"streams are left alone", "echo hello | $FORKCHECK cat", 0, "hello\n", NULL, 0},
	{"stderr is left alone", "$FORKCHECK ends print hello", 0, "hello\n", "^hello$", 1},
	{"signal sent to forkcheck",
	 "$FORKCHECK sh -c 'trap \"exit 9\" TERM; kill -TERM $PPID; while :; do sleep 0.01; done'",
	 9, "", NULL, 0},

	/* Ordinary programs. */
	{"git", "$FORKCHECK git --version >a && git --version | cmp - a", 0, "", NULL, 0},
	{"gcc", "echo 'int x;' >x.c && $FORKCHECK gcc -c x.c && test -s x.o", 0, "", NULL, 0},
	{"python3", "$FORKCHECK /usr/bin/python3 -c 'print(1)'", 0, "1\n", NULL, 0},
	{"shell pipeline", "$FORKCHECK sh -c 'seq 3 | sort -r | head -n 1'", 0, "3\n", NULL, 0},
	{"static program",
	 "echo 'int main(void) { return 3; }' >s.c && cc -static -o s s.c && $FORKCHECK ./s", 67,
	 "", COMPLAINT, 0},

	/* The next program gets the shim, whatever environment it is given. */
	{"clean environment",
	 "$FORKCHECK --format=json -o r.json env -i \"$(command -v mutex)\" normal hang >a; "
	 "test $? -eq 66 && grep -q FC001 r.json",
	 0, "", NULL, 0},
	{"a preload of its own",
	 "$FORKCHECK --format=json -o r.json env LD_PRELOAD=libm.so.6 mutex normal hang >a; "
	 "test $? -eq 66 && grep -q FC001 r.json",
	 0, "", NULL, 0},
	{"a preload of its own is kept",
	 "$FORKCHECK env -i LD_PRELOAD=libm.so.6 /usr/bin/env | "
	 "grep -q '^LD_PRELOAD=libm.so.6:/.*libforkcheck.so$'",
	 0, "", NULL, 0},

	/* Programs that cannot be run. */
	{"no program", "$FORKCHECK", 125, "", COMPLAINT, 2},
	{"unknown option", "$FORKCHECK --no-such-option true", 125, "", "no-such-option", 2},
	{"unknown format", "$FORKCHECK --format=nonsense true", 125, "", "nonsense", 2},
	{"unknown severity", "$FORKCHECK --fail-on=often true", 125, "", "often", 2},
	{"bad number", "$FORKCHECK --error-exitcode=many true", 125, "", "many", 2},
	{"missing program", "$FORKCHECK ./missing", 127, "", COMPLAINT "$", 1},
	{"missing in PATH", "$FORKCHECK no-such-program", 127, "", COMPLAINT "$", 1},
	{"empty name", "$FORKCHECK ''", 127, "", COMPLAINT "$", 1},
	{"directory", "$FORKCHECK /", 126, "", COMPLAINT "$", 1},
	{"not executable", ": >file; $FORKCHECK ./file", 126, "", COMPLAINT "$", 1},
	{"script", "printf '#!/bin/sh\\nexit 3\\n' >s; chmod +x s; $FORKCHECK ./s", 3, "", NULL, 0},
	{"script without an interpreter",
	 "printf '#!/no/such/shell\\nexit 3\\n' >s; chmod +x s; $FORKCHECK ./s", 127, "",
	 COMPLAINT "$", 1},
	/* A shell and execvp() hand it to /bin/sh. */
	{"script without a shebang", "echo 'exit 3' >s; chmod +x s; $FORKCHECK ./s", 3, "", NULL,
	 0},

	/* Reports. */
	{"text report", "$FORKCHECK mutex normal hang", 66, "",
	 "error FC001 orphaned-lock \\(proven\\)\n.*\n"
	 "  waits at   mutex\\.c:[0-9]+ work +for mutex shared_mutex\n"
	 "  forked at  mutex\\.c:[0-9]+ main +fork #1 .*\n"
	 "  held by    T2 .*mutex\\.c:[0-9]+ holder\n"
	 "  cure       take shared_mutex .*fork #1.*"
	 "main +mutex\\.c:[0-9]+\n.*holder +mutex\\.c:[0-9]+\n.*work +mutex\\.c:[0-9]+\n.*"
	 "why: .*forkcheck: 1 error, 0 warnings",
	 0},
	{"full stacks",
	 "$FORKCHECK mutex normal hang 2>r; ! grep -q ' _start ' r || exit 1\n"
	 "$FORKCHECK --full-stacks --keep-session=s mutex normal hang 2>r; grep -q ' _start ' r "
	 "|| exit 2\n"
	 "$FORKCHECK --full-stacks report s 2>r; grep -q ' _start ' r",
	 0, "", NULL, 0},
	{"text report fits", "$FORKCHECK mutex normal hang 2>r; awk 'length > 80' r", 0, "", NULL,
	 0},
	/* A healthy program, in which a source of the user's has a thread at a fork. */
	{"table of libraries",
	 "cat >own.py <<-END\n"
	 "	import os, threading\n"
	 "	done = threading.Event()\n"
	 "	threading.Thread(target=done.wait).start()\n"
	 "	if not os.fork(): os._exit(0)\n"
	 "	os.wait()\n"
	 "	done.set()\n"
	 "END\n"
	 "$FORKCHECK --summary=libraries --keep-session=s /usr/bin/python3 own.py 2>r || exit 1\n"
	 "grep -q '^  own.py  *1  *1  *-  *-  *-  -$' r || exit 2\n"
	 "awk 'length > 80' r\n"
	 "$FORKCHECK report s --summary=libraries -o again --format=json -o r.json\n"
	 "cmp r again\n"
	 "/usr/bin/python3 -c 'import json; table = json.load(open(\"r.json\"))[\"fork_safety\"]\n"
	 "print(table[\"forks\"], *(row[\"threads_at_forks\"] for row in table[\"libraries\"] "
	 "if row[\"name\"] == \"own.py\"))'",
	 0, "1 1\n", NULL, 0},
	/* Its record went straight to the log. */
	{"a fork is counted once",
	 "$FORKCHECK --notes crowded 2>r; grep -c 'note FC008 threads-lost (observed)$' r", 0,
	 "1\n", NULL, 0},
	{"no colour in a file",
	 "$FORKCHECK mutex normal hang 2>r; ! grep -q \"$(printf '\\033')\" r", 0, "", NULL, 0},
	{"several reports",
	 "$FORKCHECK --format=json -o a.json --format=text -o a.txt mutex normal hang\n"
	 "grep -q FC001 a.json && grep -q FC001 a.txt",
	 0, "", NULL, 0},
	{"report of a clean run", "$FORKCHECK --format=json -o report.json ends exit 7", 7, "",
	 NULL, 0},
	{"unwritable report", "$FORKCHECK -o missing/report ends print hello", 125, "",
	 COMPLAINT "$", 1},
	{"fingerprints are stable",
	 "for i in 1 2; do $FORKCHECK --format=json -o $i.json mutex normal hang\n"
	 "grep -o '\"fingerprint\": *\"[^\"]*\"' $i.json >$i; done; test -s 1 && cmp 1 2",
	 0, "", NULL, 0},
	/* Built anew, position-independent or not, under any name, and five times. */
	{"fingerprints know a program again",
	 "build() { cc -g -pthread -D_GNU_SOURCE -I$SCRIPTS/.. $SCRIPTS/apart.c \"$@\"; }\n"
	 "mkdir d; build -no-pie -o d/fixed; build -pie -fPIE -o moved; cp moved "
	 "d/other-0123456789abcdef\n"
	 "for p in d/fixed ./moved d/other-0123456789abcdef ./moved ./moved; do\n"
	 "	$FORKCHECK --format=json -o r.json $p 15 first second\n"
	 "	grep -o '\"fingerprint\": *\"FC001[^\"]*\"' r.json\n"
	 "done | sort | uniq -c | sed 's/\"f.*//'",
	 0, "      5 \n      5 \n", NULL, 0},
	{"latent passes", "$FORKCHECK mutex normal latent", 0, "", "warning FC005", 0},
	{"predicted fails", "$FORKCHECK reachable mutex free", 66, "", "error FC004", 0},
	{"predicted passes where asked", "$FORKCHECK --fail-on=proven reachable mutex free", 0, "",
	 "error FC004", 0},
	{"proven fails where asked", "$FORKCHECK --fail-on=proven mutex normal hang", 66, "",
	 "error FC001", 0},
	{"latent fails where asked", "$FORKCHECK --fail-on=warning mutex normal latent", 66, "",
	 "warning FC005", 0},
	{"notes pass", "$FORKCHECK calm idle", 0, "", NULL, 0},
	{"notes are shown where asked", "$FORKCHECK --notes calm idle", 0, "", "note FC008", 0},
	{"a single-threaded fork has no note", "$FORKCHECK --notes calm single", 0, "", NULL, 0},
	{"never fails where asked", "$FORKCHECK --fail-on=never mutex normal hang", 137, "",
	 "error FC001", 0},
	{"status of findings", "$FORKCHECK --error-exitcode=9 mutex normal hang", 9, "",
	 "error FC001", 0},
	{"nobody is killed where asked",
	 "$FORKCHECK --on-deadlock=wait --format=json -o report.json mutex normal hang; echo $?\n"
	 "grep -Eo '\"exit_status\": *42' report.json | grep -Eo '[0-9]+'",
	 0, "66\n42\n", NULL, 0},

	/* What is done to a process whose hang is proven. The program alone would take fifteen
	 * seconds and return 42. */
	{"hung: killed", ON_DEADLOCK("kill", "pool hang"), 0, "66 137 killed\n", NULL, 0},
	{"hung: aborted", ON_DEADLOCK("abort", "pool hang"), 0, "66 134 aborted\n", NULL, 0},
	{"hung: left alone", ON_DEADLOCK("wait", "pool hang"), 0, "66 42 null\n", NULL, 0},
	{"hung: stopped",
	 "$FORKCHECK --on-deadlock=stop pool hang 2>live &\n" REPORTED FIND_CHILD
	 "until grep -q \"gdb -p $child\" live; do sleep 0.05; done\n"
	 "sed 's/.*) \\(.\\).*/\\1/' /proc/$child/stat; grep -c \"gdb -p $child\" live\n"
	 "kill -9 $child; wait $!; echo $?",
	 0, "T\n1\n66\n", NULL, 0},
	{"hung: the run is ended",
	 "timeout 12 $FORKCHECK --on-deadlock=end-run pool hang 2>live; echo $?\n" FIND_CHILD
	 "test -e /proc/$child && echo $child; grep -c 'error FC002' live",
	 0, "66\n1\n", NULL, 0},
	{"hung: others are ended with the run",
	 "$FORKCHECK --on-deadlock=end-run sh -c "
	 "'sleep 1000 & echo $! >first; env -i sleep 1000 & echo $! >second; pool hang' 2>live\n"
	 "echo $?; ! kill -0 $(cat first) 2>/dev/null && ! kill -0 $(cat second) 2>/dev/null",
	 0, "66\n", NULL, 0},
	{"hung in fork: the run is ended",
	 "timeout 12 $FORKCHECK --on-deadlock=end-run prepare hang", 66, "", "error FC007", 0},
	{"hung: reported while the run goes on",
	 "$FORKCHECK --on-deadlock=wait pool hang 2>live &\n" REPORTED
	 "kill -0 $!; wait $!; grep -c 'error FC002' live",
	 0, "1\n", NULL, 0},

	/* Sessions that were kept. */
	{"kept session gives the same report",
	 "$FORKCHECK --format=json -o a --keep-session=s mutex normal hang; echo $?\n"
	 "$FORKCHECK report s --format=json -o report.json; echo $?; cmp a report.json; stat -c %a "
	 "s",
	 0, "66\n66\n600\n", NULL, 0},
	{"kept session of a clean run",
	 "$FORKCHECK --keep-session=s ends exit 7; echo $?; $FORKCHECK report s", 0, "7\n", NULL,
	 0},
	{"kept sessions as one",
	 "$FORKCHECK --keep-session=a mutex normal hang; $FORKCHECK --keep-session=b mutex normal "
	 "hang\n"
	 "$FORKCHECK report -o r a b; echo $?; grep -c 'FC001.*seen 2 times' r\n"
	 "grep -o '1 error, .* 2 forks, 4 processes' r; grep 'seen:' r",
	 0, "66\n1\n1 error, 0 warnings, 2 forks, 4 processes\n  seen: in 2 session files: a, b\n",
	 "FC001", 0},
	{"a bad session of several",
	 "$FORKCHECK --quiet --keep-session=a mutex normal hang; head -c 4000 a >bad\n"
	 "$FORKCHECK report --format=json -o r a bad a; echo $?; tr -d ' \\n' <r >one\n"
	 "grep -o '\"sessions\":{[^}]*}' one; grep -o '\"seen_in\":[^]]*]' one | sort -u\n"
	 "grep -o '\"incomplete_reason\": .*' r",
	 0,
	 "66\n\"sessions\":{\"files\":3,\"unreadable\":[\"bad\"]}\n"
	 "\"seen_in\":[{\"session\":\"a\",\"count\":1},{\"session\":\"a\",\"count\":1}]\n"
	 "\"incomplete_reason\": \"1 of 3 session files could not be read\"\n",
	 COMPLAINT "$", 1},
	{"a bad session beside a clean one",
	 "$FORKCHECK --keep-session=a ends exit 0; echo x >bad; $FORKCHECK report a bad", 125, "",
	 "^forkcheck: cannot read the session 'bad': [^\n]+\n"
	 "forkcheck: this report is not complete: 1 of 2 session files could not be read\n"
	 "forkcheck: 0 errors",
	 3},
	{"session that cannot be kept", "$FORKCHECK --keep-session=missing/s ends exit 7", 125, "",
	 COMPLAINT "$", 1},
	{"session that is none", "echo x >s; $FORKCHECK report s", 125, "", COMPLAINT "$", 1},
	{"session that is missing", "$FORKCHECK report missing", 125, "", COMPLAINT "$", 1},

	/* What shells complete. */
	{"completion for bash",
	 "command -v bash >/dev/null || exit 77; $FORKCHECK --print-bash-completions >c\n"
	 "cat >t <<'END'\n"
	 ". ./c\n"
	 "attempt() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _forkcheck; echo "
	 "\"${COMPREPLY[@]}\"; }\n"
	 "attempt forkcheck --ba\n"
	 "attempt forkcheck --color = a\n"
	 "attempt forkcheck --baseline = c\n"
	 "attempt forkcheck --notes --format html explain FC001\n"
	 "END\n"
	 "bash t",
	 0, "--baseline\nauto always\nc\nFC001\n", NULL, 0},
	/* Each word that is offered is taken. */
	{"completion knows what options take",
	 "$FORKCHECK --print-fish-completions >c\n"
	 "sed -n \"s/.* -l \\([a-z-]*\\) -x -a '\\(.*\\)' -d .*/\\1 \\2/p\" c >words\n"
	 "while read -r option words; do for word in $words; do\n"
	 "	$FORKCHECK --$option=$word --quiet explain FC001 >/dev/null || echo $option $word\n"
	 "done; done <words; wc -l <words",
	 0, "5\n", NULL, 0},
	{"completion for other shells",
	 "$FORKCHECK --print-zsh-completions >z; $FORKCHECK --print-fish-completions >f\n"
	 "! command -v zsh >/dev/null || zsh -n z; ! command -v fish >/dev/null || fish -n f\n"
	 "grep -c -- --baseline= z; grep -c -- '-l baseline' f",
	 0, "1\n1\n", NULL, 0},

	/* Suppressions. */
	{"suppressed warning",
	 "echo lock:shared_mutex >f; $FORKCHECK --fail-on=warning --suppressions=f mutex normal "
	 "latent",
	 0, "", NULL, 0},
	{"suppressed hang is left alone",
	 "echo lock:shared_mutex >f; $FORKCHECK --suppressions=f mutex normal hang", 42, "", NULL,
	 0},
	{"unused suppression",
	 "$FORKCHECK --keep-session=s ends exit 0; echo lock:other >f\n"
	 "$FORKCHECK report --suppressions=f s",
	 0, "", "^forkcheck: f:1: unused suppression: lock:other\n$", 1},
	{"suppressions that are wrong", "echo mutex:x >f; $FORKCHECK --suppressions=f ends exit 7",
	 125, "", "^forkcheck: f:1: [^\n]*\n$", 1},
	{"printed suppressions suppress",
	 "$FORKCHECK --keep-session=s mutex normal latent 2>r\n"
	 "$FORKCHECK report --print-suppressions s >f 2>r; grep -v '#' f\n"
	 "$FORKCHECK report --fail-on=warning --suppressions=f s",
	 0, "rule:FC005 lock:shared_mutex\n", NULL, 0},

	/* The last words of first's and second's lines are those that tell them apart. */
	{"lines that hide a finding and no other",
	 "$FORKCHECK --keep-session=s --gen-suppressions=f apart 15 first second other 2>r\n"
	 "grep -v '#' f | tee lines\n"
	 "while read line; do\n"
	 "	echo \"$line\" >one; $FORKCHECK report --suppressions=one --gen-suppressions=rest "
	 "s 2>r\n"
	 "	grep -v '#' rest >left; wc -l <left; grep -c 'wait:other' left\n"
	 "done <lines\n"
	 "$FORKCHECK report --suppressions=f s; echo $?",
	 0,
	 "rule:FC001 wait:take file:apart.c fork:hang wait:first\n"
	 "rule:FC001 wait:take file:apart.c fork:hang wait:second\n"
	 "rule:FC001 wait:other file:apart.c fork:hang\n"
	 "2\n1\n2\n1\n2\n0\n0\n",
	 NULL, 0},
	{"what was hidden stays silent beside a third",
	 "$FORKCHECK --gen-suppressions=f apart 15 first second 2>r\n"
	 "$FORKCHECK --suppressions=f apart 2 second other first 2>r; echo $?\n"
	 "grep -c 'error FC001' r; grep -c 'wait:other' r; grep -c '2 suppressed' r",
	 0, "66\n1\n1\n1\n", NULL, 0},
	{"suppressions that cannot be written",
	 "$FORKCHECK --gen-suppressions=missing/f ends exit 7", 125, "", COMPLAINT "$", 1},

	/* The shim reaches what it must reach. */
	{"child of a shell", "$FORKCHECK sh -c 'mutex normal hang; exit 5'", 66, "", "error FC001",
	 0},
	{"a preload of the user's own",
	 "export ASAN_OPTIONS=verify_asan_link_order=0\n"
	 "LD_PRELOAD=$CASES/libjournal.so $FORKCHECK mutex normal hang",
	 66, "", "error FC001", 0},
	{"installed",
	 "mkdir -p i/bin i/lib/forkcheck && cp $FORKCHECK i/bin/forkcheck &&\n"
	 "cp ${FORKCHECK%/*}/libforkcheck.so i/lib/forkcheck/ && i/bin/forkcheck mutex normal hang",
	 66, "", "error FC001", 0},
	{"without its shim", "mkdir i && cp $FORKCHECK i/forkcheck && i/forkcheck true", 125, "",
	 COMPLAINT "$", 1},

	/* Little room. */
	{"few descriptors", WITHIN_LIMITS("-n", "3 4 5 6 7 8 9 10 11 12 13 14 15 16 32", "16"), 0,
	 "", NULL, 0},
#ifndef __SANITIZE_ADDRESS__ /* which itself reserves terabytes */
	{"little address space",
	 WITHIN_LIMITS("-v", "2000 4000 8000 16000 24000 32000 48000 64000 96000 128000 2000000",
		       "2000000"),
	 0, "", NULL, 0},
#endif
	{"full tmpfs", ON_TMPFS("size=64k", "$FORKCHECK ends exit 7"), 125, "", COMPLAINT "$", 1},
	{"read-only tmpfs", ON_TMPFS("ro,size=1m", "$FORKCHECK ends exit 7"), 125, "",
	 COMPLAINT "$", 1},
	{"small tmpfs", ON_TMPFS("size=8m", "$FORKCHECK ends exit 7"), 7, "", COMPLAINT "$", 1},
	{"finding on a small tmpfs", ON_TMPFS("size=8m", "$FORKCHECK mutex normal hang"), 66, "",
	 "error FC001", 0},
	/* Programs that never fork, and forks that leave nothing behind, are no news. */
	{"many programs and a small log",
	 ON_TMPFS("size=1500k",
		  "$FORKCHECK sh -c 'for i in $(seq 60); do python3 -c pass; perl -e 1; (:); "
		  "bash -c \"(:); (:)\"; done >/dev/null 2>&1; mutex normal hang'"),
	 66, "", "error FC001.* M1 was held .* 0 events lost", 0},
	{"missing session folder", "FORKCHECK_SESSION_DIR=$PWD/missing $FORKCHECK ends exit 7", 125,
	 "", COMPLAINT "$", 1},

	{"tmpfs without exec", ON_TMPFS("size=40m,noexec", "$FORKCHECK mutex normal hang"), 66, "",
	 "error FC001", 0},
	{"tmpfs that fills up",
	 ON_TMPFS("size=40m", "$FORKCHECK sh -c 'dd if=/dev/zero of=stage/x bs=1M 2>e; rm stage/x; "
			      "mutex normal hang; exit 5'"),
	 66, "", "error FC001", 0},
	{"TMPDIR that is read-only",
	 ON_TMPFS("ro", "unset FORKCHECK_SESSION_DIR; TMPDIR=$PWD/stage $FORKCHECK ends exit 7"), 7,
	 "", NULL, 0},

	/* What the program does to the log. */
	{"the log is unlinked",
	 "$FORKCHECK --require-observed sh -c 'rm $FORKCHECK_SESSION; ends exit 0; exit 7'", 67, "",
	 "ends: the session file is out", 0},
	{"the log is written over",
	 "for skip in 0 1 2 3 4; do\n"
	 "$FORKCHECK sh -c 'dd if=/dev/urandom of=$FORKCHECK_SESSION bs=4k count=1000 seek='$skip' "
	 "conv=notrunc 2>e; ends exit 3; exit 7' 2>r; case $? in 7|66|67) ;; *) echo $?; esac\n"
	 "done",
	 0, "", NULL, 0},
	{"the log is cut", "$FORKCHECK sh -c ': >$FORKCHECK_SESSION; sleep 0.5'; echo $?", 0,
	 "125\n", "forkcheck: the session file was cut ", 0},

	/* Nothing is left behind. */
	{"default session folder",
	 "unset FORKCHECK_SESSION_DIR\n"
	 "$FORKCHECK sh -c 'echo \"$FORKCHECK_SESSION\" >path; mutex normal hang' 2>r\n"
	 "read path <path; echo \"${path%%-*}\"; test ! -e \"$path\"",
	 0, "/dev/shm/forkcheck\n", NULL, 0},
	{"forkcheck is killed",
	 "mkfifo go done\n"
	 "$FORKCHECK sh -c 'kill -9 $PPID; read x <go; calm single; echo $? >status; echo >done'\n"
	 "ls $SESSIONS | wc -l; echo >go; read x <done; cat status\n"
	 "$FORKCHECK true; ls $SESSIONS",
	 0, "1\n0\n", "", 0},

	/* The goroutine's frames behind those of C: of the fork, of the child's wait, of the
	   creator. */
	{"Go calls C",
	 "go version >/dev/null 2>&1 && [ $(go env CGO_ENABLED) = 1 ] || { echo no Go; exit 77; }\n"
	 "export GOPATH=$PWD/path GO111MODULE=off\n"
	 "go build -o calls-c $SCRIPTS/calls-c.go\n"
	 "$FORKCHECK --color=never ./calls-c 2>text; echo $?\n"
	 "grep -cE '#[0-9] work +calls-c.go:(33|36)$' text\n"
	 /* The child's are those of the fork. */
	 "grep -q 'the rest is as at the fork' text || exit 1\n"
	 "grep -cE '#[0-9] main.spawnWorker +calls-c.go:49$' text\n"
	 "grep -cE '#[0-9] main.main +calls-c.go:(54|55)$' text\n"
	 "$FORKCHECK --fail-on=warning ./calls-c given 2>&1; echo $?",
	 0, "66\n2\n1\n2\n0\n", NULL, 0},
};

static int count_lines(const char *text)
{
	int count = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		count++;
	return count;
}

static int matches(const char *text, const char *pattern)
{
	regex_t regex;
	int result;

	ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	result = regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return result == 0;
}

static const char *judge_errors(const struct run *run, const struct command_case *expected)
{
	if (expected->errors == NULL)
		return run->errors[0] != '\0' ? "something was written to stderr" : NULL;
	if (!matches(run->errors, expected->errors))
		return "stderr is not as expected";
	if (expected->lines > 0 && count_lines(run->errors) > expected->lines)
		return "too many lines were written to stderr";
	return NULL;
}

static const char *judge(const struct run *run, const struct command_case *expected)
{
	if (run->status != expected->status)
		return "exit status";
	if (expected->output != NULL && strcmp(run->output, expected->output) != 0)
		return "stdout is not as expected";
	if (run->left_behind != 0)
		return "files were left behind";
	if (run->report != NULL && expect_contract(run->report) != NULL)
		return expect_contract(run->report);
	return judge_errors(run, expected);
}

void command_case_run(const struct command_case *expected)
{
	struct run run;
	const char *difference;

	run_script(&run, expected->script);
	if (run.status == SKIP) {
		printf("skipped: %s: %s", expected->name, run.output);
		fflush(stdout);
	} else {
		difference = judge(&run, expected);
		if (difference != NULL)
			ck_abort_msg("%s: %s (status %d, not %d; %.1f "
				     "s)\nstdout:\n%.500sstderr:\n%.2500s",
				     expected->name, difference, run.status, expected->status,
				     run.seconds, run.output, run.errors);
	}
	run_free(&run);
}

START_TEST(test_command)
{
	for (int i = run_repeats(); i > 0; i--)
		command_case_run(&cases[_i]);
}
END_TEST

Suite *commands_suite(void)
{
	Suite *suite = suite_create("commands");
	TCase *commands = tcase_create("commands");

	tcase_set_timeout(commands, 70.0 * run_repeats());
	tcase_add_loop_test(commands, test_command, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, commands);
	return suite;
}
