/*
 * Running commands for the case tests. A failure of the test's own machinery
 * (no scratch folder, no process) fails the test at once.
 */
#include "run.h"
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS 120000

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void make_folder(char *path, size_t size, const char *parent)
{
	if (access(parent, W_OK) != 0)
		parent = "/tmp";
	snprintf(path, size, "%s/forkcheck-test.XXXXXX", parent);
	ck_assert_msg(mkdtemp(path) != NULL, "cannot make a folder in %s", parent);
}

static void redirect(int descriptor, const char *path, int flags)
{
	int file = open(path, flags, 0600);

	if (file < 0 || dup2(file, descriptor) < 0)
		_exit(99);
	if (file != descriptor)
		close(file);
}

static void set_environment(const struct run *run)
{
	const char *tool = getenv("FORKCHECK");
	char path[4096];

	snprintf(path, sizeof(path), "%s:%s", BUILD_DIRECTORY "/cases", getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("SCRIPTS", SOURCE_DIRECTORY "/tests/cases/programs", 1);

	setenv("FORKCHECK", tool != NULL ? tool : BUILD_DIRECTORY "/forkcheck", 1);
	setenv("CASES", BUILD_DIRECTORY "/cases", 1);
	setenv("SESSIONS", run->session, 1);
	setenv("FORKCHECK_SESSION_DIR", run->session, 1);
	setenv("LC_ALL", "C", 1);
	unsetenv("FORKCHECK_OPTIONS");
	unsetenv("NO_COLOR");
}

/* In the child: a process group of its own, so that all of it can be ended. */
static void become(const struct run *run, const char *script)
{
	setpgid(0, 0);
	set_environment(run);
	if (chdir(run->folder) != 0)
		_exit(99);
	redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
	redirect(STDOUT_FILENO, "output", O_WRONLY | O_CREAT | O_TRUNC);
	redirect(STDERR_FILENO, "errors", O_WRONLY | O_CREAT | O_TRUNC);
	execl("/bin/sh", "sh", "-c", script, (char *)NULL);
	_exit(99);
}

static int wait_for(pid_t child)
{
	struct pollfd ended = {.events = POLLIN};
	int status;

	ended.fd = (int)syscall(SYS_pidfd_open, child, 0);
	ck_assert_int_ge(ended.fd, 0);
	if (poll(&ended, 1, TIMEOUT_MS) == 0) {
		kill(-child, SIGKILL);
		waitpid(child, NULL, 0);
		close(ended.fd);
		return RUN_TIMED_OUT;
	}
	close(ended.fd);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static char *read_file(const char *folder, const char *name)
{
	char path[128];
	char *text = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (file == NULL || getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = strdup("");
	}
	if (file != NULL)
		fclose(file);
	return text;
}

static int count_files(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int count = 0;

	ck_assert_msg(folder != NULL, "%s is gone", path);
	while ((entry = readdir(folder)) != NULL)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(folder);
	return count;
}

void run_script(struct run *run, const char *script)
{
	char path[128];
	double start;
	pid_t child;

	make_folder(run->folder, sizeof(run->folder), "/tmp");
	make_folder(run->session, sizeof(run->session), "/dev/shm");
	start = now();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		become(run, script);
	run->status = wait_for(child);
	run->seconds = now() - start;
	run->output = read_file(run->folder, "output");
	run->errors = read_file(run->folder, "errors");
	snprintf(path, sizeof(path), "%s/report.json", run->folder);
	run->report = json_load_file(path, 0, NULL);
	run->left_behind = count_files(run->session);
}

static void remove_folder(const char *path)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("rm", "rm", "-rf", "--one-file-system", path, (char *)NULL);
		_exit(99);
	}
	waitpid(child, NULL, 0);
}

void run_free(struct run *run)
{
	free(run->output);
	free(run->errors);
	json_decref(run->report);
	remove_folder(run->folder);
	remove_folder(run->session);
}

int run_repeats(void)
{
	const char *text = getenv("FORKCHECK_CASE_REPEAT");
	int repeats = text != NULL ? atoi(text) : 1;

	return repeats > 0 ? repeats : 1;
}
