/*
 * Programs that the shim is not in: left alone, named with the reason, never
 * clean. The script builds them; one that exits with SKIP has no tool for it.
 */
#include "../unit/suites.h"
#include "expect.h"
#include "run.h"
#include <stdio.h>
#include <string.h>

#define SKIP 77

struct unobserved_case {
	const char *name;
	const char *script; /* writes report.json */
	int status;
	const char *output;  /* exactly */
	const char *program; /* the end of the path of what is not observed; NULL: all is */
	const char *reason;
	int count; /* entries in the list */
};

/* A program that says hello and returns 3. */
#define BUILD(name, compiler, flags)                                                               \
	"command -v " compiler " >/dev/null || { echo no " compiler "; exit 77; }\n"               \
	"printf '#include <stdio.h>\\nint main(void) { puts(\"hello\"); return 3; }\\n' "          \
	">x.c\n" compiler " " flags " -o " name " x.c 2>why || { echo " compiler " " flags         \
	" does not work here; exit 77; }\n"

#define RUN        "$FORKCHECK --format=text --format=json -o report.json "
#define REQUIRE    "$FORKCHECK --require-observed --format=text --format=json -o report.json "
#define NEED(tool) "command -v " tool " >/dev/null || { echo no " tool "; exit 77; }\n"
#define NEED_ROOT  "test $(id -u) -eq 0 || { echo not root; exit 77; }\n"
#define STATIC     BUILD("p", "cc", "-static")
#define DYNAMIC    BUILD("p", "cc", "")

#define PARKED                                                                                     \
	"cc -static -pthread -D_GNU_SOURCE -I$SCRIPTS/.. -o p $SCRIPTS/parked.c || "               \
	"{ echo cc -static does not work here; exit 77; }\n"
/* Errors and warnings, and how many processes were not observed. */
#define VERDICT                                                                                    \
	"/usr/bin/python3 - <<-END\n"                                                              \
	"	import json\n"                                                                           \
	"	r = json.load(open('r.json'))\n"                                                         \
	"	print([(f['code'], f['certainty'], f.get('action'), sum(m['count'] for m in "            \
	"f['missing_threads'])) for f in r['findings'] if f['severity'] != 'note'], "              \
	"len(r['run']['unobserved']))\n"                                                           \
	"END"

/* As somebody without rights, in folders that are open to all. */
#define AS_NOBODY                                                                                  \
	NEED_ROOT NEED("setpriv") "chmod 777 . $SESSIONS\n"                                        \
				  "setpriv --reuid=65534 --regid=65534 --clear-groups test -x "    \
				  "$FORKCHECK || "                                                 \
				  "{ echo the build is not readable for others; exit 77; }\n"
#define NOBODY "setpriv --reuid=65534 --regid=65534 --clear-groups "

static const struct unobserved_case cases[] = {
	/* The program itself. */
	{"static", STATIC RUN "./p", 67, "hello\n", "/p", "static", 1},
	{"32-bit", BUILD("p", "cc", "-m32") RUN "./p", 67, "hello\n", "/p", "32-bit", 1},
	{"musl", BUILD("p", "musl-gcc", "") RUN "./p", 67, "hello\n", "/p", "C library", 1},
	{"script with a static interpreter",
	 STATIC "printf '#!%s\\n' \"$PWD/p\" >s; chmod +x s\n" RUN "./s", 67, "hello\n", "/p",
	 "static", 1},
	{"set-user-id", NEED_ROOT DYNAMIC "chown 65534 p; chmod 4755 p\n" RUN "./p", 67, "hello\n",
	 "/p", "set-user-ID", 1},
	{"set-group-id", NEED_ROOT DYNAMIC "chgrp 65534 p; chmod 2755 p\n" RUN "./p", 67, "hello\n",
	 "/p", "set-group-ID", 1},
	{"file capabilities",
	 AS_NOBODY DYNAMIC NEED("setcap") "setcap cap_net_raw+ep p || exit 77\n" NOBODY RUN "./p",
	 67, "hello\n", "/p", "capabilities", 1},
	{"a library that is not ours",
	 DYNAMIC "cp $FORKCHECK f && echo 'int none;' | cc -shared -o libforkcheck.so -x c - &&\n"
		 "./f --format=text --format=json -o report.json ./p",
	 67, "hello\n", "/p", "did not start", 1},

	/* The same bits without effect. */
	{"set-user-id of its own", NEED_ROOT DYNAMIC "chmod 4755 p\n" RUN "./p", 3, "hello\n", NULL,
	 NULL, 0},
	{"set-user-id without new privileges",
	 NEED_ROOT NEED("setpriv") DYNAMIC "chown 65534 p; chmod 4755 p\n" REQUIRE
					   "setpriv --no-new-privs ./p",
	 3, "hello\n", NULL, NULL, 0},
	{"capabilities of root's",
	 NEED("setcap") DYNAMIC
	 "setcap cap_net_raw+ep p || { echo no file capabilities here; exit 77; }\n" RUN "./p",
	 3, "hello\n", NULL, NULL, 0},
	{"the loader as a program", DYNAMIC REQUIRE "/lib64/ld-linux-x86-64.so.2 ./p", 3, "hello\n",
	 NULL, NULL, 0},

	/* Descendants. */
	{"static descendant", STATIC RUN "sh -c './p; exit 7'", 7, "hello\n", "/p", "static", 1},
	{"32-bit descendant", BUILD("p", "cc", "-m32") RUN "sh -c './p; exit 7'", 7, "hello\n",
	 "/p", "32-bit", 1},
	{"musl descendant", BUILD("p", "musl-gcc", "") RUN "sh -c './p; exit 7'", 7, "hello\n",
	 "/p", "C library", 1},
	{"static descendant, required", STATIC REQUIRE "sh -c './p; exit 7'", 67, "hello\n", "/p",
	 "static", 1},
	{"set-user-id descendant",
	 NEED_ROOT DYNAMIC "chown 65534 p; chmod 4755 p\n" RUN "sh -c './p; exit 7'", 7, "hello\n",
	 "/p", "set-user-ID", 1},
	{"another user", AS_NOBODY RUN NOBODY "sh -c 'exit 7'", 7, "", "sh", "session", 1},
	{"chroot",
	 NEED_ROOT STATIC DYNAMIC
	 "mkdir -p r/lib64 r/lib/x86_64-linux-gnu && cp p r/ &&\n"
	 "cp /lib64/ld-linux-x86-64.so.2 r/lib64/ &&\n"
	 "cp /lib/x86_64-linux-gnu/libc.so.6 r/lib/x86_64-linux-gnu/ || exit 77\n" RUN
	 "chroot r /p",
	 3, "hello\n", "/p", "libforkcheck.so", 1},
	{"mount namespace",
	 NEED_ROOT NEED("unshare") DYNAMIC
	 "unshare -m true || { echo no mount namespaces here; exit 77; }\n" RUN
	 "unshare -m sh -c \"mount -t tmpfs none $SESSIONS; ./p\"",
	 3, "hello\n", "/p", "session", 1},
	{"what a static program starts is observed",
	 "printf '#include <unistd.h>\\nint main(void) { execlp(\"mutex\", \"mutex\", \"normal\", "
	 "\"hang\", (char *)0); }\\n' >s.c && cc -static -o s s.c || exit 77\n"
	 "$FORKCHECK --format=json -o r.json ./s >out; echo $?\n"
	 "grep -c '\"code\": \"FC001\"' r.json",
	 0, "66\n1\n", NULL, NULL, 0},
	{"many of a kind",
	 STATIC "i=0; echo 'i=0; while [ $i -lt 40 ]; do ./p; i=$((i+1)); done' >l\n"
		"$FORKCHECK --format=text --format=json -o report.json sh l 2>t | sort -u\n"
		"grep -c 'p: linked statically (and 39 more like it)' t\n"
		"grep -o '40 processes not observed' t; cat t >&2",
	 0, "hello\n1\n40 processes not observed\n", "/p", "static", 40},
	{"hang of a static program",
	 PARKED "$FORKCHECK --format=json -o r.json ./p hang; echo $?\n" VERDICT, 0,
	 "66\n[('FC002', 'proven', 'killed', 3)] 2\n", NULL, NULL, 0},
	{"shared memory of a static program",
	 PARKED "$FORKCHECK --format=json -o r.json ./p shared; echo $?\n" VERDICT, 0, "67\n[] 2\n",
	 NULL, NULL, 0},
	{"a pipe of a static program",
	 PARKED "$FORKCHECK --format=json -o r.json ./p pipe; echo $?\n" VERDICT, 0, "67\n[] 2\n",
	 NULL, NULL, 0},
	{"handler of a static program",
	 PARKED "$FORKCHECK --format=json -o r.json ./p handler; echo $?\n" VERDICT, 0,
	 "67\n[] 2\n", NULL, NULL, 0},
	{"exec of a static program",
	 PARKED "$FORKCHECK --format=json -o r.json ./p exec; echo $?\n" VERDICT, 0, "67\n[] 2\n",
	 NULL, NULL, 0},
	{"a failed exec is no program",
	 STATIC REQUIRE "sh -c 'chmod -x p; ./p 2>e; PATH=$PWD:$PATH p 2>e; exit 7'", 7, "", NULL,
	 NULL, 0},
};

static int ends_with(const char *text, const char *end)
{
	return text != NULL && strlen(text) >= strlen(end) &&
	       strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static const char *judge_list(const struct run *run, const struct unobserved_case *expected)
{
	const json_t *list = json_object_get(json_object_get(run->report, "run"), "unobserved");
	const json_t *entry = json_array_get(list, 0);
	const char *reason = json_string_value(json_object_get(entry, "reason"));

	if ((int)json_array_size(list) != expected->count)
		return "not so many unobserved processes";
	if (expected->count == 0)
		return NULL;
	if (!json_is_integer(json_object_get(entry, "pid")))
		return "no pid";
	if (!ends_with(json_string_value(json_object_get(entry, "path")), expected->program))
		return "another path";
	return reason != NULL && strstr(reason, expected->reason) != NULL ? NULL : "another reason";
}

/* The program's own statuses and words, and not a word of the loader's. */
static const char *judge(const struct run *run, const struct unobserved_case *expected)
{
	int is_observed = strstr(run->errors, "could not observe /") == NULL &&
			  strstr(run->errors, "could not observe ./") == NULL;

	if (run->status != expected->status)
		return "exit status";
	if (strcmp(run->output, expected->output) != 0)
		return "stdout is not as expected";
	if (strstr(run->errors, "ld.so") != NULL || strstr(run->errors, "preload") != NULL)
		return "the loader complains";
	if ((expected->count > 0) != (strstr(run->errors, "not observe") != NULL))
		return "stderr is not as expected";
	if (run->left_behind != 0)
		return "files were left behind";
	if (expected->program == NULL && run->report == NULL)
		return NULL;
	if (run->report == NULL)
		return "no report";
	if (is_observed !=
	    json_is_true(json_object_get(json_object_get(run->report, "run"), "observed")))
		return "run.observed";
	if (is_observed && expect_contract(run->report) != NULL)
		return expect_contract(run->report);
	return judge_list(run, expected);
}

static void complain(const struct run *run, const char *name, const char *difference)
{
	char *report = run->report != NULL ? json_dumps(run->report, JSON_COMPACT) : NULL;

	ck_abort_msg("%s: %s (status %d)\nstdout:\n%.500sstderr:\n%.1500s\nreport:\n%.1500s", name,
		     difference, run->status, run->output, run->errors,
		     report != NULL ? report : "none");
}

static void run_case(const struct unobserved_case *expected)
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
			complain(&run, expected->name, difference);
	}
	run_free(&run);
}

START_TEST(test_unobserved)
{
	for (int i = run_repeats(); i > 0; i--)
		run_case(&cases[_i]);
}
END_TEST

struct way {
	const char *how, *call;
	int processes; /* that say hello or were forked */
};

static const struct way ways[] = {
	{"here", "execve", 2},       {"here", "execv", 2},
	{"here", "execvp", 2},       {"here", "execvpe", 2},
	{"here", "execl", 2},        {"here", "execlp", 2},
	{"here", "execle", 2},       {"here", "fexecve", 2},
	{"here", "execveat", 2},     {"here", "execveat-empty", 2},
	{"here", "raw", 2},          {"here", "rawat", 2},
	{"fork", "execve", 3},       {"fork", "execvp", 3},
	{"fork", "execvpe", 3},      {"fork", "execle", 3},
	{"fork", "fexecve", 3},      {"fork", "execveat-empty", 3},
	{"fork", "raw", 3},          {"vfork", "execve", 2},
	{"vfork", "execvp", 2},      {"vfork", "execvpe", 2},
	{"vfork", "execl", 2},       {"vfork", "fexecve", 2},
	{"spawn", "posix_spawn", 2}, {"spawn", "posix_spawnp", 2},
};

/* With each environment: a program that is observed, and one that cannot be. */
static const char ways_script[] =
	"cc -static -o p -x c - <<END || exit 77\nint main(void) { return 5; }\nEND\n"
	"cc -o d -x c - <<END || exit 77\nint main(void) { return 6; }\nEND\n"
	"PATH=$PWD:$PATH; for e in kept empty null own; do\n"
	"$FORKCHECK --require-observed --format=json -o d.json executes %s %s $e $PWD/d; echo $?\n"
	"/usr/bin/python3 -c 'import json; print(json.load(open(\"d.json\"))[\"summary\"]["
	"\"processes\"])'\n"
	"$FORKCHECK --format=json -o p.json executes %s %s $e $PWD/p; echo $?\n"
	"/usr/bin/python3 -c 'import json; print([(u[\"pid\"] > 0, u[\"path\"][-2:], u[\"reason\"])"
	" for u in json.load(open(\"p.json\"))[\"run\"][\"unobserved\"]])'\n"
	"done";

static void run_way(const struct way *way)
{
	char script[2048], expected[512] = "";
	struct run run;

	snprintf(script, sizeof(script), ways_script, way->how, way->call, way->how, way->call);
	for (int i = 0; i < 4; i++)
		snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
			 "6\n%d\n5\n[(True, '/p', 'linked statically')]\n", way->processes);
	run_script(&run, script);
	if (run.status != SKIP && (strcmp(run.output, expected) != 0 || run.errors[0] != '\0'))
		ck_abort_msg("%s %s\nexpected:\n%.500sgot:\n%.1000sstderr:\n%.1500s", way->how,
			     way->call, expected, run.output, run.errors);
	run_free(&run);
}

START_TEST(test_way)
{
	for (int i = run_repeats(); i > 0; i--)
		run_way(&ways[_i]);
}
END_TEST

Suite *unobserved_suite(void)
{
	Suite *suite = suite_create("unobserved");
	TCase *programs = tcase_create("programs");

	tcase_set_timeout(programs, 70.0 * run_repeats());
	tcase_add_loop_test(programs, test_unobserved, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(programs, test_way, 0, sizeof(ways) / sizeof(ways[0]));
	suite_add_tcase(suite, programs);
	return suite;
}
