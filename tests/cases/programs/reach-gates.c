/*
 * reach-gates WHAT safe|unsafe: what keeps a thread's use of a lock away from the fork, and the
 * same where it leaks. lock, rwlock: another lock, held around both; in `unsafe` the thread
 * comes by without it, or the forking thread only reads. semaphores, barriers: all other
 * threads are stopped; `unsafe` forks while they go. condition, pipe, eventfd, socketpair: the
 * thread uses the lock before it answers, and in `unsafe` after it did.
 */
#include "ticker.h"
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define MUTATORS 2

static pthread_mutex_t tick_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t gate_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t gate_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static unsigned long uses;
static bool is_safe;

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

/* --- another lock ---------------------------------------------------------------------- */

static void use_in_gate(void)
{
	if (!is_safe)
		use_mutex(); /* OUTSIDE */
	pthread_mutex_lock(&gate_mutex);
	use_mutex();
	pthread_mutex_unlock(&gate_mutex);
}

static int run_lock(void)
{
	int status;

	ticker_start(use_in_gate);
	pthread_mutex_lock(&gate_mutex);
	status = fork_and_work(work);
	pthread_mutex_unlock(&gate_mutex);
	ticker_end();
	return status;
}

static void use_as_reader(void)
{
	pthread_rwlock_rdlock(&gate_rwlock);
	use_mutex(); /* READER */
	pthread_rwlock_unlock(&gate_rwlock);
}

static int run_rwlock(void)
{
	int status;

	ticker_start(use_as_reader);
	if (is_safe)
		pthread_rwlock_wrlock(&gate_rwlock);
	else
		pthread_rwlock_rdlock(&gate_rwlock);
	status = fork_and_work(work);
	pthread_rwlock_unlock(&gate_rwlock);
	ticker_end();
	return status;
}

/* --- all threads are stopped ----------------------------------------------------------- */

static pthread_t mutators[MUTATORS];
static sem_t stop, stopped, resume;

static void *mutator(void *unused)
{
	for (bool is_last = false; !is_last; usleep(TICK_US)) {
		is_last = atomic_load(&ticks.ends);
		if (sem_trywait(&stop) == 0) {
			sem_post(&stopped);
			await(&resume);
		}
		use_mutex(); /* MUTATOR */
	}
	return unused;
}

static void post_all(sem_t *semaphore)
{
	for (int i = 0; i < MUTATORS; i++)
		sem_post(semaphore);
}

static void stop_the_world(void)
{
	post_all(&stop);
	for (int i = 0; i < MUTATORS; i++)
		await(&stopped);
}

static int run_semaphores(void)
{
	int status;

	sem_init(&stop, 0, 0);
	sem_init(&stopped, 0, 0);
	sem_init(&resume, 0, 0);
	for (int i = 0; i < MUTATORS; i++)
		pthread_create(&mutators[i], NULL, mutator, NULL);
	stop_the_world();
	post_all(&resume);
	stop_the_world();
	if (!is_safe)
		post_all(&resume);
	status = fork_and_work(work);
	if (is_safe)
		post_all(&resume);
	atomic_store(&ticks.ends, true);
	for (int i = 0; i < MUTATORS; i++)
		pthread_join(mutators[i], NULL);
	return status;
}

#define PHASES 6

static pthread_barrier_t phase;

static void *solver(void *unused)
{
	for (int i = 0; i < PHASES; i++) {
		pthread_barrier_wait(&phase);
		usleep(TICK_US);
		use_mutex(); /* SOLVER */
		pthread_barrier_wait(&phase);
	}
	return unused;
}

/* They rest between the second barrier of a phase and the first one of the next. */
static int run_barriers(void)
{
	int status = 0;

	pthread_barrier_init(&phase, NULL, MUTATORS + 1);
	for (int i = 0; i < MUTATORS; i++)
		pthread_create(&mutators[i], NULL, solver, NULL);
	for (int i = 0; i < PHASES; i++) {
		pthread_barrier_wait(&phase);
		if (!is_safe)
			status |= fork_and_work(work);
		pthread_barrier_wait(&phase);
		if (is_safe)
			status |= fork_and_work(work);
	}
	for (int i = 0; i < MUTATORS; i++)
		pthread_join(mutators[i], NULL);
	return status;
}

/* --- request and answer ---------------------------------------------------------------- */

#define REQUESTS 4

/* One each: who comes for the next request tells nothing to who waits for an answer. */
struct box {
	pthread_mutex_t mutex;
	pthread_cond_t condition;
	int count;
};

static struct box asked = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
static struct box answered = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
/* The clerk's ends, and the others. */
static int request_in, request_out, answer_in, answer_out;

static void condition_await(struct box *box, int least)
{
	pthread_mutex_lock(&box->mutex);
	while (box->count < least)
		pthread_cond_wait(&box->condition, &box->mutex);
	pthread_mutex_unlock(&box->mutex);
}

static void condition_tell(struct box *box)
{
	pthread_mutex_lock(&box->mutex);
	box->count++;
	pthread_cond_broadcast(&box->condition);
	pthread_mutex_unlock(&box->mutex);
}

/* An eventfd takes eight bytes at once. */
static void descriptor_await(int descriptor)
{
	uint64_t word;

	if (read(descriptor, &word, sizeof(word)) != sizeof(word))
		err(2, "read");
}

static void descriptor_tell(int descriptor)
{
	uint64_t word = 1;

	if (write(descriptor, &word, sizeof(word)) != sizeof(word))
		err(2, "write");
}

static void await_request(int number)
{
	if (request_in == 0)
		condition_await(&asked, number);
	else
		descriptor_await(request_in);
}

static void tell_answer(void)
{
	if (answer_out == 0)
		condition_tell(&answered);
	else
		descriptor_tell(answer_out);
}

static void *clerk(void *unused)
{
	for (int i = 1; i <= REQUESTS; i++) {
		await_request(i);
		if (is_safe)
			use_mutex();
		tell_answer();
		if (is_safe)
			continue;
		usleep(TICK_US);
		use_mutex(); /* CLERK */
	}
	return unused;
}

static void ask(int number)
{
	if (request_out == 0)
		condition_tell(&asked);
	else
		descriptor_tell(request_out);
	if (answer_in == 0)
		condition_await(&answered, number);
	else
		descriptor_await(answer_in);
}

static int run_asked(void)
{
	pthread_t thread;
	int status;

	pthread_create(&thread, NULL, clerk, NULL);
	ask(1);
	ask(2);
	status = fork_and_work(work);
	/* Not while the clerk is on its way to the lock. */
	if (!is_safe)
		usleep(4 * TICK_US);
	ask(3);
	ask(4);
	pthread_join(thread, NULL);
	return status;
}

static int run_pipe(void)
{
	int request[2], answer[2];

	if (pipe(request) != 0 || pipe(answer) != 0)
		err(2, "pipe");
	request_in = request[0];
	request_out = request[1];
	answer_in = answer[0];
	answer_out = answer[1];
	return run_asked();
}

static int run_eventfd(void)
{
	request_in = request_out = eventfd(0, 0);
	answer_in = answer_out = eventfd(0, 0);
	return run_asked();
}

static int run_socketpair(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		err(2, "socketpair");
	request_in = answer_out = ends[0];
	request_out = answer_in = ends[1];
	return run_asked();
}

static const struct {
	const char *name;
	int (*run)(void);
} runs[] = {
	{"lock", run_lock},         {"rwlock", run_rwlock},         {"semaphores", run_semaphores},
	{"barriers", run_barriers}, {"condition", run_asked},       {"pipe", run_pipe},
	{"eventfd", run_eventfd},   {"socketpair", run_socketpair},
};

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: reach-gates WHAT safe|unsafe");
	is_safe = strcmp(argv[2], "safe") == 0;
	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++)
		if (mode_is(argv, runs[i].name))
			return runs[i].run();
	errx(2, "nothing is called %s", argv[1]);
}
