/*
 * The command `forkcheck PROGRAM` runs the program once, and with --confirm some more times, and
 * makes one report of it. Further runs have forks that are moved, and decide what the first one
 * predicted; the program's status is that of the first.
 */
#include "run.h"
#include "findings/confirm.h"
#include "findings/repairs.h"
#include "run/given_input.h"
#include "run/host_setup.h"
#include "run/outputs.h"
#include "run_once.h"
#include "session/save.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* What a fork is held back for a thread, and a thread for a fork. */
#define BOUND_MS 100
/* A further run is given so many times what the first one took, and beyond that so much. */
#define FURTHER_TIMES 10
#define FURTHER_MS    20000

struct job {
	const struct options *options;
	char *shim;
	struct suppressions *suppressions;
	struct outputs outputs;
	struct given_input input;
	struct run first;
	struct arena arena;   /* of the reports */
	uint64_t first_ms;    /* that the first run took */
	struct report report; /* of the first run */
	struct report merged; /* of all */
	struct confirm confirm;
	struct predicted_sections candidates; /* that nothing was predicted of */
	bool is_saved;                        /* the first session, where it was asked for */
	bool failed;                          /* something of forkcheck's own */
};

/* --- reports and sessions ----------------------------------------------------- */

static bool has_unobserved(const struct report *report)
{
	return report->unobserved_count || report->unobserved_more;
}

static bool is_fine(const struct report *report)
{
	return report->exit_status == 0 || (report->exit_status < 0 && report->signal == SIGTERM);
}

/* forkcheck's exit status; `signal` gets the one to die by, where we should end as the program did,
 * or as whoever sent it expects.
 */
static int exit_status(const struct job *job, int *signal)
{
	const struct report *report = &job->merged;

	if (outputs_reach_limit(job->options, report))
		return job->options->error_exitcode;
	if (!report->observed || (job->options->require_observed && has_unobserved(report)))
		return EXIT_UNOBSERVED;
	/* It ended because it was told to: whether all went well, the command says. */
	if (job->first.is_driven_out && is_fine(report))
		return job->first.launched.drive.status;
	if (report->exit_status < 0)
		*signal = report->signal;
	return report->exit_status < 0 ? 0 : report->exit_status;
}

/* What was printed live is not printed again, but for how often it came in the end. A
 * terminal may be gone, or stuck: files first. */
static void write_reports(struct job *job)
{
	outputs_write(&job->outputs, &job->merged, OUTPUTS_BUT_LIVE);
	live_finish(&job->first.live, &job->merged);
	suppressions_report_unused(job->suppressions, stderr);
	if (job->options->print_suppressions)
		suppressions_print(&job->merged, stdout);
	if (job->options->gen_suppressions &&
	    suppressions_write(&job->merged, job->options->gen_suppressions))
		job->failed = true;
	if (job->options->write_baseline &&
	    suppressions_write_baseline(job->suppressions, &job->merged,
					job->options->write_baseline))
		job->failed = true;
}

static void save_first(struct job *job)
{
	if (job->options->keep_session && !job->is_saved &&
	    session_save(&job->first.model, job->options->keep_session))
		job->failed = true;
	job->is_saved = true;
}

static void first_so_far(struct run *run, struct report *report, void *data)
{
	struct job *job = data;

	outputs_write(&job->outputs, report, OUTPUTS_FILES);
	if (job->options->keep_session)
		session_save(&run->model, job->options->keep_session);
}

/* --- further runs --------------------------------------------------------------- */

/* What this run itself has shown comes in when it has ended. */
static void further_so_far(struct run *run, struct report *report, void *data)
{
	struct job *job = data;

	(void)run;
	(void)report;
	confirm_result(&job->confirm, &job->merged);
	if (job->merged.complete) {
		job->merged.complete = false;
		job->merged.incomplete_reason = "it was written during a further run";
	}
	outputs_write(&job->outputs, &job->merged, OUTPUTS_FILES);
}

static void tell_progress(const struct job *job, unsigned number)
{
	size_t open = confirm_open(&job->confirm);

	if (job->options->quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "forkcheck: further run %u of %u", number, job->options->confirm);
	if (open)
		fprintf(stderr, ": %zu %s to decide\n", open,
			open == 1 ? "prediction" : "predictions");
	else
		fputs(": forks are moved about\n", stderr);
}

/* With predictions they are for one run, for forks have few chances. Without, every other run moves
 * forks about alone: what no hook sees is not in a section. */
static bool wants_candidates(const struct job *job, unsigned number)
{
	return job->confirm.sections.count ? number == 1 : number % 2;
}

static void set_schedule(const struct job *job, struct session_schedule *schedule, unsigned number)
{
	struct predicted_sections sections = job->confirm.sections;

	if (wants_candidates(job, number))
		predicted_sections_add(&sections, &job->candidates);
	schedule->run = number;
	schedule->mode = sections.count ? SCHEDULE_FORCE : SCHEDULE_JITTER;
	schedule->bound_ms = BOUND_MS;
	schedule->seed = number * UINT64_C(0x9e3779b97f4a7c15);
	schedule->count = (uint32_t)sections.count;
	for (size_t i = 0; i < sections.count; i++)
		schedule->sections[i] = sections.list[i];
}

static void take_run(struct job *job, struct run *run)
{
	struct further_run further = {0};

	run_judge(run, &job->arena, &further.report);
	repairs_find(&run->model, &job->arena, &further.repairs, &further.repair_count);
	further.schedule = run->session.header->schedule;
	confirm_take(&job->confirm, &further);
	if (job->options->keep_session && !job->failed &&
	    session_append(&run->model, job->options->keep_session))
		job->failed = true;
}

/* One may make a child try for a lock for ever, which nobody kills: it may give up some day. */
static uint64_t further_limit_ms(const struct job *job)
{
	return FURTHER_TIMES * job->first_ms + FURTHER_MS + job->options->hang_after_ms;
}

/* False: no more. */
static bool run_again(struct job *job, const struct options *options, unsigned number)
{
	struct run run = {.options = options,
			  .limit_ms = further_limit_ms(job),
			  .shim = job->shim,
			  .suppressions = job->suppressions,
			  .so_far = further_so_far,
			  .data = job,
			  .session = {.descriptor = -1}};
	bool goes_on = false;

	tell_progress(job, number);
	given_input_again(&job->input);
	if (run_open(&run) == 0) {
		set_schedule(job, &run.session.header->schedule, number);
		if (!launch_interrupted() && run_program(&run) == 0) {
			run_end_rest(&run);
			take_run(job, &run);
			goes_on = !run.was_asked && !launch_interrupted();
		}
	}
	run_close(&run);
	run_release(&run);
	return goes_on && !confirm_is_decided(&job->confirm);
}

/* Nobody looks at what hangs in these runs. */
static struct options further_options(const struct options *options)
{
	struct options further = *options;

	further.on_deadlock = DEADLOCK_KILL;
	if (!further.end_after_ms)
		further.end_after_ms = END_AFTER_MS;
	return further;
}

static bool has_lost_threads(const struct model *model)
{
	const struct arrivals *arrivals = &model->arrivals;

	for (size_t i = 0; i < arrivals->count; i++) {
		const struct process_facts *facts = model_facts(model, arrivals->serials[i]);

		if (facts && facts->lost)
			return true;
	}
	return false;
}

/* Is there anything that another schedule could show? */
static bool wants_further_runs(struct job *job)
{
	if (!job->options->confirm || !job->report.observed || job->first.was_asked ||
	    launch_interrupted())
		return false;
	return confirm_open(&job->confirm) ||
	       (has_lost_threads(&job->first.model) && !report_count(&job->report, SEVERITY_ERROR));
}

static void run_further(struct job *job)
{
	struct options options = further_options(job->options);
	unsigned number = 1;

	save_first(job);
	run_end_rest(&job->first);
	run_close(&job->first);
	while (number <= job->options->confirm && run_again(job, &options, number))
		number++;
}

/* --- the command ------------------------------------------------------------------ */

static int set_up(struct job *job)
{
	host_setup_prepare();
	launch_catch_signals();
	if (!job->options->no_subreaper)
		launch_adopt_orphans();
	job->shim = launch_find_shim();
	job->suppressions =
		suppressions_open(job->options->suppressions, job->options->suppression_count,
				  job->options->baseline);
	if (!job->shim || !job->suppressions || outputs_open(&job->outputs, job->options))
		return -1;
	given_input_note(&job->input);
	job->first.shim = job->shim;
	job->first.suppressions = job->suppressions;
	job->first.live_stream = outputs_live(&job->outputs);
	job->first.so_far = first_so_far;
	job->first.data = job;
	return run_open(&job->first);
}

static void tear_down(struct job *job)
{
	run_close(&job->first);
	run_release(&job->first);
	if (job->suppressions)
		suppressions_free(job->suppressions);
	free(job->shim);
}

static int report_job(struct job *job, int *signal)
{
	struct predicted_sections sections;
	int status;

	arena_init(&job->arena);
	job->first_ms = run_duration_ms(&job->first);
	run_judge(&job->first, &job->arena, &job->report);
	predicted_sections_find(&job->first.model, &job->arena, &job->report, &sections);
	confirm_init(&job->confirm, &job->arena, &job->report, &sections);
	if (job->options->confirm)
		predicted_sections_candidates(&job->first.model, &job->report, &job->candidates);
	if (wants_further_runs(job))
		run_further(job);
	confirm_result(&job->confirm, &job->merged);
	status = exit_status(job, signal);
	job->merged.status = status;
	job->merged.has_status = !*signal;
	write_reports(job);
	save_first(job);
	arena_release(&job->arena);
	return job->failed ? EXIT_FORKCHECK : status;
}

int command_run(const struct options *options)
{
	struct job job = {.options = options,
			  .first = {.options = options, .session = {.descriptor = -1}}};
	int status = EXIT_FORKCHECK, signal = 0;

	if (set_up(&job) == 0) {
		status = launch_interrupted() ? EXIT_FORKCHECK : run_program(&job.first);
		if (status == 0)
			status = report_job(&job, &signal);
	}
	if (outputs_close(&job.outputs))
		status = EXIT_FORKCHECK;
	tear_down(&job);
	if (signal && status == 0)
		launch_die_by(signal);
	return status;
}
