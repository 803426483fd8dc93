/*
 * The cures that reports print, tried: a program hangs and is told the cure of that id; the same
 * program with the cure in it ends by itself, with the right result, and nothing is said of it.
 * A row of the table of cures that has no line here, and none in the list of what other tests
 * try, fails the first test.
 */
#include "../unit/suites.h"
#include "cli/findings/cures/cure_table.h"
#include "cli/findings/cures/library_advice.h"
#include "cli/findings/evidence/python_advice.h"
#include "expect.h"
#include "run.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PYTHON "/usr/bin/python3 -B $SCRIPTS/"

static const struct cure_case {
	const char *id;
	const char *hangs, *cured;
	const char *options; /* of forkcheck */
	const char *needs;   /* a command; without it the case is left out, and that is said */
} cases[] = {
#define CURED(id, program)                                                                         \
	{                                                                                          \
		id, program, program " cured", "", NULL                                            \
	}
	CURED("mutex-lost", "cure-locks mutex lost"),
	CURED("mutex-lost", "cure-locks adaptive lost"),
	CURED("mutex-lost", "cure-locks mtx lost"),
	CURED("mutex-lost", "cure-locks spinlock lost"),
	CURED("mutex-typed", "cure-locks recursive lost"),
	CURED("mutex-typed", "cure-locks errorcheck lost"),
	CURED("mutex-typed", "cure-locks robust lost"),
	CURED("mutex-typed", "cure-locks inheriting lost"),
	CURED("mtx-recursive", "cure-locks mtx-recursive lost"),
	CURED("rwlock-lost", "cure-locks rwlock lost"),
	CURED("rwlock-lost", "cure-locks rwlock-read lost"),
	CURED("mutex-no-handlers", "cure-locks mutex underscore"),
	CURED("mutex-no-handlers", "cure-locks recursive underscore"),
	CURED("mutex-no-handlers", "cure-locks rwlock underscore"),
	CURED("mutex-own", "cure-locks recursive own"),
	CURED("mutex-own", "cure-locks recursive unlocked"),
	CURED("mutex-own", "cure-locks errorcheck unlocked"),
	CURED("mutex-own", "cure-locks robust unlocked"),
	CURED("mutex-own", "cure-locks inheriting unlocked"),
	CURED("mtx-own", "cure-locks mtx-recursive own"),
	CURED("mtx-own", "cure-locks mtx-recursive unlocked"),
	CURED("rwlock-own", "cure-locks rwlock own"),
	CURED("rwlock-own", "cure-locks rwlock unlocked"),
	{"cpp-guard", "statics hang $CASES/libstatics.so", "statics made $CASES/libstatics.so", "",
	 NULL},

	CURED("cpp-recursive-mutex", "cure-cpp recursive"),
	CURED("cpp-shared-mutex", "cure-cpp shared"),
	CURED("cpp-condition", "cure-cpp condition"),

	CURED("region-time-zone", "cure-regions time-zone"),
	CURED("region-environment", "cure-regions environment"),
	CURED("region-syslog", "cure-regions syslog"),
	CURED("region-random", "cure-regions random"),
	CURED("region-locale", "cure-regions locale"),
	CURED("region-names", "cure-regions names"),
	CURED("region-own-mutex", "cure-regions own-mutex"),
	CURED("region-exit", "cure-regions exit"),

	CURED("semaphore-taken", "cure-locks semaphore lost"),
	CURED("semaphore", "cure-waits semaphore"),
	CURED("condition", "cure-waits condition"),
	CURED("condition-destroyed", "cure-waits destroy"),
	{"condition-signalled", "waiters signal", "waiters signal remade", "", NULL},
	{"condition-broadcast", "waiters broadcast", "waiters broadcast remade", "", NULL},
	CURED("barrier", "cure-waits barrier"),
	CURED("exit", "cure-waits exit"),
	CURED("lost", "cure-waits futex"),
	CURED("openmp", "cure-openmp pause"),
	CURED("openmp", "cure-openmp one"),
	CURED("openmp", "cure-openmp first"),
	{"work-semaphore", "lost-work semaphore lost", "lost-work semaphore remade", "", NULL},
	{"work-condition", "lost-work condition lost", "lost-work condition remade", "", NULL},
	CURED("joined", "cure-waits join"),
	{"left", "cure-waits exit cured", "cure-waits futex cured", "", NULL},

	{"fork-interrupted", "fork-signal malloc", "fork-signal malloc cured", "", NULL},
	{"fork-itself", "fork-locks itself", "fork-locks itself-s", "", NULL},
	{"fork-order", "fork-locks order", "fork-locks order-s", "", NULL},
	{"fork-held", "fork-locks held", "fork-locks held-s", "", NULL},
	{"fork-streams", "fork-streams locked", "fork-streams cured", "--hang-after=2s", NULL},
	CURED("fork-blocked", "cure-handlers blocked"),
	CURED("fork-unknown", "cure-handlers unknown"),
	{"handler-foreign", "handlers foreign", "handlers released", "", NULL},
	{"handler-type", "handlers recursive", "handlers remade", "", NULL},
	{"handler-rwlock", "handlers rwlock", "cure-locks rwlock lost cured", "", NULL},
	{"handler-kept", "handlers kept-child", "handlers released", "", NULL},

	CURED("output", "cure-processes output"),
	CURED("random", "cure-processes random"),
	CURED("rand48", "cure-processes rand48"),
	{"shared-socket", "connections tcp asks", "connections tcp anew", "", NULL},
	{"shared-epoll", "connections epoll both", "connections epoll anew", "", NULL},
	{"shared-timer", "connections timer both", "connections timer anew", "", NULL},
	{"python-shared-socket", PYTHON "python-connections.py http both",
	 PYTHON "python-connections.py http kept", "", NULL},
	{"python-shared-epoll", PYTHON "python-connections.py selector both",
	 PYTHON "python-connections.py selector anew", "", NULL},
	CURED("ring-room", "cure-processes room"),
	CURED("ring-data", "cure-processes data"),
	CURED("ring-lock", "cure-processes file-locks"),
	CURED("ring", "cure-processes memory"),
	CURED("dead-mutex", "cure-processes dead-mutex"),
	CURED("dead-semaphore", "cure-processes dead-semaphore"),
	CURED("private-mutex", "cure-processes private-mutex"),
	CURED("private-rwlock", "cure-processes private-rwlock"),
	CURED("private-mtx", "cure-processes private-mtx"),
	CURED("private-semaphore", "cure-processes private-semaphore"),
	CURED("private-barrier", "cure-processes private-barrier"),
	CURED("private-condition", "cure-processes private-condition"),
	{"own-order", "own-lock order", "own-lock ordered", "--hang-after=1s", NULL},
	{"own-twice", "own-lock twice", "own-lock given", "--hang-after=1s", NULL},
	{"own-twice", "own-lock twice", "own-lock recursive", "--hang-after=1s", NULL},
	{"own-semaphore", "own-lock semaphore", "own-lock given-token", "--hang-after=1s", NULL},
	{"python-own-twice", PYTHON "python-lockout.py lock", PYTHON "python-lockout.py again",
	 "--hang-after=1s", NULL},

#define CURED_IF(program, id, what)                                                                \
	{                                                                                          \
		id, program " " what, program " " what " cured", "--on-deadlock=end-run", program  \
	}
	CURED_IF("cure-rust", "rust-mutex", "mutex"),
	CURED_IF("cure-rust", "rust-rwlock", "rwlock"),
	CURED_IF("cure-rust", "rust-once", "once"),
	CURED_IF("cure-rust", "rust-pre-exec", "pre_exec"),
	CURED_IF("cure-rust", "rust-lost", "channel"),
	CURED_IF("cure-go", "go-cgo-lock", "lock"),
	CURED_IF("cure-go", "go-cgo", "condition"),

	CURED_IF("perl", "other-lock", "$SCRIPTS/cure-perl.pl lock"),
	{"other-lost", "perl $SCRIPTS/cure-perl.pl lost", "perl $SCRIPTS/cure-perl.pl lost cured",
	 "--hang-after=2s", "perl"},

#define CURED_PYTHON(id, what)                                                                     \
	{                                                                                          \
		id, PYTHON "cure-python.py " what, PYTHON "cure-python.py " what " cured",         \
			"--hang-after=2s", NULL                                                    \
	}
	CURED_PYTHON("python-lock", "lock"),
	CURED_PYTHON("python-lock", "rlock"),
	CURED_PYTHON("python-logging", "logging"),
	CURED_PYTHON("python-executor", "executor"),
	CURED_PYTHON("python-queue", "queue"),
	CURED_PYTHON("python-client", "event"),
#define CURED_WORK(id, what)                                                                       \
	{                                                                                          \
		id, PYTHON "python-work.py " what, PYTHON "python-work.py " what " cured", "",     \
			NULL                                                                       \
	}
	CURED_WORK("python-executor", "executor"),
	CURED_WORK("python-listener", "listener"),
	CURED_WORK("python-queue", "queue"),
	{"python-client", PYTHON "python-client.py", PYTHON "python-client.py cured",
	 "--hang-after=2s", NULL},
	CURED_PYTHON("python-exit", "exit"),
	CURED_PYTHON("python-preexec", "preexec"),
	CURED_PYTHON("python-os-fork", "start"),
	CURED_PYTHON("python-lost", "native"),
	CURED_PYTHON("python-lock-other", "journal"),
	CURED_PYTHON("python-forkserver", "forkserver"),
	CURED_PYTHON("python-preload-main", "forkserver-main"),
/* Whatever the environment says of buffers. */
#define CURED_OUTPUT(id, what)                                                                     \
	{                                                                                          \
		id, "/usr/bin/python3 -EB $SCRIPTS/cure-python.py " what,                          \
			"/usr/bin/python3 -EB $SCRIPTS/cure-python.py " what " cured", "", NULL    \
	}
	CURED_OUTPUT("python-stdout", "stdout"),
	CURED_OUTPUT("python-stderr", "stderr"),
	CURED_OUTPUT("python-output", "file"),
	{"python-dead", PYTHON "python-taker.py fork", PYTHON "cure-python.py dead cured", "",
	 NULL},
	{"python-ring-room", PYTHON "feeder.py joined", PYTHON "feeder.py got", "", NULL},
	{"python-process", PYTHON "python-start.py fork process",
	 PYTHON "python-start.py spawn process", "", NULL},
	{"python-pool", PYTHON "python-start.py fork pool", PYTHON "python-start.py spawn pool",
	 "--on-deadlock=end-run", NULL},
	{"python-process-executor", PYTHON "python-start.py fork executor",
	 PYTHON "python-start.py spawn executor", "", NULL},
	{"python-preload", PYTHON "python-preload.py", PYTHON "python-preload.py unused", "", NULL},
};

/* What other tests try, and what was tried by hand: docs/cures.md says how. */
#define BY_HAND "docs/cures.md"
static const struct {
	const char *id, *where;
} elsewhere[] = {
	{"rust-rayon", "tests/suites/rayon"},
	{"rust-tokio", "tests/suites/tokio"},
	{"python-celery", "tests/suites/celery"},
	{"python-gunicorn", "tests/suites/gunicorn"},
	{"python-joblib", BY_HAND},
	{"python-billiard", BY_HAND},
	{"python-notebook", BY_HAND},
	{"python-dataloader", BY_HAND},
	{"python-shared-sqlalchemy", BY_HAND},
	{"shared-ring", "tests/cases/connections.c"},
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

static char *read_page(const char *name)
{
	char path[512], *text = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", SOURCE_DIRECTORY, name);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(getdelim(&text, &size, '\0', file), 0);
	fclose(file);
	return text;
}

static bool is_tried(const char *id)
{
	for (size_t i = 0; i < CASES; i++)
		if (strcmp(cases[i].id, id) == 0)
			return true;
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (strcmp(elsewhere[i].id, id) == 0)
			return true;
	return false;
}

/* "| mutex-lost | take {lock} in ... |", with what it was tried with behind it. */
static void expect_listed(const char *page, const char *id, const char *cure)
{
	char row[512];

	snprintf(row, sizeof(row), "\n| %s | %s | ", id, cure);
	ck_assert_msg(strstr(page, row) != NULL, "docs/cures.md lacks:%s", row);
}

START_TEST(the_page_lists_each_cure)
{
	char *page = read_page("docs/cures.md");

	for (const struct cure_row *row = cure_table; row->id; row++)
		expect_listed(page, row->id, row->cure);
	free(page);
}
END_TEST

/* "| gevent | call gevent.reinit() in the child | ", what it was tried with, and the source. */
START_TEST(the_page_lists_each_library)
{
	char *page = read_page("docs/cures.md");

	for (const struct library_advice *row = library_advice_table; row->cure; row++) {
		expect_listed(page, row->package ? row->package : row->library, row->cure);
		ck_assert_msg(strstr(page, row->source) != NULL, "docs/cures.md lacks %s",
			      row->source);
	}
	free(page);
}
END_TEST

/* What stands between braces: a word that cures.c knows, or code. */
static void expect_known_words(const char *id, const char *text)
{
	static const char known[] = "{lock} {symbol} {attributes} {fork} {library} {spawn} {what} "
				    "{other} {holder}";

	for (; text && (text = strchr(text, '{')); text++) {
		size_t length = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz");
		char word[64];

		if (text[1 + length] != '}')
			continue;
		snprintf(word, sizeof(word), "%.*s", (int)length + 2, text);
		ck_assert_msg(strstr(known, word) != NULL, "%s: unknown %s", id, word);
	}
}

START_TEST(words_between_braces_are_known)
{
	for (const struct cure_row *row = cure_table; row->id; row++) {
		expect_known_words(row->id, row->cure);
		expect_known_words(row->id, row->line);
		expect_known_words(row->id, row->caveat);
		expect_known_words(row->id, row->remark);
	}
}
END_TEST

START_TEST(each_cure_is_tried)
{
	const char *id;

	for (const struct cure_row *row = cure_table; row->id; row++)
		ck_assert_msg(is_tried(row->id), "nothing tries the cure %s", row->id);
	for (size_t i = 0; (id = python_advice_id(i)); i++)
		ck_assert_msg(is_tried(id), "nothing tries the cure %s", id);
}
END_TEST

static void run_case(struct run *run, const struct cure_case *expected, const char *program)
{
	char script[512];

	snprintf(script, sizeof(script),
		 "exec \"$FORKCHECK\" --format=json -o report.json %s -- %s", expected->options,
		 program);
	run_script(run, script);
}

/* Findings with the id (NULL: with any), of a severity that fails a run or, else, of each. */
static int count_findings(const json_t *report, const char *id, bool notes)
{
	const json_t *list = json_object_get(report, "findings");
	int count = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *finding = json_array_get(list, i);
		const json_t *remedy = json_object_get(finding, "remedy");

		if (!notes && expect_text(finding, "severity", "note") == NULL)
			continue;
		count += id == NULL || expect_text(remedy, "id", id) == NULL ||
			 expect_text(remedy, "also", id) == NULL;
	}
	return count;
}

static void abort_with(const struct run *run, const char *program, const char *what)
{
	char *findings = json_dumps(json_object_get(run->report, "findings"), JSON_COMPACT);

	ck_abort_msg("%s: %s (status %d, %.1f s)\n%.500s%.2500s", program, what, run->status,
		     run->seconds, run->errors, findings != NULL ? findings : "");
}

static void expect_told(const struct cure_case *expected)
{
	struct run run;

	run_case(&run, expected, expected->hangs);
	if (count_findings(run.report, expected->id, true) == 0)
		abort_with(&run, expected->hangs, "is not told this cure");
	run_free(&run);
}

static void expect_cured(const struct cure_case *expected)
{
	struct run run;

	run_case(&run, expected, expected->cured);
	if (run.report == NULL || run.status != 0)
		abort_with(&run, expected->cured, "the cure does not help");
	if (count_findings(run.report, NULL, false) != 0 ||
	    count_findings(run.report, expected->id, true) != 0)
		abort_with(&run, expected->cured, "something is said of it");
	run_free(&run);
}

START_TEST(test_cure)
{
	const struct cure_case *expected = &cases[_i];
	char script[64];
	struct run run;

	if (expected->needs != NULL) {
		snprintf(script, sizeof(script), "command -v %s", expected->needs);
		run_script(&run, script);
		if (run.status != 0) {
			fprintf(stderr, "left out: %s (no %s)\n", expected->hangs, expected->needs);
			run_free(&run);
			return;
		}
		run_free(&run);
	}
	for (int i = run_repeats(); i > 0; i--) {
		expect_told(expected);
		expect_cured(expected);
	}
}
END_TEST

Suite *cures_suite(void)
{
	Suite *suite = suite_create("cures");
	TCase *all = tcase_create("cures");

	tcase_set_timeout(all, 120 * run_repeats());
	tcase_add_test(all, the_page_lists_each_cure);
	tcase_add_test(all, the_page_lists_each_library);
	tcase_add_test(all, each_cure_is_tried);
	tcase_add_test(all, words_between_braces_are_known);
	tcase_add_loop_test(all, test_cure, 0, CASES);
	suite_add_tcase(suite, all);
	return suite;
}
