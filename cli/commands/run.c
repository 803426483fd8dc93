/*
 * The run: launch, follow the log, look at suspects, judge, report. Nothing of
 * the program's but its standard streams is shared with it.
 */
#include "run.h"
#include "../assemble.h"
#include "../judge.h"
#include "../launch.h"
#include "../outputs.h"
#include "../session/save.h"
#include "../session/session.h"
#include "../surroundings.h"
#include "../unobserved.h"
#include "../watch/procfs.h"
#include "../watch/watch.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 50
/* Fits into one record. */
#define COMMAND_MAX 16384
/* Of the processes that outlive the program, for the report. */
#define LEFT_MAX 256
/* How long descendants that outlive the program are watched. */
#define GRACE_MS 2000

struct printed {
	char *fingerprint;
	uint64_t count; /* when it was printed */
};

struct run {
	const struct options *options;
	char *shim;
	struct session session;
	struct reader reader;
	struct writer writer;
	struct model model;
	struct watch watch;
	struct suppressions *suppressions;
	struct launched launched;
	uint64_t started_ns;
	struct outputs outputs;
	/* Findings that were printed while the program ran. */
	struct printed *printed;
	size_t printed_count;
	bool is_over; /* --on-deadlock=end-run */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool is_shown(const struct run *run, const struct finding *finding)
{
	return finding->severity > SEVERITY_NOTE || run->options->notes;
}

static const struct printed *find_printed(const struct run *run, const struct finding *finding)
{
	for (size_t i = 0; i < run->printed_count; i++)
		if (strcmp(run->printed[i].fingerprint, finding->fingerprint) == 0)
			return &run->printed[i];
	return NULL;
}

static void remember_printed(struct run *run, const struct finding *finding)
{
	struct printed *grown = reallocarray(run->printed, run->printed_count + 1, sizeof(*grown));

	if (!grown)
		return;
	run->printed = grown;
	grown += run->printed_count;
	*grown = (struct printed){strdup(finding->fingerprint), finding->count};
	run->printed_count += grown->fingerprint != NULL;
}

/* Errors that are proven are printed while the program runs. */
static void print_proven(struct run *run, const struct finding *finding)
{
	FILE *stream = outputs_live(&run->outputs);
	struct render_options look;

	if (!stream || find_printed(run, finding))
		return;
	look = outputs_look(run->options, stream);
	render_text_finding(stream, finding, &look);
	fflush(stream);
	remember_printed(run, finding);
}

static void note_action(struct run *run, pid_t pid, const char *what)
{
	struct record_action action = {.pid = pid, .what_length = (uint32_t)strlen(what)};

	writer_append(&run->writer, RECORD_ACTION, &action, sizeof(action), what,
		      action.what_length);
	model_update(&run->model);
}

static const struct deadlock_reaction {
	int signal; /* 0: none */
	const char *what;
} reactions[] = {
	[DEADLOCK_KILL] = {SIGKILL, "killed"},    [DEADLOCK_STOP] = {SIGSTOP, "stopped"},
	[DEADLOCK_ABORT] = {SIGABRT, "aborted"},  [DEADLOCK_WAIT] = {0, NULL},
	[DEADLOCK_END_RUN] = {SIGKILL, "killed"},
};

/* The number that reports have for it. */
static pid_t known_pid(const struct run *run, const struct hang *hang)
{
	const struct process_facts *process = model_process(&run->model, hang->serial);

	return process ? process->pid : hang->pid;
}

/* What was done to it; NULL: nothing. */
static const char *react(struct run *run, const struct hang *hang)
{
	const struct deadlock_reaction *reaction = &reactions[run->options->on_deadlock];

	if (!reaction->signal || !hang_signal(hang, reaction->signal))
		return NULL;
	note_action(run, known_pid(run, hang), reaction->what);
	if (run->options->on_deadlock == DEADLOCK_STOP && !run->options->quiet)
		fprintf(stderr, "forkcheck: process %d is stopped; look at it with: gdb -p %d\n",
			hang->pid, hang->pid);
	run->launched.is_held |= reaction->signal == SIGSTOP && hang->pid == run->launched.pid;
	run->is_over |= run->options->on_deadlock == DEADLOCK_END_RUN;
	return reaction->what;
}

static void act_and_tell(struct run *run, const struct hang *hang)
{
	const struct finding *found;
	struct finding finding;
	struct arena arena;

	arena_init(&arena);
	found = judge_process(&run->model, &arena, hang->serial);
	if (!found)
		react(run, hang);
	else if (!suppressions_match(run->suppressions, found)) {
		finding = *found;
		finding.action = react(run, hang);
		if (finding.severity == SEVERITY_ERROR && finding.certainty == CERTAINTY_PROVEN)
			print_proven(run, &finding);
	}
	arena_release(&arena);
}

/* False: it moved, and is to be looked at again. */
static bool on_hang(const struct hang *hang, void *data)
{
	struct run *run = data;

	/* The shim's record of a wait has its own stack, from the very moment. */
	if (!hang->wait || !hang->is_proven)
		if (!hang_record(&run->model, &run->writer, hang))
			return false;
	model_update(&run->model);
	if (!hang->is_proven)
		return true;
	act_and_tell(run, hang);
	return true;
}

/* One turn: take in what is new, look at who may hang, wait for more. */
static void take_turn(struct run *run)
{
	int pause;

	launch_reap(&run->launched);
	launch_follow_stop(&run->launched);
	model_update(&run->model);
	pause = watch_turn(&run->watch, &run->model, on_hang, run);
	if (run->launched.has_children && !run->is_over)
		launch_wait(&run->session, pause);
}

static bool is_among(const pid_t *list, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == pid)
			return true;
	return false;
}

/* Observed or not. A number that was free for a moment may be a stranger's: they are
 * asked for again once they are held by something better. False: nobody was killed. */
static bool kill_descendants(void)
{
	pid_t descendants[LEFT_MAX], still[LEFT_MAX];
	size_t count = procfs_descendants(descendants, LEFT_MAX), still_count;
	int processes[LEFT_MAX];
	bool any = false;

	for (size_t i = 0; i < count; i++)
		processes[i] = (int)syscall(SYS_pidfd_open, descendants[i], 0);
	still_count = procfs_descendants(still, LEFT_MAX);
	for (size_t i = 0; i < count; i++) {
		if (processes[i] < 0)
			continue;
		if (is_among(still, still_count, descendants[i]))
			any |= syscall(SYS_pidfd_send_signal, processes[i], SIGKILL, NULL, 0) == 0;
		close(processes[i]);
	}
	return any;
}

/* Everybody who is left, until nobody is who may be killed. */
static void end_everything(struct run *run)
{
	bool any = true;

	/* Those that somebody else has adopted: --no-subreaper. */
	watch_signal_all(&run->watch, SIGKILL);
	while (run->launched.has_children && any) {
		any = kill_descendants();
		launch_wait(&run->session, LOOK_MS);
		launch_reap(&run->launched);
	}
}

/* Descendants that outlive the program get some time to end, or to turn out to hang. */
static bool is_in_grace(const struct run *run, uint64_t ended_ns)
{
	return run->options->wait_all || now_ns() < ended_ns + GRACE_MS * 1000000ull;
}

static void follow(struct run *run)
{
	uint64_t ended_ns;

	while (!run->launched.ended && !run->is_over)
		take_turn(run);
	ended_ns = now_ns();
	while (run->launched.has_children && !run->is_over && is_in_grace(run, ended_ns) &&
	       !launch_interrupted())
		take_turn(run);
	if (run->is_over)
		end_everything(run);
	model_update(&run->model);
}

static bool is_observed(const struct run *run)
{
	for (uint32_t serial = 1; serial < run->model.process_capacity; serial++) {
		const struct process_facts *process = model_process(&run->model, serial);

		if (process && process->birth_number && process->kind == BIRTH_IMAGE &&
		    process->pid == run->launched.pid)
			return true;
	}
	return false;
}

static void record_left(struct run *run, pid_t pid)
{
	struct record_left left = {.pid = pid};
	char link[32], path[4096];
	ssize_t length;
	char state = procfs_state(pid);

	if (!state || state == 'Z')
		return;
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	length = readlink(link, path, sizeof(path));
	left.path_length = length > 0 ? (uint32_t)length : 0;
	writer_append(&run->writer, RECORD_LEFT, &left, sizeof(left), path, left.path_length);
}

/* Who outlives the program, and us. */
static void record_left_running(struct run *run)
{
	pid_t descendants[LEFT_MAX];
	size_t count = run->launched.has_children ? procfs_descendants(descendants, LEFT_MAX) : 0;

	for (size_t i = 0; i < count; i++)
		record_left(run, descendants[i]);
}

/* Foreseen, or because it never said hello. */
static void record_unobserved(struct run *run, uint32_t reason, const char *path, size_t length)
{
	struct record_unobserved record = {.since_ns = run->started_ns,
					   .pid = run->launched.pid,
					   .reason = reason,
					   .path_length = (uint32_t)length};

	if (unobserved_is_recorded(&run->model, record.pid, record.since_ns))
		return;
	atomic_fetch_add(&run->session.header->counters.unobserved, 1);
	writer_append(&run->writer, RECORD_UNOBSERVED, &record, sizeof(record), path, length);
	model_update(&run->model);
}

static void record_foreseen(struct run *run)
{
	const struct target *target = &run->launched.target;

	if (target->reason != OBSERVABLE)
		record_unobserved(run, target->reason, target->path, target->path_length);
}

static void record_silence(struct run *run)
{
	const char *program = run->options->arguments[0];

	if (!is_observed(run))
		record_unobserved(run, UNOBSERVED_NO_HELLO, program,
				  strnlen(program, TARGET_PATH_MAX));
}

/* NUL-terminated strings in a row, as /proc/PID/cmdline has them. */
static char *join_command(char *const *arguments, size_t *length, uint32_t *count)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, length);

	*count = 0;
	if (!stream)
		return NULL;
	for (; *arguments; arguments++, ++*count)
		fwrite(*arguments, 1, strlen(*arguments) + 1, stream);
	fclose(stream);
	return text;
}

/* What only we know, into the log: a saved session is reported from that alone. */
static void record_run(struct run *run)
{
	struct record_run record = {.exit_status = launch_exit_status(&run->launched),
				    .duration_ns = now_ns() - run->started_ns,
				    .pid = run->launched.pid,
				    .is_observed = is_observed(run)};
	size_t length = 0;
	char *command = join_command(run->options->arguments, &length, &record.arguments);

	record.signal = record.exit_status < 0 ? run->launched.status & 0x7f : 0;
	/* A command line may be longer than any record: its end goes. */
	if (length > COMMAND_MAX || !command)
		length = 0, record.arguments = 0;
	record.length = (uint32_t)length;
	writer_append(&run->writer, RECORD_RUN, &record, sizeof(record), command, length);
	free(command);
	model_update(&run->model);
}

/* What was printed live is not printed again, but for how often it came in the end. */
static int write_finding_or_count(struct run *run, FILE *stream, const struct finding *finding,
				  const struct render_options *look)
{
	const struct printed *printed = find_printed(run, finding);

	if (!is_shown(run, finding) || finding->suppressed)
		return 0;
	if (!printed)
		return render_text_finding(stream, finding, look);
	if (printed->count != finding->count)
		fprintf(stream, "forkcheck: %s %s: seen %llu times in all\n", finding->code,
			finding->name, (unsigned long long)finding->count);
	return 0;
}

static int write_rest(struct run *run, FILE *stream, const struct report *report,
		      const struct render_options *look)
{
	int result = 0;

	for (size_t i = 0; i < report->finding_count && result == 0; i++)
		result = write_finding_or_count(run, stream, &report->findings[i], look);
	return result ? result : render_text_summary(stream, report, look);
}

static void write_reports(struct run *run, const struct report *report)
{
	FILE *live = outputs_live(&run->outputs);
	struct render_options look;

	outputs_write(&run->outputs, report, true);
	if (!live)
		return;
	look = outputs_look(run->options, live);
	write_rest(run, live, report, &look);
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

static int set_up(struct run *run)
{
	surroundings_prepare();
	launch_catch_signals();
	if (!run->options->no_subreaper)
		launch_adopt_orphans();
	run->shim = launch_find_shim();
	run->suppressions =
		suppressions_open(run->options->suppressions, run->options->suppression_count);
	if (!run->shim || !run->suppressions || outputs_open(&run->outputs, run->options) ||
	    session_create(&run->session))
		return -1;
	return open_log(run);
}

static void tear_down(struct run *run)
{
	watch_release(&run->watch);
	if (run->reader.bytes)
		model_release(&run->model);
	reader_close(&run->reader);
	session_remove(&run->session);
	if (run->suppressions)
		suppressions_free(run->suppressions);
	for (size_t i = 0; i < run->printed_count; i++)
		free(run->printed[i].fingerprint);
	free(run->printed);
	free(run->shim);
}

static bool has_unobserved(const struct report *report)
{
	return report->unobserved_count || report->unobserved_more;
}

/* forkcheck's exit status; `signal` gets the one to die by, where we should end as the program did.
 */
static int exit_status(const struct run *run, const struct report *report, int *signal)
{
	if (outputs_reach_limit(run->options, report))
		return run->options->error_exitcode;
	if (!report->observed || (run->options->require_observed && has_unobserved(report)))
		return EXIT_UNOBSERVED;
	if (report->exit_status < 0)
		*signal = report->signal;
	return report->exit_status < 0 ? 0 : report->exit_status;
}

static int report_run(struct run *run, int *signal)
{
	struct report report = {0};
	struct arena arena;
	int status;

	record_left_running(run);
	record_silence(run);
	record_run(run);
	arena_init(&arena);
	assemble_report(&run->model, &arena, run->suppressions, outputs_want_notes(run->options),
			&report);
	report.show_notes = run->options->notes;
	/* Ours to know, however full the log is. */
	report.exit_status = launch_exit_status(&run->launched);
	report.signal = report.exit_status < 0 ? run->launched.status & 0x7f : 0;
	write_reports(run, &report);
	suppressions_report_unused(run->suppressions, stderr);
	if (run->options->print_suppressions)
		suppressions_print(&report, stdout);
	status = exit_status(run, &report, signal);
	arena_release(&arena);
	if (run->options->keep_session && session_save(&run->model, run->options->keep_session))
		status = EXIT_FORKCHECK;
	return status;
}

static int run_program(struct run *run, int *signal)
{
	int status;

	run->started_ns = now_ns();
	status = launch(&run->launched, run->options->arguments, &run->session, run->shim);
	if (status)
		return status;
	record_foreseen(run);
	session_start_clock(&run->session);
	follow(run);
	return report_run(run, signal);
}

int command_run(const struct options *options)
{
	struct run run = {.options = options, .session = {.descriptor = -1}};
	int status = EXIT_FORKCHECK, signal = 0;

	if (set_up(&run) == 0)
		status = launch_interrupted() ? EXIT_FORKCHECK : run_program(&run, &signal);
	if (outputs_close(&run.outputs))
		status = EXIT_FORKCHECK;
	tear_down(&run);
	if (signal && status == 0)
		launch_die_by(signal);
	return status;
}
