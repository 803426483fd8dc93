/*
 * Processes that are killed at random moments: a few rounds of the loop that
 * `make faults` runs for long. Another seed each time; it is printed.
 */
#include "../unit/suites.h"
#include "command.h"
#include "run.h"
#include <stdio.h>
#include <unistd.h>

START_TEST(test_kills)
{
	char script[256];
	struct command_case kills = {"kills", script, 0, NULL, NULL, 0};

	for (int i = run_repeats(); i > 0; i--) {
		snprintf(script, sizeof(script),
			 "echo seed %d; $SCRIPTS/../../faults/run $FORKCHECK $CASES 20 %d",
			 (int)getpid() + i, (int)getpid() + i);
		command_case_run(&kills);
	}
}
END_TEST

Suite *faults_suite(void)
{
	Suite *suite = suite_create("faults");
	TCase *kills = tcase_create("kills");

	tcase_set_timeout(kills, 70.0 * run_repeats());
	tcase_add_test(kills, test_kills);
	suite_add_tcase(suite, kills);
	return suite;
}
