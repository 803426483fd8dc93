/*
 * jumped MODE: a function of the program's own goes on to libc by a jump, as compilers
 * make of a call that is the last thing that a function does. The child waits there for
 * a thread of its parent, or ("served") of its own.
 */
#include "case.h"
#include <stdbool.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_changed;

int wait_by_jump(pthread_cond_t *condition, pthread_mutex_t *with);
/* clang-format off */
__asm__(".globl wait_by_jump\n"
	".type wait_by_jump, %function\n"
	"wait_by_jump:\n"
	"	.cfi_startproc\n"
	"	" JUMP_TO("pthread_cond_wait") "\n"
	"	.cfi_endproc\n"
	".size wait_by_jump, .-wait_by_jump\n");
/* clang-format on */

static void announce(void)
{
	pthread_mutex_lock(&mutex);
	is_changed = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

static void *announce_at_last(void *unused)
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	announce();
	return NULL;
}

static void *announce_at_once(void *unused)
{
	announce();
	return NULL;
}

static void work(bool is_served)
{
	pthread_t thread;

	if (is_served)
		pthread_create(&thread, NULL, announce_at_once, NULL);
	pthread_mutex_lock(&mutex);
	while (!is_changed)
		wait_by_jump(&changed, &mutex); /* WAIT */
	pthread_mutex_unlock(&mutex);
	if (is_served)
		pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	bool is_served = mode_is(argv, "served");
	pthread_t thread;
	pid_t child;
	int status;

	pthread_create(&thread, NULL, announce_at_last, NULL); /* CREATE */
	pthread_barrier_wait(&taken);
	child = fork(); /* FORK */
	if (child == 0) {
		work(is_served); /* CHILD */
		_exit(0);
	}
	status = reap(child);
	pthread_barrier_wait(&finished);
	pthread_join(thread, NULL);
	return status;
}
