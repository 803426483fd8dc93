/*
 * reach-threads WHICH safe|unsafe [LIBRARY]: which thread uses which lock, and who takes it.
 * startup: a thread uses the lock while it starts, and in `unsafe` later, too. starts: the
 * thread is made after the fork, or between two. ends: it was joined before, or only another
 * one was. heap: child and thread have locks of their own, one after the other at one address,
 * or one lock. tries, timed: the child gives up, or only the thread does. nested: a grandchild
 * takes it; clone: a child of a raw clone, past the handlers; threads: the child's own threads.
 * unloaded: the lock is LIBRARY's, which is gone at the end. names: thread and child use two
 * locks of one name, or one. inline: a lock that no call tells of.
 */
#include "ticker.h"
#include <dlfcn.h>
#include <linux/futex.h>
#include <malloc.h>
#include <stdint.h>
#include <time.h>

#define BOX_SIZE 3000 /* beyond what malloc() keeps for each thread */

struct box {
	pthread_mutex_t mutex;
	char content[BOX_SIZE];
};

static pthread_mutex_t tick_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned long uses;
static bool is_safe;
static const char *library_path;
static void (*tick_library)(void), (*tick_repair)(void);
static sem_t ready;

static void use_mutex(void)
{
	pthread_mutex_lock(&tick_mutex); /* MUTEX */
	uses++;
	pthread_mutex_unlock(&tick_mutex);
}

static int work(void)
{
	use_mutex(); /* WORK */
	return 0;
}

static void *use_once(void *unused)
{
	use_mutex(); /* ONCE */
	return unused;
}

static void make_anew(void)
{
	pthread_mutex_init(&tick_mutex, NULL);
}

/* --- when a thread lives --------------------------------------------------------------- */

static void *starter(void *unused)
{
	use_mutex();
	use_mutex();
	sem_post(&ready);
	for (bool is_last = false; !is_last; usleep(TICK_US)) {
		is_last = atomic_load(&ticks.ends);
		if (!is_safe)
			use_mutex(); /* LATER */
	}
	return unused;
}

static int run_startup(void)
{
	int status;

	sem_init(&ready, 0, 0);
	pthread_create(&ticks.thread, NULL, starter, NULL);
	await(&ready);
	status = fork_and_work(work);
	ticker_end();
	return status;
}

static int run_starts(void)
{
	int status = fork_and_work(work);

	if (is_safe) {
		ticker_start(use_mutex);
		ticker_end();
		return status;
	}
	return status | tick_and_fork(use_mutex, work);
}

static int run_ends(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, use_once, NULL);
	pthread_join(thread, NULL);
	if (!is_safe)
		return tick_and_fork(use_mutex, work);
	pthread_create(&thread, NULL, use_once, NULL);
	pthread_join(thread, NULL);
	return fork_and_work(work);
}

/* --- which lock it is ------------------------------------------------------------------ */

static struct box *own_box;
static uintptr_t awaited;

static struct box *box_new(void)
{
	struct box *box = malloc(sizeof(*box));

	if (box == NULL)
		err(2, "malloc");
	pthread_mutex_init(&box->mutex, NULL); /* INIT */
	return box;
}

static void box_free(struct box *box)
{
	pthread_mutex_destroy(&box->mutex);
	free(box);
}

static void use_box(struct box *box)
{
	pthread_mutex_lock(&box->mutex); /* BOX */
	box->content[0]++;
	pthread_mutex_unlock(&box->mutex);
}

static void use_own_box(void)
{
	use_box(own_box); /* OWN */
}

static void use_short_lived(void)
{
	struct box *box = box_new();

	use_box(box);
	if (atomic_load(&ticks.ends) && (uintptr_t)box == awaited)
		sem_post(&ready);
	box_free(box);
}

static int work_with_box(void)
{
	use_own_box(); /* WORK-WITH-BOX */
	return 0;
}

/* The child's lock is gone when the thread gets another one at its address. */
static int run_heap(void)
{
	int status;

	mallopt(M_ARENA_MAX, 1);
	sem_init(&ready, 0, 0);
	own_box = box_new();
	if (!is_safe)
		return tick_and_fork(use_own_box, work_with_box);
	ticker_start(use_short_lived);
	status = fork_and_work(work_with_box);
	awaited = (uintptr_t)own_box;
	box_free(own_box);
	ticker_end();
	if (sem_trywait(&ready) != 0)
		errx(2, "the address was not used again");
	return status;
}

static void load_library(void)
{
	void *library = dlopen(library_path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		errx(2, "%s", dlerror());
	tick_library = (void (*)(void))dlsym(library, "tick_library");
	tick_repair = (void (*)(void))dlsym(library, "tick_repair");
}

static void use_library(void)
{
	tick_library(); /* CALL */
}

static int work_in_library(void)
{
	if (is_safe)
		tick_repair();
	use_library(); /* WORK-IN-LIBRARY */
	return 0;
}

static int run_unloaded(void)
{
	void *library;
	int status;

	load_library();
	status = tick_and_fork(use_library, work_in_library);
	library = dlopen(library_path, RTLD_NOW | RTLD_NOLOAD);
	dlclose(library);
	dlclose(library);
	if (dlopen(library_path, RTLD_NOW | RTLD_NOLOAD) != NULL)
		errx(2, "the library is still there");
	return status;
}

static int run_names(void)
{
	load_library();
	use_library();
	return tick_and_fork(is_safe ? use_library : use_mutex, work);
}

/* --- how it is taken ------------------------------------------------------------------- */

static void use_by_try(void)
{
	if (pthread_mutex_trylock(&tick_mutex) == 0) /* TRY */
		pthread_mutex_unlock(&tick_mutex);
}

static void use_timed(void)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec++;
	if (pthread_mutex_timedlock(&tick_mutex, &end) == 0) /* TIMED */
		pthread_mutex_unlock(&tick_mutex);
}

static int work_by_try(void)
{
	use_by_try();
	return 0;
}

static int work_timed(void)
{
	use_timed();
	return 0;
}

static int run_tries(void)
{
	return is_safe ? tick_and_fork(use_mutex, work_by_try) : tick_and_fork(use_by_try, work);
}

static int run_timed(void)
{
	return is_safe ? tick_and_fork(use_mutex, work_timed) : tick_and_fork(use_timed, work);
}

static atomic_int word;

static void use_inline(void)
{
	int unlocked = 0;

	while (!atomic_compare_exchange_strong(&word, &unlocked, 1)) {
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
		unlocked = 0;
	}
	uses++;
	atomic_store(&word, 0);
}

static int work_inline(void)
{
	if (is_safe)
		atomic_store(&word, 0);
	use_inline();
	return 0;
}

static int run_inline(void)
{
	return tick_and_fork(use_inline, work_inline);
}

/* --- who takes it ---------------------------------------------------------------------- */

static int fork_again(void)
{
	if (is_safe)
		make_anew();
	return fork_and_work(work);
}

static int run_nested(void)
{
	pid_t child;
	int status;

	ticker_start(use_mutex);
	child = fork(); /* NESTED */
	if (child == 0)
		_exit(fork_again());
	status = reap(child);
	ticker_end();
	return status;
}

static void lock_it(void)
{
	pthread_mutex_lock(&tick_mutex);
}

static void unlock_it(void)
{
	pthread_mutex_unlock(&tick_mutex);
}

static int clone_and_work(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL); /* CLONE */

	if (child == 0)
		_exit(work()); /* CLONED */
	return reap(child);
}

static int run_clone(void)
{
	int status;

	pthread_atfork(lock_it, unlock_it, unlock_it);
	ticker_start(use_mutex);
	status = is_safe ? fork_and_work(work) : clone_and_work();
	ticker_end();
	return status;
}

static int work_in_threads(void)
{
	pthread_t threads[2];

	if (is_safe)
		make_anew();
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, use_once, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static int run_threads(void)
{
	return tick_and_fork(use_mutex, work_in_threads);
}

static const struct {
	const char *name;
	int (*run)(void);
} runs[] = {
	{"startup", run_startup},   {"starts", run_starts}, {"ends", run_ends},
	{"heap", run_heap},         {"tries", run_tries},   {"timed", run_timed},
	{"nested", run_nested},     {"clone", run_clone},   {"threads", run_threads},
	{"unloaded", run_unloaded}, {"names", run_names},   {"inline", run_inline},
};

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: reach-threads WHICH safe|unsafe [LIBRARY]");
	is_safe = strcmp(argv[2], "safe") == 0;
	library_path = argv[3];
	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++)
		if (mode_is(argv, runs[i].name))
			return runs[i].run();
	errx(2, "nothing is called %s", argv[1]);
}
