/*
 * One run of the program is launched, followed through its log, watched and judged here. Nothing
 * of the program's but its standard streams is shared with it.
 */
#include "run_once.h"
#include "base/clock.h"
#include "findings/assemble.h"
#include "findings/judge.h"
#include "process/procfs.h"
#include "run/descendants.h"
#include "run/outputs.h"
#include "run/reaction.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 50
/* How long descendants that outlive the program are watched, */
#define GRACE_MS 2000
/* and those that may hang and were not judged yet, beyond --hang-after. */
#define JUDGEMENT_MS 5000

/* The number that reports have for it. */
static pid_t known_pid(const struct run *run, const struct hang *hang)
{
	const struct process_facts *process = model_facts(&run->model, hang->serial);

	return process ? process->pid : hang->pid;
}

/* What was done to it; NULL: nothing. */
static const char *react(struct run *run, const struct hang *hang)
{
	const char *what = reaction_to(run->options, hang);

	if (!what)
		return NULL;
	run_record_action(&run->log, known_pid(run, hang), what);
	run->launched.is_held |=
		run->options->on_deadlock == DEADLOCK_STOP && hang->pid == run->launched.pid;
	return what;
}

static void act_and_tell(struct run *run, const struct hang *hang)
{
	const struct finding *found;
	const char *fingerprint = NULL;
	struct finding finding = {0};
	struct arena arena;

	arena_init(&arena);
	found = judge_process(&run->model, &arena, hang->serial);
	if (found && suppressions_match(run->suppressions, found)) {
		arena_release(&arena);
		return;
	}
	finding.action = react(run, hang);
	if (found) {
		const char *action = finding.action;

		finding = *found;
		finding.action = action;
		finding.is_known = suppressions_know(run->suppressions, found);
		fingerprint = finding.fingerprint;
		live_tell(&run->live, hang, known_pid(run, hang), &finding);
	}
	if (finding.action)
		ending_note_action(&run->ending, &run->live.hung, fingerprint);
	arena_release(&arena);
}

/* False: it moved, and is to be looked at again. */
static bool on_hang(const struct hang *hang, void *data)
{
	struct run *run = data;

	if (hang->is_withdrawn) {
		model_update(&run->model);
		live_withdraw(&run->live, hang->serial);
		return true;
	}
	/* The shim's record of a wait has its own stack, from the very moment. */
	if (!hang->wait || !hang->is_proven)
		if (!hang_record(&run->model, &run->writer, hang))
			return false;
	model_update(&run->model);
	act_and_tell(run, hang);
	return true;
}

static bool was_of_the_session(const struct run *run, pid_t pid)
{
	const struct arrivals *arrivals = &run->model.arrivals;

	for (size_t i = 0; i < arrivals->count; i++) {
		const struct process_facts *facts = model_facts(&run->model, arrivals->serials[i]);

		if (facts && facts->pid == pid)
			return true;
	}
	return false;
}

/* What a program sends to its own group, or to its parent, is no wish of others. Who sent it
 * may have ended by now. */
static bool is_of_the_session(const struct run *run, pid_t sender)
{
	if (sender <= 0)
		return false;
	if (kill(sender, 0) == 0 || errno == EPERM)
		return procfs_is_descendant(sender);
	return was_of_the_session(run, sender);
}

static void take_requests(struct run *run)
{
	struct launch_request request;

	while (launch_next_request(&request))
		if (!is_of_the_session(run, request.sender)) {
			run->was_asked = true;
			ending_take_request(&run->ending, &request,
					    procfs_catches(run->launched.pid, request.signal),
					    &run->live.hung);
		}
}

static bool is_over(const struct run *run)
{
	return run->ending.way != ENDING_NONE;
}

uint64_t run_duration_ms(const struct run *run)
{
	return (clock_ns(CLOCK_MONOTONIC) - run->log.started_ns) / 1000000u;
}

static void decide(struct run *run)
{
	struct ending_view view = {
		.now = clock_ns(CLOCK_MONOTONIC),
		.births = atomic_load(&run->session.header->counters.processes),
		.has_ended = run->launched.ended,
		.hung = &run->live.hung,
	};

	take_requests(run);
	ending_turn(&run->ending, &view);
	if (run->limit_ms && run_duration_ms(run) >= run->limit_ms)
		ending_overdue(&run->ending, run->limit_ms);
}

/* The load is over: the program is told to end. */
static void follow_drive(struct run *run)
{
	if (run->launched.ended)
		drive_end(&run->launched.drive);
	if (!run->launched.drive.has_ended || run->is_driven_out || run->launched.ended)
		return;
	run->is_driven_out = true;
	ending_drive_over(&run->ending, clock_ns(CLOCK_MONOTONIC));
	kill(run->launched.pid, SIGTERM);
}

static void report_so_far(struct run *run);

/* One turn: take in what is new, look at who may hang, wait for more. */
static void take_turn(struct run *run)
{
	int pause;

	launch_reap(&run->launched);
	launch_follow_stop(&run->launched);
	follow_drive(run);
	model_update(&run->model);
	pause = watch_turn(&run->watch, &run->model, on_hang, run);
	decide(run);
	if (ending_wants_files(&run->ending, clock_ns(CLOCK_MONOTONIC)))
		report_so_far(run);
	if (run->launched.has_children && !is_over(run))
		launch_wait(&run->session, pause);
}

/* Everybody who is left, until nobody is who may be killed. */
static void end_everything(struct run *run)
{
	bool any = true;

	/* Those that somebody else has adopted: --no-subreaper. */
	watch_signal_all(&run->watch, SIGKILL);
	while (run->launched.has_children && any) {
		any = descendants_kill();
		launch_wait(&run->session, LOOK_MS);
		launch_reap(&run->launched);
	}
}

/* Only what cannot go on in any case, unless it is kept for somebody. */
static void end_hung(struct run *run)
{
	if (run->options->on_deadlock == DEADLOCK_WAIT ||
	    run->options->on_deadlock == DEADLOCK_STOP)
		return;
	hung_kill_proven(&run->live.hung);
	launch_wait(&run->session, LOOK_MS);
	launch_reap(&run->launched);
}

static void end_run(struct run *run)
{
	if (run->ending.way == ENDING_KILL)
		end_everything(run);
	else
		end_hung(run);
	if (run->ending.reason)
		run_record_action(&run->log, 0, run->ending.reason);
}

/* Descendants that outlive the program get some time to end, or to turn out to hang. */
static bool is_in_grace(const struct run *run, uint64_t ended_ns)
{
	uint64_t gone_ms = (clock_ns(CLOCK_MONOTONIC) - ended_ns) / 1000000u;

	return run->options->wait_all || gone_ms < GRACE_MS ||
	       (gone_ms < run->options->hang_after_ms + JUDGEMENT_MS &&
		watch_awaits_judgement(&run->watch));
}

static void run_follow(struct run *run)
{
	uint64_t ended_ns;

	while (!run->launched.ended && !is_over(run))
		take_turn(run);
	ended_ns = clock_ns(CLOCK_MONOTONIC);
	while (run->launched.has_children && !is_over(run) && is_in_grace(run, ended_ns) &&
	       !launch_interrupted())
		take_turn(run);
	if (is_over(run))
		end_run(run);
	drive_end(&run->launched.drive);
	take_requests(run);
	model_update(&run->model);
}

static int open_log(struct run *run)
{
	const char *problem = reader_open(&run->reader, run->session.header, run->session.size);

	if (problem) {
		fprintf(stderr, "forkcheck: cannot use the session file: %s\n", problem);
		return -1;
	}
	if (run->session.is_small)
		fprintf(stderr,
			"forkcheck: warning: only %zu MiB for the session log; a long run may lose "
			"events\n",
			run->session.size >> 20);
	writer_init(&run->writer, run->session.header, &run->reader);
	model_init(&run->model, &run->reader, run->shim);
	watch_init(&run->watch, &run->writer, run->options->hang_after_ms * 1000000u);
	return 0;
}

int run_open(struct run *run)
{
	if (session_create(&run->session))
		return -1;
	live_init(&run->live, run->options, run->live_stream);
	ending_init(&run->ending, run->options);
	return open_log(run);
}

void run_close(struct run *run)
{
	watch_release(&run->watch);
	if (run->reader.bytes)
		model_release(&run->model);
	reader_close(&run->reader);
	launch_forget();
	session_remove(&run->session);
}

void run_release(struct run *run)
{
	live_release(&run->live);
	ending_release(&run->ending);
}

void run_end_rest(struct run *run)
{
	if (run->launched.has_children)
		end_everything(run);
}

/* A program that is still there has the signal by which forkcheck ends. */
static struct run_result result_of(const struct run *run)
{
	struct run_result result = {
		.exit_status = -1,
		.signal = run->ending.signal,
		.duration_ns = clock_ns(CLOCK_MONOTONIC) - run->log.started_ns,
	};

	if (run->launched.ended) {
		result.exit_status = launch_exit_status(&run->launched);
		result.signal = result.exit_status < 0 ? run->launched.status & 0x7f : 0;
	}
	return result;
}

static void fill_report(struct run *run, struct arena *arena, struct report *report)
{
	struct run_result result = result_of(run);

	run_record_result(&run->log, &result);
	report->wants_safety = run->options->summarizes_libraries;
	assemble_report(&run->model, arena, run->suppressions, outputs_want_notes(run->options),
			report);
	report->show_notes = run->options->notes;
	/* Ours to know, however full the log is. */
	report->exit_status = result.exit_status;
	report->signal = result.signal;
}

/* For the case that we are killed before the program has ended. */
static void report_so_far(struct run *run)
{
	struct report report = {0};
	struct arena arena;

	arena_init(&arena);
	fill_report(run, &arena, &report);
	if (report.complete && !run->launched.ended) {
		report.complete = false;
		report.incomplete_reason = "it was written while the program still ran";
	}
	run->so_far(run, &report, run->data);
	arena_release(&arena);
}

void run_judge(struct run *run, struct arena *arena, struct report *report)
{
	run_record_left(&run->log);
	run_record_silence(&run->log);
	fill_report(run, arena, report);
	if (run->ending.way != ENDING_NONE)
		report->ended = run->ending.reason ? arena_strdup(arena, run->ending.reason) : NULL;
}

int run_program(struct run *run)
{
	int status;

	run->log = (struct run_log){
		.model = &run->model,
		.writer = &run->writer,
		.launched = &run->launched,
		.command = run->options->arguments,
		.started_ns = clock_ns(CLOCK_MONOTONIC),
	};
	status = launch(&run->launched, run->options->arguments, &run->session, run->shim);
	if (status)
		return status;
	run_record_foreseen(&run->log);
	session_start_clock(&run->session);
	if (run->options->drive &&
	    drive_start(&run->launched.drive, run->options->drive, run->launched.pid))
		run->launched.drive = (struct drive){.has_ended = true, .status = EXIT_FORKCHECK};
	run_follow(run);
	return 0;
}
