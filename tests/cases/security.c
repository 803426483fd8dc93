/*
 * What belongs to somebody stays with them: sessions are private, other users'
 * are left alone, privileged programs get nothing of ours, and a report only
 * reads files.
 */
#include "../unit/suites.h"
#include "command.h"
#include "run.h"

#define NEED_ROOT  "test $(id -u) -eq 0 || { echo not root; exit 77; }\n"
#define NEED(tool) "command -v " tool " >/dev/null || { echo no " tool "; exit 77; }\n"
#define NOBODY     "setpriv --reuid=65534 --regid=65534 --clear-groups "
/* As somebody without rights, in folders that are open to all. */
#define AS_NOBODY                                                                                  \
	NEED_ROOT NEED("setpriv") "chmod 777 . $SESSIONS\n" NOBODY "test -x $FORKCHECK || "        \
				  "{ echo the build is not readable for others; exit 77; }\n"

/* Runs a command and prints how many connections somebody asked a debuginfod server for. */
#define COUNT_CONNECTIONS(command)                                                                 \
	"cat >server <<-'END'\n"                                                                   \
	"	import os, select, socket, subprocess, sys\n"                                            \
	"	server = socket.create_server(('127.0.0.1', 0))\n"                                       \
	"	url = 'http://127.0.0.1:%d' % server.getsockname()[1]\n"                                 \
	"	subprocess.call(sys.argv[1:], env=dict(os.environ, DEBUGINFOD_URLS=url))\n"              \
	"	print(len(select.select([server], [], [], 0)[0]))\n"                                     \
	"END\n"                                                                                    \
	"/usr/bin/python3 server " command

/* A sanitizer looks for leaks with a process of its own. */
#define ONLY_READING "export ASAN_OPTIONS=detect_leaks=0\n"

static const struct command_case cases[] = {
	/* The session file. */
	{"only its owner can read a session",
	 "for mask in 000 022 077 777; do\n"
	 "(umask $mask; $FORKCHECK sh -c 'stat -c \"%a %u\" $FORKCHECK_SESSION'); done | uniq\n"
	 "id -u >me; grep -qx 0 me || exit 77",
	 0, "600 0\n", NULL, 0},
	{"a umask does not shut the program out",
	 AS_NOBODY "for mask in 000 200 400 777; do\n"
		   "(umask $mask; " NOBODY "$FORKCHECK ends exit 7); echo $?; done | uniq",
	 0, "7\n", NULL, 0},
	{"a kept session is its owner's alone",
	 "umask 000; $FORKCHECK --keep-session=s ends exit 0; stat -c %a s", 0, "600\n", NULL, 0},
	{"a kept session does not go through a link",
	 "echo precious >file; ln -s file s; $FORKCHECK --keep-session=s ends exit 0\n"
	 "cat file; test -L s || echo replaced",
	 0, "precious\nreplaced\n", NULL, 0},
	{"names are not to be guessed",
	 "for i in $(seq 30); do $FORKCHECK sh -c 'echo ${FORKCHECK_SESSION##*/}'; done >names\n"
	 "sort -u names | wc -l; grep -vc '^forkcheck-[A-Za-z0-9]\\{6\\}$' names",
	 1, "30\n0\n", NULL, 0},

	/* Sessions of others. */
	{"another user's session is not written to",
	 AS_NOBODY "cat >own <<-'END'\n"
		   "	cp $FORKCHECK_SESSION theirs; chmod 666 theirs; cp theirs before\n"
		   "	env LD_PRELOAD=$LD_PRELOAD FORKCHECK_SESSION=$PWD/theirs " NOBODY
		   "	/bin/true\n"
		   "	cmp theirs before && echo left alone\n"
		   "END\n"
		   "$FORKCHECK sh own",
	 0, "left alone\n", "not observed", 0},
	{"a session behind a link is not written to",
	 "cat >own <<-'END'\n"
	 "	cp $FORKCHECK_SESSION theirs; cp theirs before; ln -s theirs link\n"
	 "	env FORKCHECK_SESSION=$PWD/link /bin/true; cmp theirs before && echo left alone\n"
	 "END\n"
	 "$FORKCHECK sh own",
	 0, "left alone\n", NULL, 0},
	{"what others left is not removed",
	 AS_NOBODY ": >$SESSIONS/forkcheck-abcdef; chmod 666 $SESSIONS/forkcheck-abcdef\n" NOBODY
		   "$FORKCHECK ends exit 7; echo $?\n"
		   "rm $SESSIONS/forkcheck-abcdef && echo still there",
	 0, "7\nstill there\n", NULL, 0},
	{"a session that others left is no trap",
	 "mkdir t; echo precious >t/file; ln -s $PWD/t/file $SESSIONS/forkcheck-abcdef\n"
	 "mkfifo $SESSIONS/forkcheck-abcdeg; $FORKCHECK ends exit 7; echo $?\n"
	 "cat t/file; ls $SESSIONS | wc -l; rm $SESSIONS/*",
	 0, "7\nprecious\n2\n", NULL, 0},

	/* Programs that run with more rights than who starts them. */
	{"a set-user-ID program gets no preload and no session",
	 AS_NOBODY NEED("cc") "cat >p.c <<-'END'\n"
			      "	#include <stdio.h>\n"
			      "	#include <stdlib.h>\n"
			      "	#include <string.h>\n"
			      "	int main(void)\n"
			      "	{\n"
			      "		char line[4096];\n"
			      "		FILE *maps = fopen(\"/proc/self/maps\", \"r\");\n"
			      "		while (fgets(line, sizeof(line), maps))\n"
			      "			if (strstr(line, \"/libforkcheck.so\"))\n"
			      "				puts(\"mapped\");\n"
			      "		puts(getenv(\"LD_PRELOAD\") ? \"preloaded\" : \"left "
			      "alone\");\n"
			      "	}\n"
			      "END\n"
			      "cc -o p p.c && chmod 4755 p || exit 1\n" NOBODY "$FORKCHECK ./p",
	 67, "left alone\n", "set-user-ID", 0},

	/* A report only reads. */
	{"the filter of the next case bites", "refuses /bin/sh -c '/bin/true; exit 0'; echo $?", 0,
	 "159\n", "Bad system call", 0},
	{"a report executes and fetches nothing",
	 ONLY_READING
	 "export DEBUGINFOD_URLS=http://127.0.0.1:9\n"
	 "$FORKCHECK --format=json -o a --keep-session=s mutex normal hang\n"
	 "refuses $FORKCHECK report --format=text --format=json -o b s; echo $?; cmp a b",
	 0, "66\n", "error FC001", 0},
	{"a session that names pipes and devices is read all the same",
	 "cat >rename <<-'END'\n"
	 "	import sys\n"
	 "	data = bytearray(open('s', 'rb').read())\n"
	 "	old, new = (word.encode() for word in sys.argv[1:])\n"
	 "	assert len(new) <= len(old) and old in data\n"
	 "	open('s', 'wb').write(data.replace(old, (b'/' * (len(old) - len(new))) + new))\n"
	 "END\n"
	 "cp $CASES/mutex a-program-with-a-long-name; mkfifo pipe\n"
	 "for name in $PWD/pipe /dev/tty /dev/watchdog .; do\n"
	 "$FORKCHECK --keep-session=s ./a-program-with-a-long-name normal hang 2>e\n"
	 "/usr/bin/python3 rename $PWD/a-program-with-a-long-name $name\n"
	 "timeout 20 $FORKCHECK report s 2>r; echo $?; done | uniq",
	 0, "66\n", NULL, 0},
	{"no server is asked while the program runs",
	 COUNT_CONNECTIONS("$FORKCHECK --quiet mutex normal hang"), 0, "0\n", NULL, 0},
	{"no server is asked for a report",
	 "cp $CASES/mutex m; strip m; $FORKCHECK --quiet --keep-session=s ./m normal "
	 "hang\n" COUNT_CONNECTIONS("$FORKCHECK --quiet report s"),
	 0, "0\n", NULL, 0},
};

START_TEST(test_security)
{
	for (int i = run_repeats(); i > 0; i--)
		command_case_run(&cases[_i]);
}
END_TEST

Suite *security_suite(void)
{
	Suite *suite = suite_create("security");
	TCase *security = tcase_create("security");

	tcase_set_timeout(security, 70.0 * run_repeats());
	tcase_add_loop_test(security, test_security, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, security);
	return suite;
}
