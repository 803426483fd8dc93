/*
 * A GThreadPool: work by its threads in the parent, then in a child that
 * inherits it. With the argument "safe" the pool is first used in the child.
 */
#include "../reap.h"
#include <glib.h>

#define TASKS 8

static GThreadPool *pool;
static GAsyncQueue *done;

static void task(gpointer data, gpointer unused)
{
	(void)unused;
	g_async_queue_push(done, data);
}

static void work(void)
{
	if (!pool) {
		done = g_async_queue_new();
		pool = g_thread_pool_new(task, NULL, 2, TRUE, NULL);
	}
	for (int i = 1; i <= TASKS; i++)
		g_thread_pool_push(pool, GINT_TO_POINTER(i), NULL);
	for (int i = 0; i < TASKS; i++)
		g_async_queue_pop(done);
}

int main(int argc, char **argv)
{
	gboolean is_safe = argc > 1 && g_str_equal(argv[1], "safe");
	pid_t child;

	if (!is_safe)
		work();
	child = fork();
	if (child == 0) {
		work();
		_exit(0);
	}
	return reap(child);
}
