/*
 * How a run ends that does not end by itself: findings are told while it goes
 * on, the report is there whoever ends it, and no run goes on for ever.
 */
#include "../unit/suites.h"
#include "command.h"
#include "run.h"

/* A scene of terminal.py: it waits for each step. */
#define SCENE(mode) "/usr/bin/python3 $SCRIPTS/terminal.py " mode " $FORKCHECK"

/* Why the run was ended, as the JSON report has it, and the signal that it has. */
#define SHOW_ENDED                                                                                 \
	"/usr/bin/python3 - <<-END\n"                                                              \
	"	import json\n"                                                                           \
	"	run = json.load(open('report.json'))['run']\n"                                           \
	"	print(run.get('ended'), run['signal'], run['exit_status'])\n"                            \
	"END\n"

/* In the background, until it says that it is up. */
#define START(options, script)                                                                     \
	"$FORKCHECK --format=json -o report.json --format=text " options                           \
	" sh -c 'echo $$ >pid.new; mv pid.new pid; " script "' &\n"                                \
	"until test -s pid; do sleep 0.05; done\n"
#define STILL_THERE "kill -0 $(cat pid) && echo alive; kill -9 $(cat pid)\n"
#define FOR_EVER    "while :; do sleep 0.1; done"

/* The live report in the file "live" has that line. */
#define UNTIL_LIVE(pattern) "until grep -qs '" pattern "' live; do sleep 0.05; done\n"

static const struct command_case cases[] = {
	/* While the run goes on. */
	{"a suspicion is printed when it is found, and once",
	 "$FORKCHECK --hang-after=1s waker signal 2>live &\n" UNTIL_LIVE(
		 "FC002 lost-wakeup (suspected)") "kill -0 $! && echo alive; wait $!; echo $?\n"
						  "grep -c FC002.lost-wakeup live",
	 0, "alive\n7\n1\n", NULL, 0},

	/* Who asks forkcheck to end. */
	{"a program that ignores SIGTERM is left after ten seconds",
	 START("",
	       "trap \"\" TERM; " FOR_EVER) "kill $!; wait $!; echo $?\n" STILL_THERE SHOW_ENDED,
	 0, "143\nalive\nthe program has not ended in 10 s after SIGTERM 15 None\n",
	 "^forkcheck: ended the run: the program has not ended in 10 s after SIGTERM\n"
	 "forkcheck: [12] process(es)? (is|are) left running: ",
	 0},
	{"a program that ends in time is waited for",
	 START("",
	       "trap \"sleep 3; exit 4\" TERM; " FOR_EVER) "kill $!; wait $!; echo $?\n" SHOW_ENDED,
	 0, "4\nNone None 4\n", NULL, 0},
	{"a second signal ends the run",
	 START("", "trap \"\" INT TERM; " FOR_EVER) "kill $!; sleep 1; kill $!; wait $!; echo "
						    "$?\n" STILL_THERE SHOW_ENDED,
	 0, "143\nalive\nforkcheck was asked to end a second time, by SIGTERM 15 None\n",
	 "ended the run", 0},
	/* timeout(1) sends to its child, and to the group. */
	{"two that come together are one",
	 START("", "trap \"sleep 2; exit 4\" TERM; " FOR_EVER) "kill $!; kill $!; wait $!; echo "
							       "$?\n",
	 0, "4\n", NULL, 0},
	/* A server that reads its configuration again; nohup; a program that sends to its own
	 * group. Each takes longer than the time that a request would give. */
	{"what asks for nothing",
	 "$FORKCHECK sh -c 'trap : HUP; echo $$ >one; while :; do sleep 0.1; done' &\n"
	 "reload=$!\n"
	 "(trap '' HUP; exec $FORKCHECK sh -c 'echo $$ >two; while :; do sleep 0.1; done') &\n"
	 "nohup=$!\n"
	 "setsid $FORKCHECK sh -c 'trap \"\" TERM; kill -TERM 0; sleep 12; exit 4' &\n"
	 "group=$!\n"
	 "until test -s one && test -s two; do sleep 0.1; done\n"
	 "for i in 1 2; do kill -HUP $reload $nohup; sleep 1; done; sleep 10\n"
	 "kill -0 $reload && kill -0 $nohup && echo alive; kill -9 $(cat one two)\n"
	 "wait $group; echo $?; wait $reload $nohup 2>/dev/null; echo $?",
	 0, "alive\n4\n137\n", NULL, 0},
	{"the report is there though forkcheck is killed next",
	 "$FORKCHECK --hang-after=1s --keep-session=s --format=text -o text --format=json -o json "
	 "--format=text sh -c 'echo $$ >pid; exec server stay' 2>live &\n" UNTIL_LIVE(
		 "FC002 lost-wakeup (") "kill $!; sleep 4; kill -9 $! $(cat pid); kill -9 $(sed -n "
					"'s/.* child \\([0-9]*\\), .*/\\1/p' live) 2>/dev/null\n"
					"grep -c 'FC002 lost-wakeup (' text; grep -c '\"code\": "
					"\"FC002\"' json\n"
					"grep -c 'written while the program still ran' json\n"
					"$FORKCHECK report s 2>&1 | grep -c 'FC002 lost-wakeup ('\n"
					"rm $SESSIONS/*",
	 0, "1\n1\n1\n1\n", NULL, 0},
	{"nobody reads any more",
	 "$FORKCHECK --format=text --format=json -o report.json mutex normal hang 2>&1 | :\n"
	 "sleep 1; grep -c '\"code\": \"FC001\"' report.json",
	 0, "1\n", NULL, 0},
	{"Ctrl-C ends nothing where nothing is wrong", SCENE("interrupt_calm"), 0, "ok\n", NULL, 0},
	{"Ctrl-C ends a run that hangs", SCENE("interrupt_hung"), 0, "ok\n", NULL, 0},
	{"a terminal that is gone", SCENE("hang_up"), 0, "ok\n", NULL, 0},

	/* The same again and again. */
	{"a worker that is made again and again",
	 "$FORKCHECK --format=json -o report.json --format=text server again; echo $?\n" SHOW_ENDED,
	 0, NULL,
	 "error FC002 lost-wakeup .*FC002 lost-wakeup: seen 3 times in all\n.*"
	 "ended the run: 3 kills for FC002-[0-9a-f]*: the program makes",
	 0},
	{"as often as asked",
	 "$FORKCHECK --max-kills=5 server again 2>live; echo $?; grep -o 'seen 5 times' live", 0,
	 "66\nseen 5 times\n", NULL, 0},
	{"a kept session says why the run was ended",
	 "$FORKCHECK --max-kills=1 --format=json -o report.json --keep-session=s server again\n"
	 "echo $?; $FORKCHECK report --format=json -o again.json s; cmp report.json again.json\n"
	 "grep -c '\"ended\": \"1 kill for FC002-' again.json",
	 0, "66\n1\n", NULL, 0},

	/* Nothing moves. */
	{"a run that stands still is ended",
	 "timeout 20 $FORKCHECK --end-after=2s --format=json -o report.json server idle; echo "
	 "$?\n" SHOW_ENDED,
	 0,
	 "66\nnothing in it has moved for 2 s, since a process was killed that hung "
	 "(--end-after) 9 None\n",
	 NULL, 0},
	{"a person may take their time", SCENE("patience"), 0, "ok\n", NULL, 0},
	{"a run that goes on is not",
	 "$FORKCHECK --end-after=2s server busy 8 2>live; echo $?\n"
	 "grep -c 'ended the run' live",
	 1, "66\n0\n", NULL, 0},
	{"a suspected error that stands still",
	 "timeout 12 $FORKCHECK --hang-after=500ms --end-after=1s beside semaphore none; echo $?",
	 0, "66\n", "ended the run: nothing in it has moved for 1 s, and a process hangs", 0},
	{"standing still is allowed where asked",
	 "timeout 8 $FORKCHECK --on-deadlock=wait --end-after=1s server idle 2>live; echo $?\n"
	 "grep -c 'ended the run' live",
	 1, "124\n0\n", NULL, 0},

	/* What outlives the program. */
	{"a daemon that may hang is watched until it is judged",
	 "$FORKCHECK --hang-after=4s server daemon 2>live\n"
	 "kill -9 $(grep -A 1 'left running' live | grep -o '([0-9]*)' | tr -d '()') 2>/dev/null\n"
	 "grep -c 'FC002 lost-wakeup (' live",
	 0, "1\n", NULL, 0},
	{"a daemon that does not is not waited for",
	 "timeout 8 $FORKCHECK --hang-after=20s sh -c '(setsid sleep 30 & echo $! >pid)'\n"
	 "echo $?; kill $(cat pid)",
	 0, "0\n", "left running", 0},
};

START_TEST(test_ending)
{
	for (int i = run_repeats(); i > 0; i--)
		command_case_run(&cases[_i]);
}
END_TEST

Suite *endings_suite(void)
{
	Suite *suite = suite_create("endings");
	TCase *endings = tcase_create("endings");

	tcase_set_timeout(endings, 70.0 * run_repeats());
	tcase_add_loop_test(endings, test_ending, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, endings);
	return suite;
}
