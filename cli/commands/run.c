/*
 * The run: launch, follow the log, look at suspects, judge, report. Nothing of
 * the program's but its standard streams is shared with it.
 */
#include "run.h"
#include "../judge.h"
#include "../launch.h"
#include "../session/session.h"
#include "../watch/watch.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A proven hang is reported within two seconds; two looks fit in many times. */
#define LOOK_MS 50
#define IDLE_MS 200
/* How long descendants that outlive the program are watched. */
#define GRACE_MS 2000

struct action {
	pid_t pid;
	const char *what;
};

struct run {
	const struct options *options;
	char *shim;
	struct session session;
	struct reader reader;
	struct model model;
	struct watch watch;
	struct launched launched;
	uint64_t started_ns;
	FILE *streams[OUTPUTS_MAX];
	struct action *actions;
	size_t action_count;
	/* Fingerprints of the findings that were printed while the program ran. */
	char **printed;
	size_t printed_count;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct render_options render_options(const struct options *options, FILE *stream)
{
	return (struct render_options){.color = options_use_color(options, fileno(stream)),
				       .width = 80};
}

/* Before the program runs: a report that cannot be written is no reason to run it. */
static int open_outputs(struct run *run)
{
	for (size_t i = 0; i < run->options->output_count; i++) {
		const char *path = run->options->outputs[i].path;

		run->streams[i] = path ? fopen(path, "we") : stderr;
		if (!run->streams[i]) {
			fprintf(stderr, "forkcheck: cannot write '%s': %s\n", path,
				strerror(errno));
			return -1;
		}
	}
	return 0;
}

static int close_outputs(struct run *run)
{
	int result = 0;

	for (size_t i = 0; i < run->options->output_count; i++) {
		FILE *stream = run->streams[i];
		bool failed = stream && (fflush(stream) || ferror(stream));

		if (stream && stream != stderr)
			failed |= fclose(stream) != 0;
		if (failed && stream != stderr) {
			fprintf(stderr, "forkcheck: cannot write '%s': %s\n",
				run->options->outputs[i].path, strerror(errno));
			result = -1;
		}
		run->streams[i] = NULL;
	}
	return result;
}

static bool is_shown(const struct run *run, const struct finding *finding)
{
	return finding->severity > SEVERITY_NOTE || run->options->notes;
}

static bool was_printed(const struct run *run, const struct finding *finding)
{
	for (size_t i = 0; i < run->printed_count; i++)
		if (strcmp(run->printed[i], finding->fingerprint) == 0)
			return true;
	return false;
}

static void remember_printed(struct run *run, const struct finding *finding)
{
	char **grown = reallocarray(run->printed, run->printed_count + 1, sizeof(*grown));

	if (!grown)
		return;
	run->printed = grown;
	run->printed[run->printed_count] = strdup(finding->fingerprint);
	run->printed_count += run->printed[run->printed_count] != NULL;
}

static FILE *live_stream(const struct run *run)
{
	for (size_t i = 0; i < run->options->output_count; i++)
		if (run->options->outputs[i].format->render == render_text &&
		    run->streams[i] == stderr)
			return stderr;
	return NULL;
}

static void apply_actions(const struct run *run, struct finding *findings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < run->action_count; k++)
			if (findings[i].child.present &&
			    findings[i].child.pid == run->actions[k].pid)
				findings[i].action = run->actions[k].what;
}

/* Errors that are proven are printed while the program runs. */
static void print_proven(struct run *run)
{
	FILE *stream = live_stream(run);
	struct finding *findings;
	struct arena arena;
	size_t count;

	if (!stream)
		return;
	arena_init(&arena);
	judge(&run->model, &arena, false, &findings, &count);
	apply_actions(run, findings, count);
	for (size_t i = 0; i < count; i++) {
		struct render_options look = render_options(run->options, stream);

		if (findings[i].severity != SEVERITY_ERROR ||
		    findings[i].certainty != CERTAINTY_PROVEN || was_printed(run, &findings[i]))
			continue;
		render_text_finding(stream, &findings[i], &look);
		fflush(stream);
		remember_printed(run, &findings[i]);
	}
	arena_release(&arena);
}

static void note_action(struct run *run, pid_t pid, const char *what)
{
	struct action *grown = reallocarray(run->actions, run->action_count + 1, sizeof(*grown));

	if (!grown)
		return;
	run->actions = grown;
	run->actions[run->action_count++] = (struct action){pid, what};
}

static void act_on_stuck(const struct suspect *suspect, void *data)
{
	struct run *run = data;

	if (run->options->on_deadlock == DEADLOCK_KILL && watch_kill(suspect))
		note_action(run, suspect->pid, "killed");
	print_proven(run);
}

/* One turn: take in what is new, look at who may hang, wait for more. */
static void take_turn(struct run *run)
{
	size_t open;

	launch_reap(&run->launched);
	model_update(&run->model);
	watch_update(&run->watch, &run->model);
	open = watch_look(&run->watch, &run->model, act_on_stuck, run);
	if (run->launched.has_children)
		launch_wait(&run->session, open ? LOOK_MS : IDLE_MS);
}

static void follow(struct run *run)
{
	uint64_t limit;

	while (!run->launched.ended)
		take_turn(run);
	limit = now_ns() + GRACE_MS * 1000000ull;
	while (run->launched.has_children && now_ns() < limit && !launch_interrupted())
		take_turn(run);
	model_update(&run->model);
}

static bool is_observed(const struct run *run)
{
	for (uint32_t serial = 1; serial < run->model.process_capacity; serial++) {
		const struct process_facts *process = model_process(&run->model, serial);

		if (process && process->kind == BIRTH_IMAGE && process->pid == run->launched.pid)
			return true;
	}
	return false;
}

/* A document for machines has them all; text shows them only when asked. */
static bool wants_notes(const struct options *options)
{
	for (size_t i = 0; i < options->output_count; i++)
		if (options->outputs[i].format->always)
			return true;
	return options->notes || (!options->fail_never && options->fail_on == SEVERITY_NOTE);
}

static void fill_report(struct run *run, struct report *report, struct arena *arena)
{
	const struct session_counters *counters = &run->session.header->counters;

	judge(&run->model, arena, wants_notes(run->options), &report->findings,
	      &report->finding_count);
	apply_actions(run, report->findings, report->finding_count);
	report->command = run->options->arguments;
	report->exit_status = launch_exit_status(&run->launched);
	report->signal = report->exit_status < 0 ? run->launched.status & 0x7f : 0;
	report->duration_ms = (double)(now_ns() - run->started_ns) / 1e6;
	report->observed = is_observed(run);
	report->forks = atomic_load(&counters->forks);
	report->processes = atomic_load(&counters->processes);
	/* Every process has a main thread, which nobody created. */
	report->threads = atomic_load(&counters->threads) + report->processes;
	report->events_lost = reader_lost(&run->reader);
	report->complete = report->events_lost == 0;
	if (!report->complete)
		report->incomplete_reason = "the session log had no room for all events";
	report->show_notes = run->options->notes;
}

/* What was printed live is not printed again. */
static int write_rest(struct run *run, FILE *stream, const struct report *report,
		      const struct render_options *look)
{
	int result = 0;

	for (size_t i = 0; i < report->finding_count && result == 0; i++)
		if (is_shown(run, &report->findings[i]) && !was_printed(run, &report->findings[i]))
			result = render_text_finding(stream, &report->findings[i], look);
	return result ? result : render_text_summary(stream, report, look);
}

static void write_reports(struct run *run, const struct report *report)
{
	for (size_t i = 0; i < run->options->output_count; i++) {
		const struct report_format *format = run->options->outputs[i].format;
		struct render_options look = render_options(run->options, run->streams[i]);

		if (format->render == render_text && run->streams[i] == stderr)
			write_rest(run, run->streams[i], report, &look);
		else
			format->render(run->streams[i], report, &look);
	}
}

static bool reaches_limit(const struct options *options, const struct report *report)
{
	if (options->fail_never)
		return false;
	for (enum severity severity = options->fail_on; severity <= SEVERITY_ERROR; severity++)
		if (report_count(report, severity))
			return true;
	return false;
}

static int set_up(struct run *run)
{
	const char *problem;

	launch_catch_signals();
	run->shim = launch_find_shim();
	if (!run->shim || open_outputs(run) || session_create(&run->session))
		return -1;
	if (run->session.is_small)
		fprintf(stderr,
			"forkcheck: warning: only %zu MiB for the session log; a long run may lose "
			"events\n",
			run->session.size >> 20);
	problem = reader_open(&run->reader, run->session.header, run->session.size);
	if (problem) {
		fprintf(stderr, "forkcheck: cannot use the session file: %s\n", problem);
		return -1;
	}
	model_init(&run->model, &run->reader, run->shim);
	watch_init(&run->watch);
	return 0;
}

static void tear_down(struct run *run)
{
	watch_release(&run->watch);
	if (run->reader.bytes)
		model_release(&run->model);
	reader_close(&run->reader);
	session_remove(&run->session);
	for (size_t i = 0; i < run->printed_count; i++)
		free(run->printed[i]);
	free(run->printed);
	free(run->actions);
	free(run->shim);
}

/* The whole run. `signal` gets the one that ended the program, where we should end alike. */
static int run_program(struct run *run, int *signal)
{
	struct report report = {0};
	struct arena arena;
	int status;

	run->started_ns = now_ns();
	status = launch(&run->launched, run->options->arguments, &run->session, run->shim);
	if (status)
		return status;
	session_start_clock(&run->session);
	follow(run);
	arena_init(&arena);
	fill_report(run, &report, &arena);
	write_reports(run, &report);
	if (reaches_limit(run->options, &report))
		status = run->options->error_exitcode;
	else if (!report.observed)
		status = EXIT_UNOBSERVED;
	else if (report.exit_status >= 0)
		status = report.exit_status;
	else
		*signal = report.signal;
	arena_release(&arena);
	return status;
}

int command_run(const struct options *options)
{
	struct run run = {.options = options, .session = {.descriptor = -1}};
	int status = EXIT_FORKCHECK, signal = 0;

	if (set_up(&run) == 0)
		status = launch_interrupted() ? EXIT_FORKCHECK : run_program(&run, &signal);
	if (close_outputs(&run))
		status = EXIT_FORKCHECK;
	tear_down(&run);
	if (signal && status == 0)
		launch_die_by(signal);
	return status;
}
