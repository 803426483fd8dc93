/*
 * The program is forked and executed here, and signals are passed on to it. It gets our
 * standard streams, our signal mask as we got it, and two more environment variables.
 */
#include "launch.h"
#include "base/beside_program.h"
#include "base/clock.h"
#include "commands/options.h"
#include "host_setup.h"
#include "process/procfs.h"
#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHIM_NAME "libforkcheck.so"
/* Where execvp() looks when there is no PATH. */
#define DEFAULT_SEARCH "/bin:/usr/bin"

/* Relative to the folder of this program. */
static const char *const shim_places[] = {SHIM_NAME, "../lib/forkcheck/" SHIM_NAME, NULL};

static struct session_header *volatile news_header;
static volatile pid_t program;
static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t is_stopping; /* until we are continued */
static struct sigaction original_actions[NSIG];
/* Filled by the handler, in which no other signal is handled; emptied by who follows the run. */
#define REQUESTS 16
static struct launch_request requests[REQUESTS];
static _Atomic unsigned requests_come, requests_taken;

char *launch_find_shim(void)
{
	char *found = NULL;

	for (const char *const *place = shim_places; *place && !found; place++)
		found = beside_program(*place);
	if (!found)
		fprintf(stderr,
			"forkcheck: cannot find " SHIM_NAME
			" beside forkcheck or in ../lib/forkcheck; build it or install again\n");
	/* The loader splits LD_PRELOAD at both. */
	else if (strpbrk(found, " :")) {
		fprintf(stderr,
			"forkcheck: cannot preload '%s': the path contains a space or a colon; "
			"install forkcheck elsewhere\n",
			found);
		free(found);
		found = NULL;
	}
	return found;
}

static void bump_news(void)
{
	struct session_header *header = news_header;

	if (header)
		atomic_fetch_add(&header->news, 1);
}

void launch_forget(void)
{
	news_header = NULL;
}

static void on_child(int signal)
{
	(void)signal;
	bump_news();
}

/*
 * What others may send us and the program should get. Not what the kernel sends
 * for a fault or a limit of our own, and not what the rest of this file uses.
 */
static bool is_forwarded(int signal)
{
	switch (signal) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
	case SIGUSR1:
	case SIGUSR2:
	case SIGCONT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGALRM:
	case SIGVTALRM:
	case SIGPROF:
	case SIGWINCH:
	case SIGURG:
	case SIGIO:
	case SIGPWR:
		return true;
	default:
		return signal >= SIGRTMIN && signal <= SIGRTMAX;
	}
}

/* Nobody is there to get it: what it would do to us by itself. */
static void take_for_ourselves(int signal)
{
	if (signal == SIGTSTP || signal == SIGTTIN)
		raise(SIGSTOP);
	else if (signal != SIGCONT && signal != SIGWINCH && signal != SIGURG)
		interrupted = signal;
	bump_news();
}

static void pass_on(int signal, const siginfo_t *info)
{
	if (info->si_code == SI_QUEUE)
		sigqueue(program, signal, info->si_value);
	else
		kill(program, signal);
}

static bool asks_for_end(int signal)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGHUP;
}

static enum launch_origin origin_of(int signal, const siginfo_t *info)
{
	if (info->si_code <= 0)
		return REQUEST_SENT;
	return signal == SIGHUP ? REQUEST_HANGUP : REQUEST_TYPED;
}

/* Of more than fit into the ring between two turns the last are of no interest. */
static void note_request(int signal, const siginfo_t *info)
{
	unsigned come = atomic_load(&requests_come);

	if (original_actions[signal].sa_handler == SIG_IGN ||
	    come - atomic_load(&requests_taken) >= REQUESTS)
		return;
	requests[come % REQUESTS] = (struct launch_request){
		.signal = signal,
		.origin = origin_of(signal, info),
		.sender = info->si_code > 0 ? 0 : info->si_pid,
		.at_ns = clock_ns(CLOCK_MONOTONIC),
	};
	atomic_store(&requests_come, come + 1);
	bump_news();
}

bool launch_next_request(struct launch_request *request)
{
	unsigned taken = atomic_load(&requests_taken);

	if (taken == atomic_load(&requests_come))
		return false;
	*request = requests[taken % REQUESTS];
	atomic_store(&requests_taken, taken + 1);
	return true;
}

/* When a terminal is gone, the kernel tells the leader of its session and nobody else. */
static bool is_told_alone(int signal)
{
	return signal == SIGHUP && getsid(0) == getpid();
}

static void hand_over(int signal, const siginfo_t *info)
{
	bool is_sent = info->si_code <= 0 || is_told_alone(signal);

	/* A program that stops its own group (an editor, at Ctrl-Z) has stopped already. */
	if (is_sent && !(signal == SIGTSTP && info->si_pid == program))
		pass_on(signal, info);
	if (asks_for_end(signal))
		note_request(signal, info);
}

/* The terminal sends Ctrl-C to the whole group: only what a process sent is passed on. */
static void on_forwarded(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (signal == SIGCONT && is_stopping)
		is_stopping = 0;
	else if (program <= 0)
		take_for_ourselves(signal);
	else
		hand_over(signal, info);
	errno = saved;
}

int launch_interrupted(void)
{
	return interrupted;
}

static void catch (int signal, struct sigaction *action)
{
	action->sa_flags |= SA_RESTART;
	sigaction(signal, action, &original_actions[signal]);
}

void launch_catch_signals(void)
{
	struct sigaction forward = {.sa_sigaction = on_forwarded, .sa_flags = SA_SIGINFO};
	struct sigaction child = {.sa_handler = on_child};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigfillset(&forward.sa_mask);
	/* The log may be cut at any time, and the handler writes there. */
	sigdelset(&forward.sa_mask, SIGBUS);
	for (int signal = 1; signal < NSIG; signal++)
		if (is_forwarded(signal))
			catch (signal, &forward);
	catch (SIGCHLD, &child);
	/* A reader of our report that is gone must not keep us from cleaning up. */
	catch (SIGPIPE, &ignore);
	/* A live report, while the terminal is a shell's that the program started. */
	catch (SIGTTOU, &ignore);
}

void launch_restore_signals(void)
{
	for (int signal = 1; signal < NSIG; signal++)
		if (is_forwarded(signal))
			sigaction(signal, &original_actions[signal], NULL);
	sigaction(SIGCHLD, &original_actions[SIGCHLD], NULL);
	sigaction(SIGPIPE, &original_actions[SIGPIPE], NULL);
	sigaction(SIGTTOU, &original_actions[SIGTTOU], NULL);
}

/*
 * Ours goes last: an ASan runtime refuses to start unless it is first. Where the program
 * needs one, it goes first, and ours twice: the shim takes it out again (environ_tidy).
 */
static int set_preload(const char *shim, const char *first)
{
	const char *theirs = getenv("LD_PRELOAD");
	char *value = NULL;
	int result;

	if (theirs && *theirs)
		result = asprintf(&value, "%s:%s", theirs, shim);
	else if (*first)
		result = asprintf(&value, "%s:%s:%s", first, shim, shim);
	else
		return setenv("LD_PRELOAD", shim, 1);
	if (result < 0)
		return -1;
	result = setenv("LD_PRELOAD", value, 1);
	free(value);
	return result;
}

/* The loader would complain on the program's stderr of what it cannot preload. */
static int set_environment(const struct launched *launched, const struct session *session,
			   const char *shim)
{
	if (!target_refuses_preload(launched->target.reason) &&
	    set_preload(shim, launched->target.first))
		return -1;
	return setenv(SESSION_ENVIRONMENT, session->path, 1);
}

static void launch_examine_program(struct launched *launched, const char *program_name)
{
	const char *search = getenv("PATH");

	launched->target.beforehand = OBSERVABLE;
	target_examine_search(&launched->target, program_name, search ? search : DEFAULT_SEARCH);
}

static _Noreturn void become_program(const struct launched *launched, char *const *arguments,
				     const struct session *session, const char *shim,
				     const sigset_t *mask, int report)
{
	int problem;

	launch_restore_signals();
	host_setup_restore();
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (set_environment(launched, session, shim) == 0)
		execvp(arguments[0], arguments);
	problem = errno;
	/* The pipe is atomic for so few bytes. */
	while (write(report, &problem, sizeof(problem)) < 0 && errno == EINTR)
		;
	_exit(EXIT_FORKCHECK);
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* As the shell and env(1) have it: 127 not found, 126 found and not runnable. */
static int explain_failure(const char *program_name, int problem)
{
	if (problem == ENOENT) {
		fprintf(stderr, "forkcheck: cannot run '%s': no such program%s\n", program_name,
			access(program_name, F_OK) == 0 ? " (its interpreter is missing)"
							: "; check the name and PATH");
		return EXIT_NOT_FOUND;
	}
	if (problem == ENOMEM || problem == EAGAIN) {
		fprintf(stderr, "forkcheck: cannot start '%s': %s\n", program_name,
			strerror(problem));
		return EXIT_FORKCHECK;
	}
	fprintf(stderr, "forkcheck: cannot run '%s': %s\n", program_name,
		is_directory(program_name) ? "it is a directory" : strerror(problem));
	return EXIT_NOT_EXECUTABLE;
}

/* 0 once exec has closed the pipe; else the errno that the child sent. */
static int read_report(int descriptor)
{
	int problem = 0;
	ssize_t length;

	do
		length = read(descriptor, &problem, sizeof(problem));
	while (length < 0 && errno == EINTR);
	return length == (ssize_t)sizeof(problem) ? problem : 0;
}

static int launch_start_child(struct launched *launched, char *const *arguments,
			      const struct session *session, const char *shim, const int report[2])
{
	sigset_t all, mask;

	/* No signal may meet a handler of ours in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	launched->pid = fork();
	if (launched->pid == 0)
		become_program(launched, arguments, session, shim, &mask, report[1]);
	program = launched->pid;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return launched->pid < 0 ? errno : 0;
}

int launch(struct launched *launched, char *const *arguments, const struct session *session,
	   const char *shim)
{
	int report[2], problem;

	memset(launched, 0, sizeof(*launched));
	if (pipe2(report, O_CLOEXEC)) {
		fprintf(stderr, "forkcheck: cannot make a pipe: %s\n", strerror(errno));
		return EXIT_FORKCHECK;
	}
	news_header = session->header;
	launch_examine_program(launched, arguments[0]);
	problem = launch_start_child(launched, arguments, session, shim, report);
	close(report[1]);
	if (problem) {
		fprintf(stderr, "forkcheck: cannot fork: %s\n", strerror(problem));
		close(report[0]);
		return EXIT_FORKCHECK;
	}
	launched->has_children = true;
	problem = read_report(report[0]);
	close(report[0]);
	if (!problem)
		return 0;
	while (waitpid(launched->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return explain_failure(arguments[0], problem);
}

void launch_reap(struct launched *launched)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
		if (WIFSTOPPED(status)) {
			/* Seized by stop.c, and late to stop: it was given up there. */
			if (ptrace(PTRACE_DETACH, pid, NULL, NULL) && pid == launched->pid)
				launched->stopped_by = WSTOPSIG(status);
		} else if (drive_take(&launched->drive, pid, status)) {
			bump_news();
		} else if (pid == launched->pid) {
			launched->ended = true;
			launched->status = status;
			program = 0;
		}
	launched->has_children = pid == 0;
}

/* True once we were stopped and continued; an orphaned group is not stopped by a terminal's signal.
 */
static bool stop_as(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL}, previous;

	is_stopping = 1;
	if (signal != SIGSTOP)
		sigaction(signal, &action, &previous);
	raise(signal);
	if (signal != SIGSTOP)
		sigaction(signal, &previous, NULL);
	if (!is_stopping)
		return true;
	is_stopping = 0;
	return false;
}

/* Still in the stop that we followed: a new one would have been told by wait. */
static bool is_still_stopped(struct launched *launched)
{
	bool is_stopped = procfs_state(launched->pid) == 'T';

	launch_reap(launched);
	return is_stopped && !launched->ended && !launched->stopped_by;
}

void launch_follow_stop(struct launched *launched)
{
	int signal = launched->stopped_by;
	pid_t group;

	launched->stopped_by = 0;
	if (!signal || launched->ended || launched->is_held)
		return;
	group = terminal_group();
	if (!stop_as(signal))
		return;
	/* A shell gives the terminal to the group of its job. Where the program is a
	 * shell too, that is not the group that had it. */
	if (group > 0 && group == getpgid(launched->pid) && terminal_group() == getpgrp())
		terminal_give(group);
	/* Who continues a job sends to its group, and the program may have one of its own. */
	if (is_still_stopped(launched))
		kill(launched->pid, SIGCONT);
}

void launch_adopt_orphans(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void launch_wait(const struct session *session, int milliseconds)
{
	struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
	static uint32_t seen;
	uint32_t now = atomic_load(&session->header->news);

	if (now == seen)
		syscall(SYS_futex, &session->header->news, FUTEX_WAIT, now, &limit, NULL, 0);
	seen = now;
}

int launch_exit_status(const struct launched *launched)
{
	return WIFEXITED(launched->status) ? WEXITSTATUS(launched->status) : -1;
}

_Noreturn void launch_die_by(int signal)
{
	const struct rlimit none = {0, 0};
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t set;

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	sigaction(signal, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signal);
	_exit(128 + signal);
}
