/* Forks, makes folders and redirects stderr, for the tests only. */
#include "support.h"
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

pid_t support_child(void (*body)(void *data), void *data)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	body(data);
	_exit(0);
}

void support_end_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

uint32_t support_word = 1;

static void *wait_for_nobody(void *limit)
{
	for (;;)
		syscall(SYS_futex, &support_word, FUTEX_WAIT_PRIVATE, 1, limit, NULL, 0);
	return NULL;
}

static void wait_in_threads(int threads, struct timespec *limit)
{
	pthread_t thread;

	for (int i = 1; i < threads; i++)
		if (pthread_create(&thread, NULL, wait_for_nobody, limit))
			abort();
	wait_for_nobody(limit);
}

void support_wait(void *threads)
{
	wait_in_threads(threads ? *(int *)threads : 1, NULL);
}

void support_wait_timed(void *threads)
{
	static struct timespec slice = {0, 50000000};

	wait_in_threads(threads ? *(int *)threads : 1, &slice);
}

void support_spin(void *nothing)
{
	(void)nothing;
	for (;;)
		__asm__ volatile("");
}

bool support_until(bool (*is_so)(void *data), void *data)
{
	const struct timespec pause = {0, 2000000};

	for (int i = 0; i < 2500; i++) {
		if (is_so(data))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

const char *support_folder(void)
{
	static char path[512];
	const char *place = getenv("TMPDIR");

	snprintf(path, sizeof(path), "%s/unit-XXXXXX", place && *place ? place : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(path));
	return path;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status, (void)type, (void)place;
	return remove(path);
}

void support_remove_folder(const char *path)
{
	ck_assert_int_eq(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static int saved_errors = -1;
static int errors = -1;

void support_errors_begin(void)
{
	fflush(stderr);
	errors = memfd_create("errors", MFD_CLOEXEC);
	saved_errors = dup(STDERR_FILENO);
	ck_assert_int_ge(errors, 0);
	ck_assert_int_ge(dup2(errors, STDERR_FILENO), 0);
}

const char *support_errors_end(void)
{
	static char text[4096];
	ssize_t length;

	fflush(stderr);
	dup2(saved_errors, STDERR_FILENO);
	close(saved_errors);
	length = pread(errors, text, sizeof(text) - 1, 0);
	close(errors);
	ck_assert_int_ge(length, 0);
	text[length] = '\0';
	return text;
}

uint64_t support_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1du;
}

char *support_file(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "r");

	ck_assert_msg(file != NULL, "cannot open %s", path);
	ck_assert_int_gt(getdelim(&text, &size, '\0', file), 0);
	fclose(file);
	return text;
}
