/*
 * At home in CI: reports in the formats of CI systems, read by parsers that are not ours; what a
 * baseline lets pass.
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
	{"hostile names",
	 "name=" HOSTILE
	 "; mkdir -p .git \"$name\"; cp $SCRIPTS/mutex.c \"$name\"; cd \"$name\"\n" BUILD(
		 "mutex.c -o \"../$name$name\"") "cd ..; mv \"$name$name\" \"$name/$name\"\n"
						 "for format in sarif junit github gitlab; do\n"
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
	 "66\ncritical FC001 orphaned-lock at CHILD\n",
	 NULL, 0},
	{"all formats of a kept session",
	 REPOSITORY "$FORKCHECK --keep-session=s --format=sarif -o a --format=junit -o b "
		    "--format=github -o c --format=gitlab -o d ./hangs normal hang; echo $?\n"
		    "$FORKCHECK report s --format=sarif -o A --format=junit -o B "
		    "--format=github -o C --format=gitlab -o D; echo $?\n"
		    "cmp a A; cmp b B; cmp c C; cmp d D",
	 0, "66\n66\n", NULL, 0},

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
