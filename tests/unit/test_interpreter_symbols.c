/*
 * The symbols of an interpreter, found from outside, against what the interpreter says of itself.
 */
#include "cli/hangs/identify/interpreter_symbols.h"
#include "suites.h"
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Rests until its input ends. */
static const char script[] =
	"import ctypes, sys, types\n"
	"runtime = ctypes.c_char.in_dll(ctypes.pythonapi, '_PyRuntime')\n"
	"hook = ctypes.cast(ctypes.pythonapi.PyOS_BeforeFork, ctypes.c_void_p)\n"
	"print(*map(hex, (sys.hexversion, ctypes.addressof(runtime), id(types.CodeType), id(str),"
	" hook.value)), flush=True)\n"
	"sys.stdin.read()\n";

struct interpreter_process {
	pid_t pid;
	int input;
	struct python_interpreter expected;
};

static void run_interpreter(struct interpreter_process *process)
{
	int input[2], output[2];
	FILE *stream;

	ck_assert_int_eq(pipe2(input, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(output, O_CLOEXEC), 0);
	process->pid = fork();
	ck_assert_int_ge(process->pid, 0);
	if (process->pid == 0) {
		dup2(input[0], STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		execl("/usr/bin/python3", "python3", "-Ic", script, NULL);
		_exit(1);
	}
	close(input[0]);
	close(output[1]);
	process->input = input[1];
	stream = fdopen(output[0], "r");
	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(fscanf(stream, "%" SCNx32 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
				&process->expected.version, &process->expected.runtime,
				&process->expected.code_type, &process->expected.unicode_type,
				&process->expected.before_fork),
			 5);
	fclose(stream);
}

static void end_interpreter(const struct interpreter_process *process)
{
	close(process->input);
	ck_assert_int_eq(waitpid(process->pid, NULL, 0), process->pid);
}

static void compare(const struct python_interpreter *found,
		    const struct python_interpreter *expected)
{
	ck_assert_uint_eq(found->version, expected->version);
	ck_assert_uint_eq(found->runtime, expected->runtime);
	ck_assert_uint_eq(found->code_type, expected->code_type);
	ck_assert_uint_eq(found->unicode_type, expected->unicode_type);
	ck_assert_uint_eq(found->before_fork, expected->before_fork);
}

START_TEST(finds_what_the_interpreter_says)
{
	struct interpreter_process process = {.expected = {0}};
	struct interpreter_symbols found;

	run_interpreter(&process);
	ck_assert(interpreter_find(process.pid, &found));
	compare(&found.python, &process.expected);
	ck_assert_int_eq(found.go.current, 0);
	end_interpreter(&process);
}
END_TEST

/* What is observed has noted it, or has none; only the others are asked by their files. */
START_TEST(asks_files_of_the_unobserved_alone)
{
	struct interpreter_process process = {.expected = {0}};
	struct process_facts facts = {.serial = 3, .is_outside = true};
	struct python_interpreter found;
	struct go_runtime go;

	run_interpreter(&process);
	facts.pid = process.pid;
	ck_assert(python_interpreter_of(&facts, process.pid, &found));
	compare(&found, &process.expected);
	ck_assert(!go_runtime_of(&facts, process.pid, &go));
	facts.is_outside = false;
	ck_assert(!python_interpreter_of(&facts, process.pid, &found));
	ck_assert_uint_eq(found.runtime, 0);
	end_interpreter(&process);
	/* Another process that got the number is asked anew. */
	facts.is_outside = true;
	facts.serial = 4;
	ck_assert(!python_interpreter_of(&facts, process.pid, &found));
}
END_TEST

START_TEST(finds_none_in_other_programs)
{
	struct interpreter_symbols found;

	ck_assert(!interpreter_find(getpid(), &found));
	ck_assert_uint_eq(found.python.runtime, 0);
	ck_assert(!interpreter_find(-1, &found));
}
END_TEST

Suite *interpreter_symbols_suite(void)
{
	Suite *suite = suite_create("interpreter_symbols");
	TCase *python = tcase_create("python");

	tcase_add_test(python, finds_what_the_interpreter_says);
	tcase_add_test(python, asks_files_of_the_unobserved_alone);
	tcase_add_test(python, finds_none_in_other_programs);
	suite_add_tcase(suite, python);
	return suite;
}
