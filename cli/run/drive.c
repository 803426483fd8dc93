/*
 * The command of --drive is started and ended here. A process of its own looks after it: what
 * the command starts becomes that one's child when it is orphaned, ends with it, and is nothing
 * that the session could take for the program's.
 */
#include "drive.h"
#include "descendants.h"
#include "host_setup.h"
#include "launch.h"
#include "process/procfs.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL "/bin/sh"
/* As a shell has it, of a command that it could not run. */
#define NOT_RUN 127

static _Noreturn void become_command(const char *command, pid_t program, const sigset_t *mask)
{
	char number[16];
	int nothing = open("/dev/null", O_RDONLY);

	if (nothing > STDIN_FILENO)
		dup2(nothing, STDIN_FILENO);
	if (nothing > STDERR_FILENO)
		close(nothing);
	snprintf(number, sizeof(number), "%d", program);
	launch_restore_signals();
	host_setup_restore();
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (setenv(DRIVE_VARIABLE, number, 1) == 0)
		execl(SHELL, SHELL, "-c", command, (char *)NULL);
	_exit(NOT_RUN);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Returns how the command has ended; -1: we are to end first. */
static int wait_for_command(pid_t command, const sigset_t *awaited)
{
	int status, signal;
	pid_t pid;

	for (;;) {
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == command)
				return status_of(status);
		while ((signal = sigwaitinfo(awaited, NULL)) < 0 && errno == EINTR)
			;
		if (signal == SIGTERM)
			return -1;
	}
}

/* Whatever comes to be while they are killed is one of theirs. */
static void end_descendants(void)
{
	while (descendants_kill())
		while (waitpid(-1, NULL, 0) < 0 && errno == EINTR)
			;
}

static _Noreturn void look_after(const char *command, pid_t program, pid_t parent,
				 const sigset_t *mask)
{
	sigset_t awaited;
	int status;
	pid_t pid;

	/* All signals are blocked: these two are waited for. */
	sigemptyset(&awaited);
	sigaddset(&awaited, SIGCHLD);
	sigaddset(&awaited, SIGTERM);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	procfs_leave_out(0);
	if (getppid() != parent)
		_exit(NOT_RUN);
	pid = fork();
	if (pid == 0)
		become_command(command, program, mask);
	status = pid < 0 ? NOT_RUN : wait_for_command(pid, &awaited);
	end_descendants();
	_exit(status < 0 ? 128 + SIGTERM : status);
}

int drive_start(struct drive *drive, const char *command, pid_t program)
{
	pid_t parent = getpid();
	sigset_t all, mask;

	*drive = (struct drive){0};
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	drive->pid = fork();
	if (drive->pid == 0)
		look_after(command, program, parent, &mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (drive->pid < 0) {
		fprintf(stderr, "forkcheck: cannot start the command of --drive: %s\n",
			strerror(errno));
		drive->pid = 0;
		return -1;
	}
	procfs_leave_out(drive->pid);
	return 0;
}

bool drive_take(struct drive *drive, pid_t pid, int status)
{
	if (!drive->pid || pid != drive->pid)
		return false;
	procfs_leave_out(0);
	drive->pid = 0;
	drive->has_ended = true;
	drive->status = status_of(status);
	return true;
}

void drive_end(struct drive *drive)
{
	int status;

	if (!drive->pid)
		return;
	kill(drive->pid, SIGTERM);
	while (waitpid(drive->pid, &status, 0) < 0)
		if (errno != EINTR)
			return;
	drive_take(drive, drive->pid, status);
}
