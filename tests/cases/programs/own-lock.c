/*
 * own-lock WHAT [program]: a child of a fork whose threads wait for locks that they have
 * themselves, beside an idle thread that it lacks; with "single" behind WHAT the parent has none,
 * with "program" the child starts one that does so. WHAT hangs: twice, order, apart, rwlocks,
 * upgrade, joined, semaphore, beside (another thread of the child goes on). Or it ends: long,
 * recursive, errorcheck, timed, slow (the owner sleeps), reads (the owner waits for its parent),
 * outread, handed-over (another thread reads), posted, and given, given-token, ordered: the cures.
 */
#include "case.h"
#include <semaphore.h>
#include <stdbool.h>
#include <time.h>

#define WAIT_FOR_CHILD 6000 /* ms */
#define LONG           3    /* s */

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t one = PTHREAD_RWLOCK_INITIALIZER, other = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t both;
static sem_t token;
static int ends[2];
static bool is_program;

static void *idle(void *unused)
{
	pause();
	return unused;
}

static pthread_t start(void *(*run)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, NULL))
		err(2, "pthread_create");
	return thread;
}

static int twice(void)
{
	pthread_mutex_lock(&first);        /* TAKE */
	return pthread_mutex_lock(&first); /* TAKE_AGAIN */
}

static void *other_way(void *unused)
{
	pthread_mutex_lock(&second); /* SECOND */
	pthread_barrier_wait(&both);
	pthread_mutex_lock(&first); /* SECOND_FIRST */
	return unused;
}

static void *one_way(void *unused)
{
	pthread_mutex_lock(&first);
	pthread_barrier_wait(&both);
	pthread_mutex_lock(&second); /* FIRST_SECOND */
	return unused;
}

static int order(void)
{
	start(other_way);
	one_way(NULL); /* ORDER */
	return 0;
}

/* The first thread of the child has other things to do. */
static int apart(void)
{
	start(other_way);
	start(one_way);
	return poll(NULL, 0, -1);
}

static void *other_way_writing(void *unused)
{
	pthread_rwlock_wrlock(&other);
	pthread_barrier_wait(&both);
	pthread_rwlock_wrlock(&one);
	return unused;
}

static int rwlocks(void)
{
	start(other_way_writing);
	pthread_rwlock_wrlock(&one);
	pthread_barrier_wait(&both);
	return pthread_rwlock_wrlock(&other); /* WRITE */
}

/* It has it for reading, and cannot get it for writing before it gives that back. */
static int upgrade(void)
{
	pthread_rwlock_rdlock(&one);
	pthread_rwlock_rdlock(&one);        /* READ */
	return pthread_rwlock_wrlock(&one); /* UPGRADE */
}

static void *take_first(void *unused)
{
	pthread_mutex_lock(&first); /* WORKER */
	pthread_mutex_unlock(&first);
	return unused;
}

static int joined(void)
{
	pthread_mutex_lock(&first); /* HELD */
	return pthread_join(start(take_first), NULL);
}

/* Whom nobody waits for without a limit may have meant it, but for what was used as a lock. */
static int semaphore(void)
{
	sem_wait(&token);
	sem_post(&token);
	sem_wait(&token);        /* TOKEN */
	return sem_wait(&token); /* TOKEN_AGAIN */
}

/* --- the cures ---------------------------------------------------------------------------- */

static int given(void)
{
	pthread_mutex_lock(&first);
	pthread_mutex_unlock(&first);
	return pthread_mutex_lock(&first);
}

static int given_token(void)
{
	sem_wait(&token);
	sem_post(&token);
	return sem_wait(&token);
}

static void *same_way(void *unused)
{
	pthread_mutex_lock(&first);
	pthread_mutex_lock(&second);
	pthread_mutex_unlock(&second);
	pthread_mutex_unlock(&first);
	return unused;
}

static int ordered(void)
{
	pthread_t thread = start(same_way);

	same_way(NULL);
	return pthread_join(thread, NULL);
}

/* --- others ------------------------------------------------------------------------------- */

static void *work_on(void *unused)
{
	for (;;)
		poll(NULL, 0, 50);
	return unused;
}

static int beside(void)
{
	start(work_on);
	return twice();
}

static int recursive(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&first, &attributes);
	return twice();
}

static int errorcheck(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&first, &attributes);
	return twice() == EDEADLK ? 0 : 1;
}

static int timed(void)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += LONG;
	pthread_mutex_lock(&first);
	return pthread_mutex_timedlock(&first, &limit) == ETIMEDOUT ? 0 : 1;
}

/* The second thread waits for what the first one gives back when it has done its work. */
static int give_back_after(void (*work)(void))
{
	pthread_t thread;

	pthread_mutex_lock(&first);
	thread = start(take_first);
	work();
	pthread_mutex_unlock(&first);
	return pthread_join(thread, NULL);
}

static void compute(void)
{
	struct timespec now;
	time_t end;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + LONG;
	while (now.tv_sec < end)
		clock_gettime(CLOCK_MONOTONIC, &now);
}

static void sleep_long(void)
{
	sleep(LONG);
}

static void read_answer(void)
{
	char answer;

	if (read(ends[0], &answer, 1) != 1)
		err(2, "read");
}

static int busy(void)
{
	return give_back_after(compute);
}

static int slow(void)
{
	return give_back_after(sleep_long);
}

static int reads(void)
{
	return give_back_after(read_answer);
}

static void *read_long(void *unused)
{
	pthread_rwlock_rdlock(&one);
	pthread_barrier_wait(&both);
	sleep(LONG);
	pthread_rwlock_unlock(&one);
	return unused;
}

/* Who writes waits for another thread that reads. */
static int outread(void)
{
	start(read_long);
	pthread_barrier_wait(&both);
	return pthread_rwlock_wrlock(&one);
}

static void *give_one_back(void *unused)
{
	pthread_rwlock_unlock(&one);
	return unused;
}

/* The same, and it took it once itself, which another thread gave back. */
static int handed_over(void)
{
	pthread_rwlock_rdlock(&one);
	pthread_join(start(give_one_back), NULL);
	return outread();
}

static void *post_later(void *unused)
{
	sleep(LONG);
	sem_post(&token);
	return unused;
}

static int posted(void)
{
	start(post_later);
	return semaphore();
}

static const struct what {
	const char *name;
	int (*run)(void);
} whats[] = {
	{"twice", twice},
	{"order", order},
	{"apart", apart},
	{"rwlocks", rwlocks},
	{"upgrade", upgrade},
	{"joined", joined},
	{"semaphore", semaphore},
	{"beside", beside},
	{"recursive", recursive},
	{"errorcheck", errorcheck},
	{"timed", timed},
	{"long", busy},
	{"slow", slow},
	{"reads", reads},
	{"outread", outread},
	{"handed-over", handed_over},
	{"posted", posted},
	{"given", given},
	{"given-token", given_token},
	{"ordered", ordered},
};

static const struct what *find_what(const char *name)
{
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
		if (strcmp(whats[i].name, name) == 0)
			return &whats[i];
	errx(2, "no such thing: %s", name);
}

static int start_program(const struct what *what)
{
	return execl("/proc/self/exe", "own-lock", what->name, "itself", NULL);
}

static int run_child(const struct what *what)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(is_program ? start_program(what) : what->run()); /* CHILD */
	sleep(LONG);
	if (write(ends[1], "x", 1) != 1)
		err(2, "write");
	return reap_within(child, WAIT_FOR_CHILD);
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[2] : "";
	const struct what *what;

	if (argc < 2)
		errx(2, "usage: own-lock WHAT [program|single]");
	what = find_what(argv[1]);
	if (pipe(ends))
		err(2, "pipe");
	sem_init(&token, 0, 1);
	pthread_barrier_init(&both, NULL, 2);
	if (strcmp(how, "itself") == 0)
		return what->run();
	is_program = strcmp(how, "program") == 0;
	if (strcmp(how, "single") != 0)
		start(idle);
	return run_child(what);
}
