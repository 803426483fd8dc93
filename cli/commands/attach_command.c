/*
 * The command `forkcheck attach` looks at processes that run already, and reports what it found of
 * them like of a run. A process that may not be looked at is one line; the others are looked at all
 * the same, and the exit status says that not all is known.
 */
#include "attach_command.h"
#include "attach/attach.h"
#include "attach/refusal.h"
#include "findings/assemble.h"
#include "findings/attached.h"
#include "process/core_file.h"
#include "process/procfs.h"
#include "run/outputs.h"
#include "run/reaction.h"
#include "run/run_records.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Standing still is counted from the look after a task was held to be asked whether it is in
 * fork(), and is told at a round of the watch, which are up to a second apart. */
#define LOOKS_MS 1600
/* The highest number that the kernel gives; those above are of core files. */
#define PID_LAST 4194304

struct attach_job {
	const struct options *options;
	struct suppressions *suppressions;
	struct outputs outputs;
	struct attach attach;
	uint64_t looked_at, refused;
	bool was_cut; /* told to end before it had looked long enough */
};

static void act(struct attach *attach, const struct hang *hang, void *data)
{
	struct attach_job *job = data;
	const struct run_log log = {.model = &attach->model, .writer = &attach->writer};
	const char *what = reaction_to(job->options, hang);

	if (what)
		run_record_action(&log, hang->pid, what);
}

/* 0: it is no number of a process. */
static pid_t read_pid(const char *word)
{
	size_t digits = strspn(word, "0123456789");
	long number;

	errno = 0;
	number = digits && !word[digits] ? strtol(word, NULL, 10) : 0;
	return errno || number > PID_LAST ? 0 : (pid_t)number;
}

/* A thread's number is as good as its process'. */
static pid_t process_of(pid_t number)
{
	pid_t pid = procfs_process_of(number);

	if (!pid || pid == number)
		return number;
	fprintf(stderr, "forkcheck: %d is a thread of process %d, which is looked at\n", number,
		pid);
	return pid;
}

static int add_cores(struct attach_job *job)
{
	const struct options *options = job->options;
	pid_t numbers[CORE_FILES_MAX];
	char problem[512];

	/* All are open before one is asked who its parent is. */
	for (size_t i = 0; i < options->core_count; i++) {
		const char *clause;

		numbers[i] = core_open(options->cores[i], options->exe, &clause);
		if (!numbers[i]) {
			fprintf(stderr, "forkcheck: cannot use core file '%s': %s\n",
				options->cores[i], clause);
			return -1;
		}
		if (core_lost_file(numbers[i]))
			fprintf(stderr,
				"forkcheck: warning: '%s' is not the file that core '%s' had "
				"mapped; stacks through it may be cut (--exe=FILE)\n",
				core_lost_file(numbers[i]), options->cores[i]);
	}
	for (size_t i = 0; i < options->core_count; i++)
		if (attach_add(&job->attach, numbers[i], problem, sizeof(problem)))
			job->looked_at++;
		else
			job->refused++;
	return 0;
}

static int add_all(struct attach_job *job)
{
	char problem[512];

	if (add_cores(job))
		return -1;
	for (char *const *word = job->options->arguments; *word; word++) {
		pid_t pid = read_pid(*word);

		if (!pid) {
			fprintf(stderr,
				"forkcheck: '%s' is no process number; 'pgrep NAME' finds it\n",
				*word);
			return -1;
		}
		pid = process_of(pid);
		if (!attach_add(&job->attach, pid, problem, sizeof(problem))) {
			fprintf(stderr, "forkcheck: cannot look at process %d: %s\n", pid, problem);
			job->refused++;
			continue;
		}
		job->looked_at++;
		if (job->options->tree)
			attach_add_tree(&job->attach, pid);
	}
	return 0;
}

static int write_attached(struct attach_job *job)
{
	struct report report = {0};
	struct arena arena;
	int status = job->refused || job->was_cut ? EXIT_FORKCHECK : EXIT_SUCCESS;

	arena_init(&arena);
	report.wants_safety = job->options->summarizes_libraries;
	assemble_report(&job->attach.model, &arena, job->suppressions,
			outputs_want_notes(job->options), &report);
	report.show_notes = job->options->notes;
	report.exit_status = 0;
	report.observed = true;
	report.complete |= report.events_lost == 0;
	if (outputs_reach_limit(job->options, &report) ||
	    (!job->options->fail_never && attached_any_hangs(&report)))
		status = job->options->error_exitcode;
	report.status = status;
	report.has_status = true;
	outputs_write(&job->outputs, &report, OUTPUTS_ALL);
	suppressions_report_unused(job->suppressions, stderr);
	if (job->options->print_suppressions)
		suppressions_print(&report, stdout);
	if (job->options->write_baseline &&
	    suppressions_write_baseline(job->suppressions, &report, job->options->write_baseline))
		status = status ? status : EXIT_FORKCHECK;
	arena_release(&arena);
	return status;
}

static void warn_of_filter(const struct attach_job *job)
{
	char text[512];

	if (*job->options->arguments && refusal_find_filter(text, sizeof(text)))
		fprintf(stderr, "forkcheck: warning: %s\n", text);
}

static int attach_and_report(struct attach_job *job)
{
	uint64_t watch_ms = job->options->watch_ms;
	uint64_t hang_after_ms = watch_ms > 2 * LOOKS_MS ? watch_ms - LOOKS_MS : watch_ms / 2;

	if (attach_open(&job->attach, hang_after_ms))
		return EXIT_FORKCHECK;
	job->attach.act = act;
	job->attach.data = job;
	warn_of_filter(job);
	if (add_all(job))
		return EXIT_FORKCHECK;
	if (job->looked_at && !attach_follow(&job->attach, watch_ms)) {
		fputs("forkcheck: told to end; the report is of what was seen until now\n", stderr);
		job->was_cut = true;
	}
	attach_record(&job->attach);
	return write_attached(job);
}

int command_attach(const struct options *options)
{
	struct attach_job job = {.options = options};
	int status = EXIT_FORKCHECK;

	job.suppressions = suppressions_open(options->suppressions, options->suppression_count,
					     options->baseline);
	if (!job.suppressions)
		return status;
	if (outputs_open(&job.outputs, options) == 0) {
		status = attach_and_report(&job);
		attach_close(&job.attach);
		core_close_all();
	}
	if (outputs_close(&job.outputs))
		status = EXIT_FORKCHECK;
	suppressions_free(job.suppressions);
	return status;
}
