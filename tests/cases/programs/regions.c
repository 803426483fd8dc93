/*
 * A lock inside of libc that a thread may hold at the fork. No program can
 * see whether it does, so the parent forks until a child hangs; that child is
 * the last one, and its end is the program's.
 *
 *   regions hang REGION      a thread calls, the child calls as well
 *   regions beside REGION    and another thread has called before
 *   regions unused REGION    a thread calls, the child does not
 *   regions between REGION   a thread has called; then the child calls
 *   regions alone REGION     no other thread
 *   regions inside CALL      the thread stays inside for certain
 *   regions thread CALL      and it is a thread of the child's own that calls
 *   regions handler CALL     and the child waits inside for something else
 */
#include "case.h"
#include <grp.h>
#include <link.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <syslog.h>
#include <time.h>

/* A child hangs within the first hundred where this was measured. */
#define FORKS    5000
#define UNHARMED 20

static void call_time_zone(void)
{
	struct tm tm;
	time_t now = 0;

	localtime_r(&now, &tm); /* TIME_ZONE */
}

static void call_environment(void)
{
	setenv("REGIONS", "of the environment", 1); /* ENVIRONMENT */
}

static void call_syslog(void)
{
	syslog(LOG_DEBUG, "regions"); /* SYSLOG */
}

static void call_random(void)
{
	random(); /* RANDOM */
}

static void call_locale(void)
{
	setlocale(LC_ALL, "C.UTF-8"); /* LOCALE */
	setlocale(LC_ALL, "C");
}

static void call_users(void)
{
	getpwnam("root"); /* USERS */
}

static void call_groups(void)
{
	getgrgid(0); /* GROUPS */
}

static void call_services(void)
{
	getservbyname("http", "tcp"); /* SERVICES */
}

static void call_resolver(void)
{
	struct addrinfo *found;

	if (getaddrinfo("localhost", "80", NULL, &found) == 0) /* RESOLVER */
		freeaddrinfo(found);
}

/* Nothing is looked up. */
static void call_numbers(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	char host[64], service[64];
	struct addrinfo *found;

	if (getaddrinfo("127.0.0.1", "80", &hints, &found) != 0)
		return;
	getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof(host), service, sizeof(service),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	freeaddrinfo(found);
	if (getaddrinfo("::1", NULL, &hints, &found) == 0)
		freeaddrinfo(found);
}

static void call_hosts(void)
{
	gethostbyname("localhost"); /* HOSTS */
}

static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
	return 0;
}

static void call_loader(void)
{
	dl_iterate_phdr(visit, NULL); /* LOADER */
}

static void nothing(void)
{
}

static void call_exit(void)
{
	atexit(nothing); /* EXIT */
}

static const struct region {
	const char *name;
	void (*call)(void);
} regions[] = {
	{"time-zone", call_time_zone}, {"environment", call_environment}, {"syslog", call_syslog},
	{"random", call_random},       {"locale", call_locale},           {"users", call_users},
	{"groups", call_groups},       {"resolver", call_resolver},       {"hosts", call_hosts},
	{"services", call_services},   {"loader", call_loader},           {"exit", call_exit},
	{"numbers", call_numbers},
};

static void (*call)(void);
static atomic_int is_over;

static void *hammer(void *unused)
{
	while (!atomic_load(&is_over))
		call(); /* HAMMER */
	return NULL;
}

static void *call_and_wait(void *unused)
{
	call();
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return NULL;
}

static void *call_once(void *unused)
{
	call(); /* THREAD */
	return NULL;
}

static void call_in_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, call_once, NULL);
	pthread_join(thread, NULL);
}

static int in_thread;

static int fork_once(int child_calls)
{
	pid_t child = fork(); /* FORK */

	if (child == 0) {
		if (in_thread)
			call_in_thread();
		else if (child_calls)
			call(); /* CHILD */
		_exit(0);
	}
	return reap(child);
}

static int fork_often(int forks, int child_calls)
{
	int status = 0;

	for (int i = 0; i < forks && status == 0; i++)
		status = fork_once(child_calls); /* OFTEN */
	return status;
}

/* --- inside for certain --- */

static int wait_inside(struct dl_phdr_info *info, size_t size, void *data)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return 1;
}

static void *iterate(void *unused)
{
	dl_iterate_phdr(wait_inside, NULL); /* ITERATE */
	return NULL;
}

static void wait_at_exit(void)
{
	pthread_barrier_wait(&taken);
	for (;;)
		pause();
}

static sem_t never_posted;

static void wait_for_nobody(void)
{
	sem_wait(&never_posted); /* NOBODY */
}

static void call_exit_itself(void)
{
	exit(0); /* ITSELF */
}

/* The lock is free while a handler runs. */
static void *leave(void *unused)
{
	exit(0);
}

static int with_thread(void *(*start)(void *), int meets, int forks, int child_calls)
{
	pthread_t thread;
	int status;

	pthread_create(&thread, NULL, start, NULL); /* CREATE */
	if (meets)
		pthread_barrier_wait(&taken);
	status = fork_often(forks, child_calls); /* OFTEN_CALL */
	atomic_store(&is_over, 1);
	if (meets)
		pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}

/* The thread's end is the program's. */
static int while_leaving(int forks)
{
	pthread_t thread;

	pthread_create(&thread, NULL, leave, NULL);
	pthread_barrier_wait(&taken);
	return fork_often(forks, 1);
}

static int beside_idle_thread(void)
{
	pthread_t idle;
	int status;

	pthread_create(&idle, NULL, call_and_wait, NULL);
	pthread_barrier_wait(&taken);
	status = with_thread(hammer, 0, FORKS, 1); /* BESIDE */
	pthread_barrier_wait(&finished);
	pthread_join(idle, NULL);
	return status;
}

static int stay_inside(const char *name)
{
	if (strcmp(name, "loader") == 0) {
		call = call_loader;
		return with_thread(iterate, 1, 1, 1);
	}
	call = call_exit;
	atexit(wait_at_exit);
	return while_leaving(UNHARMED);
}

/* The last handler to be called: the thread has not come to it. */
static int wait_inside_of_exit(void)
{
	sem_init(&never_posted, 0, 0);
	atexit(wait_for_nobody);
	atexit(wait_at_exit);
	call = call_exit_itself;
	return while_leaving(1);
}

int main(int argc, char **argv)
{
	const struct region *region = regions;

	if (argc < 3)
		errx(2, "mode and region");
	if (mode_is(argv, "inside"))
		_exit(stay_inside(argv[2]));
	in_thread = mode_is(argv, "thread");
	if (in_thread)
		_exit(stay_inside(argv[2]));
	if (mode_is(argv, "handler"))
		_exit(wait_inside_of_exit());
	while (strcmp(region->name, argv[2]) != 0)
		region++;
	call = region->call;
	if (mode_is(argv, "hang"))
		_exit(with_thread(hammer, 0, FORKS, 1)); /* HANG */
	if (mode_is(argv, "beside"))
		_exit(beside_idle_thread());
	if (mode_is(argv, "unused"))
		_exit(with_thread(hammer, 0, UNHARMED, 0));
	if (mode_is(argv, "between"))
		_exit(with_thread(call_and_wait, 1, UNHARMED, 1));
	call();
	_exit(fork_often(UNHARMED, 1));
}
