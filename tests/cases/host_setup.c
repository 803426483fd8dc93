/*
 * Sessions that are damaged or foreign, and machines that have no room, another
 * clock, or numbers of processes that come again.
 */
#include "../unit/suites.h"
#include "command.h"
#include "run.h"

#define COMPLAINT  "^forkcheck: [^\n]+\n$"
#define COMPLAINTS "^(forkcheck: [^\n]+\n)+$"
#define NEED_ROOT  "test $(id -u) -eq 0 || { echo not root; exit 77; }\n"

/* By somebody without rights. */
#define READABLE                                                                                   \
	"setpriv --reuid=54322 --regid=54322 --clear-groups test -x $FORKCHECK || "                \
	"{ echo the build is not readable for others; exit 77; }\n"

#define NOT_SANITIZED                                                                              \
	"ldd $FORKCHECK | grep -q libasan && { echo forkcheck is built with ASan; exit 77; }\n"
/* forkcheck's own clock steps, too. */
#define STEPS NOT_SANITIZED "LD_PRELOAD=$CASES/libsteps.so\n"

/* The script in a mount namespace of its own; session files go where they go by default. */
#define IN_MOUNTS(script)                                                                          \
	NEED_ROOT                                                                                  \
	"unshare -m true || { echo no mount namespaces here; exit 77; }\n"                         \
	"cat >stage <<-'END'\n" script "\nEND\n"                                                   \
	"unset FORKCHECK_SESSION_DIR; unshare -m sh stage"
#define WITHOUT_SHM                                                                                \
	"mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 || exit 77\n"                    \
	"mkdir temporary\n"

/* The status, the errors and what was done. */
#define VERDICT(command)                                                                           \
	"$FORKCHECK --format=json -o report.json " command "\n"                                    \
	"/usr/bin/python3 - $? <<-END\n"                                                           \
	"	import json, sys\n"                                                                      \
	"	findings = [found for found in json.load(open('report.json'))['findings']\n"             \
	"		if found['severity'] == 'error']\n"                                                     \
	"	print(sys.argv[1], [(found['code'], found['count'], found.get('action'))\n"              \
	"		for found in findings])\n"                                                              \
	"END"
#define CLOCKED(offset, command)                                                                   \
	"unshare -T --monotonic " offset                                                           \
	" true || { echo no time namespaces here; exit 77; }\n" VERDICT(                           \
		"unshare -T --monotonic " offset " " command)
#define REUSED(mode)                                                                               \
	NEED_ROOT                                                                                  \
	"unshare -p -f --mount-proc reused forks 2 || { echo no PID namespaces here; exit 77; "    \
	"}\n" VERDICT("unshare -p -f --mount-proc reused " mode)

static const struct command_case cases[] = {
	/* Sessions that are no such, or not whole. */
	{"truncated sessions",
	 "$FORKCHECK --keep-session=s ends exit 0; size=$(stat -c %s s)\n"
	 "for n in 0 1 8 447 448 449 4096 $((size / 2)) $((size - 1)); do\n"
	 "head -c $n s >t; $FORKCHECK report t; echo $?; done | uniq",
	 0, "125\n", COMPLAINTS, 9},
	{"a session with something behind it",
	 "$FORKCHECK --keep-session=s ends exit 0; echo x >>s; $FORKCHECK report s", 125, "",
	 COMPLAINT, 1},
	{"newer and older sessions",
	 "$FORKCHECK --keep-session=s ends exit 0\n"
	 "version=$(od -An -tu1 -j8 -N1 s)\n"
	 "for n in 0 $((version - 1)) $((version + 1)) 255; do printf \"\\\\$(printf %o $n)\" |\n"
	 "dd of=s bs=1 seek=8 conv=notrunc 2>e; $FORKCHECK report s; echo $?; done | uniq",
	 0, "125\n", "^(forkcheck: [^\n]*another version of forkcheck\n){4}$", 4},
	{"files that are no sessions",
	 "mkfifo pipe; for file in /bin/sh /dev/null /dev/zero . pipe /proc/self/mem; do\n"
	 "timeout 10 $FORKCHECK report $file; echo $?; done | uniq",
	 0, "125\n", COMPLAINTS, 6},
	{"damaged sessions",
	 "$FORKCHECK --keep-session=s mutex normal hang 2>e; cat >damage <<'END'\n"
	 "import os, random, subprocess, sys\n"
	 "data = open('s', 'rb').read()\n"
	 "for seed in range(20):\n"
	 "	random.seed(seed)\n"
	 "	bad = bytearray(data)\n"
	 "	for _ in range(200):\n"
	 "		bad[random.randrange(448, len(bad))] = random.choice([0, 255, "
	 "random.randrange(256)])\n"
	 "	open('t', 'wb').write(bad)\n"
	 "	status = subprocess.call([os.environ['FORKCHECK'], 'report', 't'],\n"
	 "		stderr=open('r', 'w'), timeout=50)\n"
	 "	if status not in (0, 66, 125) or '\\033' in open('r').read():\n"
	 "		print(seed, status, open('r').read())\n"
	 "END\n"
	 "/usr/bin/python3 damage",
	 0, "", NULL, 0},

	/* Little room. */
	{"no /dev/shm",
	 IN_MOUNTS(WITHOUT_SHM "TMPDIR=$PWD/temporary $FORKCHECK mutex normal hang; echo $?\n"
			       "TMPDIR=$PWD/temporary $FORKCHECK sh -c 'echo "
			       "${FORKCHECK_SESSION%/*}' | grep -c \"^$PWD/temporary$\"\n"
			       "ls temporary"),
	 0, "66\n1\n", "error FC001", 0},
	{"no /dev/shm and no TMPDIR",
	 IN_MOUNTS(WITHOUT_SHM "$FORKCHECK sh -c 'echo ${FORKCHECK_SESSION%/*}'"), 0, "/tmp\n",
	 NULL, 0},
	{"no /dev/shm, and a TMPDIR that is read-only",
	 IN_MOUNTS(WITHOUT_SHM "mount -t tmpfs -o ro none temporary || exit 77\n"
			       "TMPDIR=$PWD/temporary $FORKCHECK ends exit 7"),
	 125, "", COMPLAINT, 1},
	{"a /dev/shm of 64 MiB has room for two",
	 IN_MOUNTS("mount -t tmpfs -o size=64m none /dev/shm || exit 77\n"
		   "$FORKCHECK sh -c '$FORKCHECK mutex normal hang; exit 7'; echo $?\n"
		   "ls /dev/shm"),
	 0, "66\n", "error FC001", 0},
	{"a /dev/shm without exec",
	 IN_MOUNTS("mount -t tmpfs -o noexec none /dev/shm || exit 77\n"
		   "$FORKCHECK mutex normal hang"),
	 66, "", "error FC001", 0},
	{"a /dev/shm that is full from the start",
	 IN_MOUNTS("mount -t tmpfs -o size=64k none /dev/shm && mkdir temporary || exit 77\n"
		   "TMPDIR=$PWD/temporary $FORKCHECK ends exit 7; echo $?; ls /dev/shm temporary"),
	 0, "7\n/dev/shm:\n\ntemporary:\n", NULL, 0},
	{"a full disk for the session that is kept",
	 NEED_ROOT "mkdir full && mount -t tmpfs -o size=64k none full || exit 77\n"
		   "trap 'umount full' EXIT\n"
		   "$FORKCHECK --keep-session=full/s ends exit 7; echo $?; ls full",
	 0, "125\n", COMPLAINT, 1},
	{"a full disk for the report", "$FORKCHECK --format=json -o /dev/full ends exit 7; echo $?",
	 0, "125\n", COMPLAINT, 1},
	{"a limit of processes that forkcheck has too",
	 NEED_ROOT READABLE NOT_SANITIZED
	 "chmod 777 . $SESSIONS; for n in 1 2 3 4 5; do\n"
	 "setpriv --reuid=54322 --regid=54322 --clear-groups prlimit --nproc=$n "
	 "$FORKCHECK ends exit 7 2>errors$n; status=$?\n"
	 "case $status in 7) ;; 125) test $(wc -l <errors$n) -eq 1 || cat errors$n;;\n"
	 "*) echo $n: $status; cat errors$n;; esac; done; ls $SESSIONS",
	 0, "", NULL, 0},

	/* Clocks. */
	{"the time of day steps", STEPS "export LD_PRELOAD\n" VERDICT("mutex normal hang"), 0,
	 "66 [('FC001', 1, 'killed')]\n", NULL, 0},
	{"the time of day steps: a pool", STEPS "export LD_PRELOAD\n" VERDICT("pool hang"), 0,
	 "66 [('FC002', 1, 'killed')]\n", NULL, 0},
	{"the time of day steps: nothing wrong",
	 STEPS "export LD_PRELOAD\n$FORKCHECK pool restarted", 0, "", NULL, 0},
	{"a clock that is ahead", CLOCKED("100000", "pool hang"), 0,
	 "66 [('FC002', 1, 'killed')]\n", NULL, 0},
	{"a clock that is behind", CLOCKED("-1000", "pool hang"), 0,
	 "66 [('FC002', 1, 'killed')]\n", NULL, 0},
	{"a clock that is ahead: a lock", CLOCKED("100000", "mutex normal hang"), 0,
	 "66 [('FC001', 1, 'killed')]\n", NULL, 0},
	{"a clock that is behind: a lock", CLOCKED("-1000", "mutex normal hang"), 0,
	 "66 [('FC001', 1, 'killed')]\n", NULL, 0},
	{"a clock that is ahead: nothing wrong", CLOCKED("100000", "pool restarted"), 0, "0 []\n",
	 NULL, 0},

	/* Numbers that come again. */
	{"50 children with one number", REUSED("forks 50"), 0, "0 []\n", NULL, 0},
	{"50 children with one number, and the last one hangs", REUSED("hang 50"), 0,
	 "66 [('FC001', 1, 'killed')]\n", NULL, 0},
	{"a child with the number of one that hung", REUSED("after"), 0,
	 "66 [('FC001', 1, None)]\n", NULL, 0},
};

START_TEST(test_host_setup)
{
	for (int i = run_repeats(); i > 0; i--)
		command_case_run(&cases[_i]);
}
END_TEST

Suite *host_setup_suite(void)
{
	Suite *suite = suite_create("host_setup");
	TCase *host_setup = tcase_create("host_setup");

	tcase_set_timeout(host_setup, 70.0 * run_repeats());
	tcase_add_loop_test(host_setup, test_host_setup, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, host_setup);
	return suite;
}
