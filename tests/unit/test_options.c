/*
 * The command line: what is understood, what is refused with which line, and
 * that the man page lists every option.
 */
#include "cli/commands/commands.h"
#include "cli/run/outputs.h"
#include "support.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SOURCE_DIRECTORY
#define SOURCE_DIRECTORY "."
#endif

#define WORDS_MAX 24

Suite *options_suite(void);

/* Words of a command line, without forkcheck's own name. Returns their number. */
static int split(char *line, char **words)
{
	int count = 0;
	char *rest = line;

	words[count++] = (char *)"forkcheck";
	for (char *word; (word = strsep(&rest, " ")) != NULL && count < WORDS_MAX - 1;)
		if (*word != '\0')
			words[count++] = word;
	words[count] = NULL;
	return count;
}

/* The words have to outlive the call: options keeps pointers to them. */
static struct options parse(const char *line)
{
	static char copy[256];
	static char *words[WORDS_MAX];
	struct options options;

	ck_assert_uint_lt(strlen(line), sizeof(copy));
	strcpy(copy, line);
	options_parse(&options, split(copy, words), words);
	return options;
}

struct outcome {
	int status;
	char text[16384]; /* both streams */
};

/* Runs the parser in a process of its own: it ends the program. */
static struct outcome parse_apart(const char *line)
{
	struct outcome outcome = {.status = -1};
	size_t length = 0;
	ssize_t got;
	int ends[2];
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		parse(line);
		_exit(99); /* a command line that was understood */
	}
	close(ends[1]);
	while ((got = read(ends[0], outcome.text + length, sizeof(outcome.text) - 1 - length)) > 0)
		length += (size_t)got;
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &outcome.status, 0), child);
	outcome.status = WIFEXITED(outcome.status) ? WEXITSTATUS(outcome.status) : -1;
	return outcome;
}

START_TEST(defaults)
{
	struct options options = parse("./server");

	ck_assert_ptr_eq(options.command, &commands[0]);
	ck_assert_str_eq(options.arguments[0], "./server");
	ck_assert_uint_eq(options.output_count, 1);
	ck_assert_str_eq(options.outputs[0].format->name, "text");
	ck_assert_ptr_null(options.outputs[0].path);
	ck_assert_int_eq(options.fail_on, SEVERITY_ERROR);
	ck_assert(!options.fail_never);
	ck_assert_int_eq(options.error_exitcode, 66);
	ck_assert_int_eq(options.on_deadlock, DEADLOCK_KILL);
	ck_assert_int_eq(options.color, COLOR_AUTO);
	ck_assert(!options.notes);
	ck_assert_uint_eq(options.hang_after_ms, 10000);
	ck_assert(!options.wait_all);
	ck_assert_ptr_null(options.keep_session);
	ck_assert_uint_eq(options.suppression_count, 0);
	ck_assert(!options.print_suppressions);
}
END_TEST

START_TEST(values)
{
	struct options options = parse("--fail-on=never --error-exitcode 7 --on-deadlock=wait "
				       "--color=always --notes ./server");

	ck_assert(options.fail_never);
	ck_assert_int_eq(options.error_exitcode, 7);
	ck_assert_int_eq(options.on_deadlock, DEADLOCK_WAIT);
	ck_assert_int_eq(options.color, COLOR_ALWAYS);
	ck_assert(options.notes);
	options = parse("--wait=all --keep-session=s --suppressions=a --suppressions b "
			"--print-suppressions x");
	ck_assert(options.wait_all);
	ck_assert_str_eq(options.keep_session, "s");
	ck_assert_uint_eq(options.suppression_count, 2);
	ck_assert_str_eq(options.suppressions[0], "a");
	ck_assert_str_eq(options.suppressions[1], "b");
	ck_assert(options.print_suppressions);
	ck_assert(!parse("--wait=all --wait=program x").wait_all);
	ck_assert(parse("--summary=libraries x").summarizes_libraries);
	ck_assert(!parse("x").summarizes_libraries);
	options = parse("--fail-on=never --fail-on=note x");
	ck_assert(!options.fail_never);
	ck_assert_int_eq(options.fail_on, SEVERITY_NOTE);
	options = parse("--fail-on=proven x");
	ck_assert(options.fail_proven);
	ck_assert_int_eq(options.fail_on, SEVERITY_ERROR);
	ck_assert(!parse("--fail-on=proven --fail-on=error x").fail_proven);
}
END_TEST

START_TEST(actions)
{
	ck_assert_int_eq(parse("--on-deadlock=kill x").on_deadlock, DEADLOCK_KILL);
	ck_assert_int_eq(parse("--on-deadlock=stop x").on_deadlock, DEADLOCK_STOP);
	ck_assert_int_eq(parse("--on-deadlock=abort x").on_deadlock, DEADLOCK_ABORT);
	ck_assert_int_eq(parse("--on-deadlock=wait x").on_deadlock, DEADLOCK_WAIT);
	ck_assert_int_eq(parse("--on-deadlock=end-run x").on_deadlock, DEADLOCK_END_RUN);
}
END_TEST

START_TEST(durations)
{
	ck_assert_uint_eq(parse("--hang-after=500ms x").hang_after_ms, 500);
	ck_assert_uint_eq(parse("--hang-after=3 x").hang_after_ms, 3000);
	ck_assert_uint_eq(parse("--hang-after=30s x").hang_after_ms, 30000);
	ck_assert_uint_eq(parse("--hang-after=2m x").hang_after_ms, 120000);
	ck_assert_uint_eq(parse("--hang-after=999999999m x").hang_after_ms, 59999999940000);
	ck_assert_uint_eq(parse("x").end_after_ms, 60000);
	ck_assert_uint_eq(parse("--end-after=5m x").end_after_ms, 300000);
	ck_assert_uint_eq(parse("--end-after=0 x").end_after_ms, 0);
	ck_assert_uint_eq(parse("x").max_kills, 3);
	ck_assert_uint_eq(parse("x").confirm, 0);
	ck_assert_uint_eq(parse("--confirm x").confirm, 5);
	ck_assert_uint_eq(parse("--confirm=12 x").confirm, 12);
	ck_assert_uint_eq(parse("--confirm=0 x").confirm, 0);
	ck_assert_str_eq(parse("--drive=make x").drive, "make");
	ck_assert_uint_eq(parse("--max-kills=20 x").max_kills, 20);
	ck_assert_uint_eq(parse("--max-kills=0 x").max_kills, 0);
}
END_TEST

START_TEST(words_behind_the_program_are_its_own)
{
	struct options options = parse("--notes ls -l --notes --foo -- --help");

	ck_assert_str_eq(options.arguments[0], "ls");
	ck_assert_str_eq(options.arguments[1], "-l");
	ck_assert_str_eq(options.arguments[5], "--help");
	ck_assert_ptr_null(options.arguments[6]);
	options = parse("-- --odd-name");
	ck_assert_str_eq(options.arguments[0], "--odd-name");
}
END_TEST

START_TEST(subcommands_win)
{
	struct options options = parse("explain FC001");

	ck_assert_ptr_eq(options.command, command_find("explain"));
	ck_assert_str_eq(options.arguments[0], "FC001");
	options = parse("explain");
	ck_assert_ptr_eq(options.command, command_find("explain"));
	ck_assert_ptr_null(options.arguments[0]);
	options = parse("-- explain");
	ck_assert_ptr_eq(options.command, &commands[0]);
	ck_assert_str_eq(options.arguments[0], "explain");
	options = parse("-- report a");
	ck_assert_ptr_eq(options.command, &commands[0]);
	ck_assert_str_eq(options.arguments[0], "report");
}
END_TEST

START_TEST(a_scan_has_options_of_its_own)
{
	struct options options = parse("scan --format=openmetrics -o m.prom --user=root "
				       "--older-than=2h");

	ck_assert_ptr_eq(options.command, command_find("scan"));
	ck_assert_ptr_null(options.arguments[0]);
	ck_assert_str_eq(options.outputs[0].name, "openmetrics");
	ck_assert_ptr_null(options.outputs[0].format);
	ck_assert_str_eq(options.outputs[0].path, "m.prom");
	ck_assert(options.only_user);
	ck_assert_uint_eq(options.user, 0);
	ck_assert_uint_eq(options.older_than_ms, 7200000);
	options = parse("--user=4294967 --older-than=1d scan");
	ck_assert_uint_eq(options.user, 4294967);
	ck_assert_uint_eq(options.older_than_ms, 86400000);
	ck_assert_str_eq(options.outputs[0].name, "text");
	options = parse("scan");
	ck_assert(!options.only_user);
	options = parse("-- scan x");
	ck_assert_ptr_eq(options.command, &commands[0]);
}
END_TEST

/* Each line is what was asked for, then the sessions. */
static const char *const report_lines[][2] = {
	{"report a", "a "},
	{"--format=json -o x report a b", "a b "},
	{"report --format=json -o x a b", "a b "},
	{"report a --format=json b -o x", "a b "},
	{"report a b --format=json -o x", "a b "},
	{"--format=json report a -ox -- b", "a b "},
	{"report --format=json -o x -- a --notes", "a --notes "},
	{"report --format=json -o x report", "report "},
};

START_TEST(options_stand_around_sessions)
{
	struct options options = parse(report_lines[_i][0]);
	char got[256] = "";

	ck_assert_ptr_eq(options.command, command_find("report"));
	for (char *const *word = options.arguments; *word != NULL; word++)
		strcat(strcat(got, *word), " ");
	ck_assert_str_eq(got, report_lines[_i][1]);
	if (_i > 0) {
		ck_assert_str_eq(options.outputs[0].format->name, "json");
		ck_assert_str_eq(options.outputs[0].path, "x");
	}
	ck_assert(!options.notes);
}
END_TEST

/* Each line is what was asked for, then the reports as FORMAT>FILE, "-" for standard error. */
static const char *const output_lines[][2] = {
	{"x", "text>- "},
	{"--format=json x", "json>- "},
	{"-o r x", "text>r "},
	{"--format=json -o r x", "json>r "},
	{"--format=json --output=r x", "json>r "},
	{"-o r --format=json x", "json>r "},
	{"--format=text --format=json -o r x", "text>- json>r "},
	{"--format=text -o a --format=json -o b x", "text>a json>b "},
	{"--format=text --format=json -o b -o a x", "text>a json>b "},
	{"-o a -o b --format=json --format=text x", "json>a text>b "},
	{"-o a --format=json -o b x", "json>b text>a "},
	{"-oa -ob x", "text>a text>b "},
};

START_TEST(files_go_with_formats)
{
	struct options options = parse(output_lines[_i][0]);
	char got[256] = "";

	for (size_t i = 0; i < options.output_count; i++) {
		const char *path = options.outputs[i].path;

		strcat(got, options.outputs[i].format->name);
		strcat(strcat(strcat(got, ">"), path != NULL ? path : "-"), " ");
	}
	ck_assert_str_eq(got, output_lines[_i][1]);
}
END_TEST

static const char *const bad_lines[][2] = {
	{"", "no program to run"},
	{"--", "no program to run"},
	{"--foo", "unknown option '--foo'"},
	{"--foo=1 x", "unknown option '--foo'"},
	{"-x x", "unknown option '-x'"},
	{"--notes -o r -z x", "unknown option '-z'"},
	{"--notes=1 x", "option '--notes' takes no value"},
	{"--format", "option '--format' needs a value: --format=FORMAT"},
	{"-o", "option '--output' needs a value: --output=FILE"},
	{"--output= x", "--output: the name of the file is empty"},
	{"--format=xml x",
	 "--format=xml: no such format (text, json, sarif, junit, github, gitlab or html)"},
	{"--fail-on=bad x", "--fail-on=bad: not one of proven, error, warning, note, never"},
	{"--on-deadlock=drop x", "--on-deadlock=drop: not one of kill, stop, abort, wait, end-run"},
	{"--hang-after=soon x", "--hang-after=soon: not a duration such as 500ms, 10s or 2m"},
	{"--hang-after=0 x", "--hang-after=0: not a duration such as 500ms, 10s or 2m"},
	{"--hang-after=10h x", "--hang-after=10h: not a duration such as 500ms, 10s or 2m"},
	{"--hang-after=-1 x", "--hang-after=-1: not a duration such as 500ms, 10s or 2m"},
	{"--hang-after=s x", "--hang-after=s: not a duration such as 500ms, 10s or 2m"},
	{"--hang-after=1234567890s x",
	 "--hang-after=1234567890s: not a duration such as 500ms, 10s or 2m"},
	{"--end-after=soon x", "--end-after=soon: not a duration such as 500ms, 10s or 2m, nor 0"},
	{"--end-after=-1 x", "--end-after=-1: not a duration such as 500ms, 10s or 2m, nor 0"},
	{"--confirm=few x", "--confirm=few: not a number from 0 to 1000"},
	{"--confirm= x", "--confirm=: not a number from 0 to 1000"},
	{"--confirm=1001 x", "--confirm=1001: not a number from 0 to 1000"},
	{"--drive= x", "--drive: the command is empty"},
	{"--max-kills=few x", "--max-kills=few: not a number"},
	{"--max-kills=3x x", "--max-kills=3x: not a number"},
	{"--max-kills=1234567890 x", "--max-kills=1234567890: not a number"},
	{"--wait=none x", "--wait=none: not one of program, all"},
	{"--summary=forks x", "--summary=forks: there is only libraries"},
	{"--keep-session= x", "--keep-session: the name of the file is empty"},
	{"--keep-session=s report a", "--keep-session goes with a program to run"},
	{"report --keep-session=s a", "--keep-session goes with a program to run"},
	{"--suppressions= x", "--suppressions: the name of the file is empty"},
	{"report", "no session to report on"},
	{"report --format=json", "no session to report on"},
	{"report --", "no session to report on"},
	{"report a --foo", "unknown option '--foo'"},
	{"--color=red x", "--color=red: not one of auto, always, never"},
	{"--error-exitcode=0 x", "--error-exitcode=0: not a number from 1 to 255"},
	{"--error-exitcode=256 x", "--error-exitcode=256: not a number from 1 to 255"},
	{"--error-exitcode=1x x", "--error-exitcode=1x: not a number from 1 to 255"},
	{"--error-exitcode=-1 x", "--error-exitcode=-1: not a number from 1 to 255"},
	{"--error-exitcode=99999999999999999999 x",
	 "--error-exitcode=99999999999999999999: not a number from 1 to 255"},
	{"-o1 -o2 -o3 -o4 -o5 -o6 -o7 -o8 -o9 x", "more than 8 reports asked for"},
	{"--format=json -o1 -o2 -o3 -o4 -o5 -o6 -o7 -o8 -o9 x", "more than 8 reports asked for"},
	{"explain --foo", "unknown option '--foo' of 'explain'"},
	{"--format=openmetrics x",
	 "--format=openmetrics: no such format (text, json, sarif, junit, github, gitlab or html)"},
	{"report --format=openmetrics a",
	 "--format=openmetrics: no such format (text, json, sarif, junit, github, gitlab or html)"},
	{"scan all", "'scan' takes no 'all'"},
	{"scan --foo", "unknown option '--foo'"},
	{"scan --keep-session=s", "--keep-session goes with a program to run"},
	{"scan --user=no-such-user", "--user=no-such-user: no such user"},
	{"scan --user=12345678901", "--user=12345678901: no such user"},
	{"scan --user=", "--user=: no such user"},
	{"scan --older-than=soon", "--older-than=soon: not a duration such as 30s, 10m, 2h or 1d"},
};

START_TEST(a_bad_command_line_gets_one_line)
{
	struct outcome outcome = parse_apart(bad_lines[_i][0]);
	char expected[256];

	snprintf(expected, sizeof(expected), "forkcheck: %s; try 'forkcheck --help'\n",
		 bad_lines[_i][1]);
	ck_assert_str_eq(outcome.text, expected);
	ck_assert_int_eq(outcome.status, EXIT_FORKCHECK);
}
END_TEST

START_TEST(help_and_version)
{
	struct outcome outcome = parse_apart("--version");

	ck_assert_int_eq(outcome.status, 0);
	ck_assert_str_eq(outcome.text, "forkcheck " FORKCHECK_VERSION "\n");
	outcome = parse_apart("--help");
	ck_assert_int_eq(outcome.status, 0);
	ck_assert_ptr_nonnull(strstr(outcome.text, "Usage: forkcheck [OPTION...] [--] PROGRAM"));
	ck_assert_ptr_nonnull(strstr(outcome.text, "--on-deadlock=ACTION"));
	ck_assert_ptr_null(strstr(outcome.text, "--print-man-options"));
	for (char *line = outcome.text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
		ck_assert_int_le(end - line, 80);
}
END_TEST

START_TEST(color_is_for_terminals)
{
	struct options options = parse("x");
	int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	int file = open("/dev/null", O_WRONLY);

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	ck_assert(!outputs_use_color(&options, file));
	if (terminal >= 0) {
		ck_assert(outputs_use_color(&options, terminal));
		setenv("NO_COLOR", "", 1);
		ck_assert(outputs_use_color(&options, terminal));
		setenv("NO_COLOR", "1", 1);
		ck_assert(!outputs_use_color(&options, terminal));
		unsetenv("NO_COLOR");
		setenv("TERM", "dumb", 1);
		ck_assert(!outputs_use_color(&options, terminal));
		close(terminal);
	}
	options = parse("--color=always x");
	ck_assert(outputs_use_color(&options, file));
	options = parse("--color=never x");
	ck_assert(!outputs_use_color(&options, file));
	close(file);
}
END_TEST

START_TEST(options_of_the_environment)
{
	struct options options;

	setenv(OPTIONS_VARIABLE,
	       " --notes --error-exitcode=9\t--keep-session='a \"b'\\' "
	       "--format=\"json\" -o \"x \\\"y\"\n",
	       1);
	options = parse("--error-exitcode=8 x --notes");
	ck_assert(options.notes);
	ck_assert_int_eq(options.error_exitcode, 8);
	ck_assert_str_eq(options.keep_session, "a \"b'");
	ck_assert_uint_eq(options.output_count, 1);
	ck_assert_str_eq(options.outputs[0].path, "x \"y");
	/* What is for runs is no mistake beside a command that is none. */
	options = parse("report s");
	ck_assert_ptr_eq(options.command, command_find("report"));
	options = parse("--format=text x");
	ck_assert_uint_eq(options.output_count, 1);
	ck_assert_str_eq(options.outputs[0].format->name, "text");
	setenv(OPTIONS_VARIABLE, "", 1);
	ck_assert(!parse("x").notes);
}
END_TEST

static const char *const bad_environments[] = {
	"--no-such", "--color",  "--color=red", "x",          "report",
	"--notes=1", "'--notes", "\\",          "--notes \"", "''",
};

START_TEST(a_bad_environment_gets_one_line)
{
	static const char start[] = "forkcheck: FORKCHECK_OPTIONS: ";
	struct outcome outcome;

	setenv(OPTIONS_VARIABLE, bad_environments[_i], 1);
	outcome = parse_apart("x");
	ck_assert_int_eq(outcome.status, EXIT_FORKCHECK);
	ck_assert_int_eq(strncmp(outcome.text, start, strlen(start)), 0);
	ck_assert_ptr_eq(strchr(outcome.text, '\n'), outcome.text + strlen(outcome.text) - 1);
}
END_TEST

START_TEST(quiet_leaves_reports_with_files)
{
	struct options options = parse("--quiet x");

	ck_assert_uint_eq(options.output_count, 0);
	options = parse("--quiet --format=text --format=json -o f x");
	ck_assert_uint_eq(options.output_count, 1);
	ck_assert_str_eq(options.outputs[0].path, "f");
	options = parse("--quiet -o f x");
	ck_assert_uint_eq(options.output_count, 1);
}
END_TEST

START_TEST(the_man_page_has_every_option)
{
	char *page = support_file(SOURCE_DIRECTORY "/docs/forkcheck.1");
	char *list = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&list, &size);

	ck_assert_ptr_nonnull(stream);
	options_print_man(stream);
	fclose(stream);
	ck_assert_msg(strstr(page, list) != NULL,
		      "put the output of `forkcheck --print-man-options` into docs/forkcheck.1");
	free(page);
	free(list);
}
END_TEST

Suite *options_suite(void)
{
	Suite *suite = suite_create("options");
	TCase *tests = tcase_create("options");
	int outputs = sizeof(output_lines) / sizeof(output_lines[0]);
	int reports = sizeof(report_lines) / sizeof(report_lines[0]);
	int environments = sizeof(bad_environments) / sizeof(bad_environments[0]);
	int bad = sizeof(bad_lines) / sizeof(bad_lines[0]);

	tcase_add_test(tests, defaults);
	tcase_add_test(tests, values);
	tcase_add_test(tests, actions);
	tcase_add_test(tests, durations);
	tcase_add_test(tests, words_behind_the_program_are_its_own);
	tcase_add_test(tests, subcommands_win);
	tcase_add_test(tests, a_scan_has_options_of_its_own);
	tcase_add_loop_test(tests, options_stand_around_sessions, 0, reports);
	tcase_add_loop_test(tests, files_go_with_formats, 0, outputs);
	tcase_add_loop_test(tests, a_bad_command_line_gets_one_line, 0, bad);
	tcase_add_test(tests, help_and_version);
	tcase_add_test(tests, options_of_the_environment);
	tcase_add_loop_test(tests, a_bad_environment_gets_one_line, 0, environments);
	tcase_add_test(tests, quiet_leaves_reports_with_files);
	tcase_add_test(tests, color_is_for_terminals);
	tcase_add_test(tests, the_man_page_has_every_option);
	suite_add_tcase(suite, tests);
	return suite;
}
