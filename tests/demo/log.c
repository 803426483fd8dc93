/*
 * The server's log. log_mutex keeps lines whole; a thread of its own writes
 * the statistics. This is ordinary code, correct in a process that never forks.
 */
#include "log.h"
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static atomic_uint log_lines;

/* A disk that takes two milliseconds for a line. */
static void write_line(const char *text)
{
	if (dprintf(log_file, "%u %s\n", atomic_fetch_add(&log_lines, 1), text) < 0)
		err(1, "log");
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

void log_write(const char *text)
{
	pthread_mutex_lock(&log_mutex);
	write_line(text);
	pthread_mutex_unlock(&log_mutex);
}

static void *log_thread(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "logger");
	for (;;)
		log_write("statistics: all is well");
	return NULL;
}

void log_init(const char *path)
{
	pthread_t thread;

	log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_file < 0)
		err(1, "%s", path);
	if (pthread_create(&thread, NULL, log_thread, NULL) != 0)
		errx(1, "no thread for the log");
	pthread_detach(thread);
	while (atomic_load(&log_lines) == 0)
		log_write("log opened");
}
