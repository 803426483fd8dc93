/*
 * cure-regions REGION [cured]: another thread is in and out of a part of libc that has a lock of
 * its own, and the program forks until a child hangs there. cured: each child does what a report
 * says instead, and none hangs.
 */
#include "case.h"
#include <link.h>
#include <locale.h>
#include <pwd.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <syslog.h>
#include <time.h>

#define FORKS             5000
#define CURED             300
#define HANDLERS_PER_FORK 1000

static pthread_mutex_t own_mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int is_over, forks;
static int is_cured;
static int ends[2];
static locale_t made_before;
static char text[32];
static struct passwd *user;
static char *environment[] = {"CHILD=1", NULL};

static void nothing(void)
{
}

static void use_time(void)
{
	time_t now = 0;
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%F", &tm);
}

static int time_before(void)
{
	return strcmp(text, "1970-01-01") == 0;
}

static void use_environment(void)
{
	setenv("CHILD", "1", 1);
}

static int environment_before(void)
{
	char *arguments[] = {"sh", "-c", "test $CHILD = 1", NULL};

	execve("/bin/sh", arguments, environment);
	return 0;
}

static void use_syslog(void)
{
	syslog(LOG_DEBUG, "cure-regions");
}

static int write_to_parent(void)
{
	return write(ends[1], "line\n", 5) == 5;
}

static void use_random(void)
{
	random();
}

static int use_getrandom(void)
{
	long number;

	return getrandom(&number, sizeof(number), 0) == sizeof(number);
}

static void use_locale(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	setlocale(LC_ALL, "C");
}

static int switch_locale(void)
{
	return uselocale(made_before) != 0;
}

static void use_names(void)
{
	struct passwd *found = getpwuid(0);

	if (found != NULL && !atomic_load(&is_over))
		user = found;
}

static int names_before(void)
{
	return user != NULL;
}

static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
	return 0;
}

static void use_loader(void)
{
	if (is_cured)
		pthread_mutex_lock(&own_mutex);
	dl_iterate_phdr(visit, NULL);
	if (is_cured)
		pthread_mutex_unlock(&own_mutex);
}

static int loader_under_mutex(void)
{
	use_loader();
	return 1;
}

static void lock_own(void)
{
	pthread_mutex_lock(&own_mutex);
}

static void unlock_own(void)
{
	pthread_mutex_unlock(&own_mutex);
}

/* Each one costs memory, which each fork copies: where the forks come slowly, it waits for them. */
static void use_exit(void)
{
	static int registered;

	if (registered >= HANDLERS_PER_FORK * (1 + atomic_load(&forks)))
		sched_yield();
	else if (atexit(nothing) == 0)
		registered++;
}

static void leave(void)
{
	exit(0);
}

static int leave_at_once(void)
{
	_exit(0);
}

/* What the thread does, what the child does bare (NULL: the same), and what the cure is. */
static const struct region {
	const char *name;
	void (*thread)(void), (*child)(void);
	int (*cured)(void);
} regions[] = {
	{"time-zone", use_time, NULL, time_before},
	{"environment", use_environment, NULL, environment_before},
	{"syslog", use_syslog, NULL, write_to_parent},
	{"random", use_random, NULL, use_getrandom},
	{"locale", use_locale, NULL, switch_locale},
	{"names", use_names, NULL, names_before},
	{"own-mutex", use_loader, NULL, loader_under_mutex},
	{"exit", use_exit, leave, leave_at_once},
};
static const struct region *region;

static void *hammer(void *unused)
{
	while (!atomic_load(&is_over))
		region->thread();
	return NULL;
}

static int fork_once(void)
{
	pid_t child = fork();

	if (child != 0)
		return reap(child);
	if (is_cured)
		_exit(region->cured() ? 0 : 1);
	(region->child != NULL ? region->child : region->thread)();
	_exit(0);
}

static int fork_often(void)
{
	int status = 0;

	for (int i = 0; i < (is_cured ? CURED : FORKS) && status == 0; i++) {
		status = fork_once();
		atomic_fetch_add(&forks, 1);
	}
	return status;
}

static void prepare(void)
{
	if (pipe(ends))
		err(2, "pipe");
	made_before = newlocale(LC_ALL_MASK, "C.UTF-8", 0);
	region->thread();
	if (is_cured)
		pthread_atfork(lock_own, unlock_own, unlock_own);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;

	for (size_t i = 0; argc > 1 && i < sizeof(regions) / sizeof(regions[0]); i++)
		if (strcmp(regions[i].name, argv[1]) == 0)
			region = &regions[i];
	if (region == NULL)
		errx(2, "usage: cure-regions REGION [cured]");
	is_cured = argc > 2;
	prepare();
	pthread_create(&thread, NULL, hammer, NULL);
	status = fork_often();
	atomic_store(&is_over, 1);
	_exit(status);
}
