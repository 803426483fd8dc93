/*
 * fork-locks MODE: a prepare handler asks for a lock that is not given back while fork()
 * waits: the forking thread has it (itself, try, read), or another, which waits for what an
 * earlier handler took (order), or for what the forking thread has (held, rwlock, semaphore).
 * An "-s" behind the mode: the safe twin. slow: the other thread gives it back.
 */
#include "case.h"
#include <semaphore.h>
#include <spawn.h>
#include <stdbool.h>

#define SLOW_MS 1500
#define TRIES   6000

static pthread_mutex_t first_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t permit;
/* The second handler has been there: 1. */
static volatile int is_late;

static void prepare_first(void)
{
	pthread_mutex_lock(&first_mutex); /* PREPARE_FIRST */
}

static void release_first(void)
{
	pthread_mutex_unlock(&first_mutex);
}

static void prepare_second(void)
{
	pthread_mutex_lock(&second_mutex); /* PREPARE_SECOND */
	is_late = 1;
}

static void release_second(void)
{
	pthread_mutex_unlock(&second_mutex);
}

/* It ends by itself. */
static void try_first(void)
{
	for (int i = 0; pthread_mutex_trylock(&first_mutex) != 0; i++) {
		if (i > TRIES)
			_exit(CASE_HUNG);
		usleep(1000); /* TRY */
	}
}

static void write_table(void)
{
	pthread_rwlock_wrlock(&table_lock); /* PREPARE_TABLE */
}

static void read_table(void)
{
	pthread_rwlock_rdlock(&table_lock); /* PREPARE_READ */
}

static void release_table(void)
{
	pthread_rwlock_unlock(&table_lock);
}

static void take_permit(void)
{
	sem_wait(&permit); /* PREPARE_PERMIT */
}

static void give_permit(void)
{
	sem_post(&permit);
}

static void *take_both(void *unused)
{
	pthread_mutex_lock(&first_mutex); /* TAKE_FIRST */
	pthread_barrier_wait(&taken);
	while (!is_late)
		usleep(100);
	pthread_mutex_lock(&second_mutex); /* TAKE_SECOND */
	pthread_mutex_unlock(&second_mutex);
	pthread_mutex_unlock(&first_mutex);
	return unused;
}

static void *take_first(void *unused)
{
	pthread_mutex_lock(&first_mutex); /* HELD_FIRST */
	pthread_barrier_wait(&taken);
	pthread_mutex_lock(&second_mutex); /* NEED_SECOND */
	pthread_mutex_unlock(&second_mutex);
	pthread_mutex_unlock(&first_mutex);
	return unused;
}

static void *change_table(void *unused)
{
	pthread_rwlock_wrlock(&table_lock); /* CHANGE_TABLE */
	pthread_barrier_wait(&taken);
	pthread_mutex_lock(&second_mutex); /* WRITER_NEEDS */
	pthread_mutex_unlock(&second_mutex);
	pthread_rwlock_unlock(&table_lock);
	return unused;
}

static void *hold_permit(void *unused)
{
	sem_wait(&permit); /* TAKE_PERMIT */
	pthread_barrier_wait(&taken);
	pthread_mutex_lock(&second_mutex); /* HOLDER_NEEDS */
	pthread_mutex_unlock(&second_mutex);
	sem_post(&permit);
	return unused;
}

static void *be_slow(void *unused)
{
	pthread_mutex_lock(&first_mutex);
	pthread_barrier_wait(&taken);
	poll(NULL, 0, SLOW_MS);
	pthread_mutex_unlock(&first_mutex);
	return unused;
}

static int start_helper(void)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(0);
	return reap(child);
}

/* The cure that is printed for any of them. */
static int start_without_handlers(void)
{
	char *arguments[] = {"true", NULL};
	pid_t child;

	if (posix_spawnp(&child, "true", NULL, NULL, arguments, arguments + 1) != 0)
		errx(2, "posix_spawnp");
	return reap(child);
}

static void start(void *(*function)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, function, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
}

static int with_own(const char *mode, bool is_safe)
{
	int status;

	if (strncmp(mode, "read", 4) == 0) {
		pthread_atfork(write_table, release_table, release_table);
		pthread_rwlock_rdlock(&table_lock); /* OWN_READ */
		return is_safe ? start_without_handlers() : start_helper();
	}
	pthread_atfork(strncmp(mode, "try", 3) == 0 ? try_first : prepare_first, release_first,
		       release_first);
	pthread_mutex_lock(&first_mutex); /* OWN */
	if (is_safe)
		pthread_mutex_unlock(&first_mutex);
	status = start_helper(); /* OWN_CALL */
	return status;
}

static int with_order(bool is_safe)
{
	if (is_safe) {
		is_late = 1;
		pthread_atfork(prepare_second, release_second, release_second);
		pthread_atfork(prepare_first, release_first, release_first);
	} else {
		pthread_atfork(prepare_first, release_first, release_first);
		pthread_atfork(prepare_second, release_second, release_second);
	}
	start(take_both);
	return start_helper();
}

static int with_other(const char *mode, bool is_safe)
{
	void (*prepare)(void) = prepare_first, (*release)(void) = release_first;
	void *(*function)(void *) = take_first;

	if (strncmp(mode, "rwlock", 6) == 0) {
		prepare = read_table;
		release = release_table;
		function = change_table;
	} else if (strncmp(mode, "semaphore", 9) == 0) {
		prepare = take_permit;
		release = give_permit;
		function = hold_permit;
	}
	pthread_atfork(prepare, release, release);
	pthread_mutex_lock(&second_mutex); /* KEEP_SECOND */
	start(function);
	if (is_safe)
		pthread_mutex_unlock(&second_mutex);
	return start_helper();
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	bool is_safe = strstr(mode, "-s") != NULL;

	end_with_guard();
	sem_init(&permit, 0, 1);
	if (strncmp(mode, "slow", 4) == 0) {
		pthread_atfork(prepare_first, release_first, release_first);
		start(be_slow);
		return start_helper();
	}
	if (strncmp(mode, "order", 5) == 0)
		return with_order(is_safe);
	if (strncmp(mode, "itself", 6) == 0 || strncmp(mode, "try", 3) == 0 ||
	    strncmp(mode, "read", 4) == 0)
		return with_own(mode, is_safe);
	return with_other(mode, is_safe);
}
