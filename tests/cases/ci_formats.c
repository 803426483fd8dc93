/*
 * At home in CI: reports in the formats of CI systems, read by parsers that are not ours; what a
 * baseline lets pass; options from a file.
 */
#include "../unit/suites.h"
#include "command.h"
#include "run.h"

/* A repository with the source of a program that hangs, and the program. */
#define BUILD(flags) "cc -g -pthread -D_GNU_SOURCE -I$SCRIPTS/.. " flags "\n"
#define REPOSITORY                                                                                 \
	"mkdir -p .git src && cp $SCRIPTS/mutex.c src && cd src\n" BUILD(                          \
		"mutex.c -o ../hangs") "cd ..\n"
#define READ(format, file) "/usr/bin/python3 -B $SCRIPTS/formats-client.py " format " " file "\n"
/* One document, from a folder of the repository, and forkcheck's status. */
#define DOCUMENT(format, options, program)                                                         \
	"(cd src && exec $FORKCHECK --format=" format " -o ../document " options " " program       \
	")\necho $?\n" READ(format, "document")

#define DOCUMENT_OF(format, program)                                                               \
	"$FORKCHECK --format=" format " -o document " program "\necho $?\n" READ(format, "documen" \
											 "t")

/* Each byte that ends something somewhere, as the name of a folder, a file and a thread. */
#define HOSTILE "\"$(printf 'a\"<&>\\001](b)%%41,:')\""

#define COMPLAINT(text) "^forkcheck: " text "[^\n]*\n$"

static const struct command_case cases[] = {
	/* Formats. */
	{"sarif", REPOSITORY DOCUMENT("sarif", "--notes", "../hangs normal hang"), 0,
	 "66\n2.1.0 66\n"
	 "error FC001\nat CHILD\nCHILD FORK ACQUIRE\nholder fork child\n"
	 "note FC008\nat FORK\nFORK CREATE\n",
	 NULL, 0},
	{"sarif of a clean run", REPOSITORY DOCUMENT("sarif", "", "ends exit 7"), 0, "7\n2.1.0 7\n",
	 NULL, 0},
	{"sarif of what is suppressed",
	 REPOSITORY "echo rule:FC005 >s\n" DOCUMENT(
		 "sarif", "--fail-on=warning --suppressions=../s", "../hangs normal latent"),
	 0, "0\n2.1.0 0\nwarning FC005 suppressed\nat FORK\nFORK ACQUIRE\nholder fork\n", NULL, 0},
	{"junit", REPOSITORY DOCUMENT("junit", "--notes", "../hangs normal hang"), 0,
	 "66\nhangs | run | system-out\n"
	 "hangs | fork at src/mutex.c main | FC001 orphaned-lock system-out\n",
	 NULL, 0},
	{"junit has what passed", REPOSITORY DOCUMENT("junit", "", "../hangs normal released"), 0,
	 "0\nhangs | run | system-out\nhangs | fork at src/mutex.c main |\n", NULL, 0},
	{"junit fails with the run",
	 REPOSITORY DOCUMENT("junit", "", "../hangs normal latent")
		 DOCUMENT("junit", "--fail-on=warning", "../hangs normal latent"),
	 0,
	 "0\nhangs | run | system-out\nhangs | fork at src/mutex.c main | system-out\n"
	 "66\nhangs | run | system-out\n"
	 "hangs | fork at src/mutex.c main | FC005 lock-held-at-fork\n",
	 NULL, 0},
	{"junit of a run without a fork", REPOSITORY DOCUMENT("junit", "", "ends exit 0"), 0,
	 "0\nends | run | system-out\n", NULL, 0},
	{"junit of a program that cannot be observed",
	 REPOSITORY "echo 'int main(void) { return 3; }' >s.c && cc -static -o s s.c\n" DOCUMENT(
		 "junit", "", "../s"),
	 0, "67\ns | run | unobserved system-out\n", NULL, 0},
	{"github", REPOSITORY DOCUMENT("github", "--notes", "../hangs normal hang"), 0,
	 "66\nerror FC001 orphaned-lock at CHILD\nnotice FC008 threads-lost at FORK\n", NULL, 0},
	{"github goes to the log", REPOSITORY "$FORKCHECK --format=github ./hangs normal latent", 0,
	 "", "^::warning file=src/mutex.c,line=[0-9]+,title=FC005 lock-held-at-fork::[^\n]+\n$", 1},
	{"github says nothing of a clean run", "$FORKCHECK --format=github calm idle", 0, "", NULL,
	 0},
	{"gitlab", REPOSITORY DOCUMENT("gitlab", "--notes", "../hangs normal hang"), 0,
	 "66\ncritical FC001 orphaned-lock at CHILD\ninfo FC008 threads-lost at FORK\n", NULL, 0},
	{"gitlab of a clean run", REPOSITORY DOCUMENT("gitlab", "", "ends exit 0"), 0, "0\n", NULL,
	 0},
	{"html", REPOSITORY DOCUMENT("html", "--notes", "../hangs normal hang"), 0,
	 "66\n1 error 0 warnings\nerror FC001 held after waits\nnote FC008\n", NULL, 0},
	{"html of a wait cycle", DOCUMENT_OF("html", "rings full"), 0,
	 "66\n1 error 0 warnings\nerror FC011 waits box box\n", NULL, 0},
	{"html of a clean run", REPOSITORY DOCUMENT("html", "", "ends exit 0"), 0,
	 "0\n0 errors 0 warnings\n", NULL, 0},
	{"hostile names",
	 "name=" HOSTILE
	 "; mkdir -p .git \"$name\"; cp $SCRIPTS/mutex.c \"$name\"; cd \"$name\"\n" BUILD(
		 "mutex.c -o \"../$name$name\"") "cd ..; mv \"$name$name\" \"$name/$name\"\n"
						 "for format in sarif junit github gitlab html; "
						 "do\n"
						 "	$FORKCHECK --format=$format -o document "
						 "\"$name/$name\" normal hang; echo $?\n"
						 "	" READ("$format", "document") "done",
	 0,
	 "66\n2.1.0 66\nerror FC001\nat CHILD\nCHILD FORK ACQUIRE\nholder fork child\n"
	 "66\na\"<&>\\x01](b)%41,: | run | system-out\n"
	 "a\"<&>\\x01](b)%41,: | fork at a\"<&>\\x01](b)%41,:/mutex.c main | FC001 "
	 "orphaned-lock\n"
	 /* A line of a log has no control characters: GitHub does not find this file. */
	 "66\nerror FC001 orphaned-lock at no file\n"
	 "66\ncritical FC001 orphaned-lock at CHILD\n"
	 "66\n1 error 0 warnings\nerror FC001 held after waits\n",
	 NULL, 0},
	{"all formats of a kept session",
	 REPOSITORY "$FORKCHECK --keep-session=s --format=sarif -o a --format=junit -o b "
		    "--format=github -o c --format=gitlab -o d --format=html -o e ./hangs normal "
		    "hang; echo $?\n"
		    "$FORKCHECK report s --format=sarif -o A --format=junit -o B "
		    "--format=github -o C --format=gitlab -o D --format=html -o E; echo $?\n"
		    "cmp a A; cmp b B; cmp c C; cmp d D; cmp e E",
	 0, "66\n66\n", NULL, 0},

	{"help of sarif lies where it was installed",
	 "mkdir -p i/bin i/lib/forkcheck i/share/doc/forkcheck/rules\n"
	 "cp $FORKCHECK i/bin/forkcheck; cp ${FORKCHECK%/*}/libforkcheck.so i/lib/forkcheck\n"
	 "i/bin/forkcheck --format=sarif -o s ends exit 0; echo $?\n"
	 "sed -n 's|.*\"helpUri\": \"file://\\(.*\\)FC001.md\".*|\\1|p' s >folder\n"
	 "test i/share/doc/forkcheck/rules -ef \"$(cat folder)\" && wc -l <folder",
	 0, "0\n1\n", NULL, 0},

	/* Baselines. */
	{"a baseline lets known findings pass",
	 "$FORKCHECK --fail-on=warning --quiet --write-baseline=b mutex normal latent; echo $?\n"
	 "grep -c '^FC005-' b; $FORKCHECK --fail-on=warning --baseline=b mutex normal latent",
	 0, "66\n1\n", NULL, 0},
	{"a baseline lets nothing new pass",
	 "$FORKCHECK --quiet --fail-on=warning --write-baseline=b mutex normal latent; echo $?\n"
	 "$FORKCHECK --fail-on=warning --baseline=b mutex normal hang",
	 66, "66\n", "error FC001", 0},
	/* Built anew, at other lines, at other addresses; the hang is still ended. */
	{"a baseline knows a program again",
	 REPOSITORY "$FORKCHECK --quiet --write-baseline=b ./hangs normal hang; echo $?\n"
		    "{ seq 40 | sed 's|^|// |'; cat src/mutex.c; } >moved.c\n" BUILD(
			    "-O1 -no-pie moved.c -o moved")
			    BUILD("-pie -fPIE moved.c -o anew") "cp anew other\n"
								"for p in ./hangs ./moved "
								"./anew ./other; do\n"
								"	$FORKCHECK --baseline=b "
								"$p normal hang; echo $?\n"
								"done",
	 0, "66\n137\n137\n137\n137\n",
	 "^(forkcheck: error FC001 orphaned-lock: child [0-9]+ hangs, as in the baseline; "
	 "forkcheck killed it\n){4}$",
	 4},
	{"a baseline of a kept session",
	 "$FORKCHECK --quiet --keep-session=s mutex normal hang; echo $?\n"
	 "$FORKCHECK report --quiet --write-baseline=b s; echo $?\n"
	 "$FORKCHECK report --baseline=b s; echo $?",
	 0, "66\n66\n0\n", NULL, 0},
	{"formats tell what is known",
	 REPOSITORY "$FORKCHECK --quiet --write-baseline=b ./hangs normal latent\n" DOCUMENT(
		 "sarif", "--fail-on=warning --baseline=../b", "../hangs normal latent")
		 DOCUMENT("junit", "--fail-on=warning --baseline=../b", "../hangs normal latent")
			 DOCUMENT("gitlab", "--fail-on=warning --baseline=../b",
				  "../hangs normal latent") "$FORKCHECK --baseline=b --format=json "
							    "-o r ./hangs normal latent\n"
							    "grep -E '\"(known|warnings)\": "
							    "[0-9]+,$' r | head -n 2 | tr -d ' '",
	 0,
	 "0\n2.1.0 0\nwarning FC005 unchanged\nat FORK\nFORK ACQUIRE\nholder fork\n"
	 "0\nhangs | run | system-out\nhangs | fork at src/mutex.c main | skipped system-out\n"
	 "0\n\"warnings\":0,\n\"known\":1,\n",
	 NULL, 0},
	{"a baseline of a process that was attached to",
	 "mutex normal hang & p=$!; trap 'kill $c $p' EXIT\n"
	 "until c=$(cat /proc/$p/task/$p/children) && [ \"$c\" ]; do sleep 0.05; done\n"
	 "until grep -q futex /proc/${c% }/wchan; do sleep 0.05; done\n"
	 "$FORKCHECK attach --tree --watch=1s --quiet --write-baseline=b $p; echo $?\n"
	 "$FORKCHECK attach --tree --watch=1s --baseline=b --format=sarif -o s $p; echo $?\n"
	 "grep -o '\"baselineState\": .*' s; grep '\"exitCode\"' s | tr -d ' '",
	 0, "66\n0\n\"baselineState\": \"unchanged\",\n\"exitCode\":0,\n", NULL, 0},
	{"a baseline that is missing", "$FORKCHECK --baseline=gone ends print hello", 125, "",
	 COMPLAINT("cannot read 'gone': No such file"), 1},
	{"a baseline that is none",
	 "$FORKCHECK --format=json -o r ends exit 0; $FORKCHECK --baseline=r ends print hello", 125,
	 "", COMPLAINT("r:1: '\\{' is no line of a baseline"), 1},
	{"a baseline of other bytes",
	 "head -c 4096 /dev/urandom | tr '\\n' '\\001' >r; $FORKCHECK --baseline=r ends print "
	 "hello",
	 125, "", COMPLAINT("r:1: "), 1},
	{"a baseline that cannot be written", "$FORKCHECK --write-baseline=gone/b ends exit 7", 125,
	 "", COMPLAINT("cannot write 'gone/b': No such file"), 1},

	/* Options from a file. */
	{"the nearest file of options counts",
	 "mkdir -p a/b/c; echo --notes >.forkcheckrc; echo --fail-on=warning >a/.forkcheckrc\n"
	 "cd a/b/c; $FORKCHECK mutex normal latent 2>e; echo $?; grep -c FC008 e",
	 1, "66\n0\n", NULL, 0},
	{"what comes later wins",
	 "echo --fail-on=warning --error-exitcode=8 >.forkcheckrc\n"
	 "$FORKCHECK --quiet mutex normal latent; echo $?\n"
	 "export FORKCHECK_OPTIONS='--quiet --error-exitcode=9'\n"
	 "$FORKCHECK mutex normal latent; echo $?\n"
	 "$FORKCHECK --error-exitcode=10 mutex normal latent; echo $?\n"
	 "$FORKCHECK --config=/dev/null mutex normal latent; echo $?",
	 0, "8\n9\n10\n0\n", NULL, 0},
	{"files of a file of options lie beside it",
	 "mkdir ci a; echo 'rule:FC005' >ci/known\n"
	 "printf '%s\\n' '# here' '--suppressions=ci/known --fail-on=warning' '' "
	 "'--format=json  # and' '-o \"a b\"' >.forkcheckrc\n"
	 "cd a; $FORKCHECK mutex normal latent; echo $?; ls; cd ..; ls -d a*; "
	 "grep -c '\"suppressed\": 1' 'a b'",
	 0, "0\na\na b\n1\n", NULL, 0},
	{"a file of options that is named",
	 "mkdir a; echo --error-exitcode=9 >a/options; echo --nonsense >.forkcheckrc\n"
	 "$FORKCHECK --quiet --config=a/options mutex normal hang; echo $?\n"
	 "FORKCHECK_OPTIONS=--config=a/options $FORKCHECK --quiet mutex normal hang; echo $?",
	 0, "9\n9\n", NULL, 0},
	{"reports of a file of options are not a scan's",
	 "echo --format=sarif -o document >.forkcheckrc; $FORKCHECK scan --older-than=999d; echo "
	 "$?\n"
	 "ls",
	 0, NULL, NULL, 0},
	{"where options came from",
	 "printf '%s\\n' '--fail-on=warning --quiet' '--format=sarif -o s' "
	 "--suppressions=x >.forkcheckrc\n"
	 "FORKCHECK_OPTIONS='--hang-after=3s --suppressions=y' $FORKCHECK --fail-on error "
	 "--format=junit --show-config no-such-program | sed \"s|$PWD|HERE|g\"",
	 0,
	 "options file: HERE/.forkcheckrc\n"
	 "--fail-on=warning                HERE/.forkcheckrc:1 (overridden)\n"
	 "--quiet                          HERE/.forkcheckrc:1\n"
	 "--format=sarif                   HERE/.forkcheckrc:2 (overridden)\n"
	 "--output=HERE/s HERE/.forkcheckrc:2 (overridden)\n"
	 "--suppressions=HERE/x HERE/.forkcheckrc:3\n"
	 "--hang-after=3s                  FORKCHECK_OPTIONS\n"
	 "--suppressions=y                 FORKCHECK_OPTIONS\n"
	 "--fail-on=error                  the command line\n"
	 "--format=junit                   the command line\n",
	 NULL, 0},
	{"where no options came from", "$FORKCHECK --config=/dev/null --show-config", 0,
	 "options file: /dev/null\n"
	 "--config=/dev/null               the command line\n",
	 NULL, 0},
	{"a bad line", "printf '\\n--fail-on=often\\n' >.forkcheckrc; $FORKCHECK ends print hello",
	 125, "", COMPLAINT("/[^\n]*/\\.forkcheckrc:2: --fail-on=often: not one of"), 1},
	{"a line that is no option",
	 "echo fail-on=error >.forkcheckrc; $FORKCHECK ends print hello", 125, "",
	 COMPLAINT("/[^\n]*/\\.forkcheckrc:1: 'fail-on=error' is no option"), 1},
	{"a line that a terminal would obey",
	 "mkdir \"$(printf 'a\\033[1m')\"; cd a*; printf -- '--a\\302\\233b\\n' >.forkcheckrc\n"
	 "$FORKCHECK ends print hello",
	 125, "",
	 COMPLAINT("/[^\n]*/a\\\\x1b\\[1m/\\.forkcheckrc:1: unknown option '--a\\\\xc2\\\\x9bb'"),
	 1},
	{"a line with an open quote", "echo \"-o 'x\" >.forkcheckrc; $FORKCHECK ends print hello",
	 125, "", COMPLAINT("/[^\n]*/\\.forkcheckrc:1: a quote is not closed"), 1},
	/* A run that checks nothing and succeeds. */
	{"a line that would end it", "echo --version >.forkcheckrc; $FORKCHECK ends print hello",
	 125, "", COMPLAINT("/[^\n]*/\\.forkcheckrc:1: --version is not for a file"), 1},
	{"a line that would run something",
	 "echo '--drive=touch x' >.forkcheckrc; $FORKCHECK ends print hello; echo $?; test ! -e x",
	 0, "125\n",
	 COMPLAINT("/[^\n]*/\\.forkcheckrc:1: --drive is only for a file that --config names"), 1},
	{"a file of other bytes",
	 "head -c 4096 /dev/urandom | tr '\\n' '\\001' >.forkcheckrc; $FORKCHECK ends print hello",
	 125, "", COMPLAINT("/[^\n]*/\\.forkcheckrc:1: "), 1},
	{"a file that everybody may write",
	 "echo --notes >.forkcheckrc; chmod 666 .forkcheckrc; $FORKCHECK ends print hello", 125, "",
	 COMPLAINT("'/[^\n]*/\\.forkcheckrc' may be written by everybody"), 1},
	{"a file of somebody else",
	 "test $(id -u) -eq 0 || { echo not root; exit 77; }\n"
	 "echo --notes >.forkcheckrc; chown 65534 .forkcheckrc; $FORKCHECK ends print hello\n"
	 "echo $?; $FORKCHECK --config=.forkcheckrc ends exit 7",
	 7, "125\n", COMPLAINT("'/[^\n]*/\\.forkcheckrc' belongs to another user"), 1},
	{"a pipe in the place of a file",
	 "mkfifo .forkcheckrc; timeout 10 $FORKCHECK ends print hello", 125, "",
	 COMPLAINT("'/[^\n]*/\\.forkcheckrc' is no regular file"), 1},
	{"a file that is missing", "$FORKCHECK --config=gone ends print hello", 125, "",
	 COMPLAINT("cannot read 'gone': No such file"), 1},
	/* What helps is there all the same. */
	{"help in spite of a bad file",
	 "echo --nonsense >.forkcheckrc; $FORKCHECK --version | grep -c forkcheck", 0, "1\n", NULL,
	 0},
};

START_TEST(test_ci_format)
{
	for (int i = run_repeats(); i > 0; i--)
		command_case_run(&cases[_i]);
}
END_TEST

Suite *ci_formats_suite(void)
{
	Suite *suite = suite_create("ci_formats");
	TCase *formats = tcase_create("ci_formats");

	tcase_set_timeout(formats, 70.0 * run_repeats());
	tcase_add_loop_test(formats, test_ci_format, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, formats);
	return suite;
}
