/*
 * GMutex: a thread of the parent holds it at fork, the child locks it. With the
 * argument "safe" the thread has given it back before the fork.
 */
#include "../reap.h"
#include <glib.h>

static GMutex mutex;
static GAsyncQueue *taken;
static GAsyncQueue *finish;

static gpointer hold(gpointer unused)
{
	(void)unused;
	g_mutex_lock(&mutex);
	g_async_queue_push(taken, &mutex);
	g_async_queue_pop(finish);
	g_mutex_unlock(&mutex);
	return NULL;
}

static void update_state(void)
{
	g_mutex_lock(&mutex);
	g_mutex_unlock(&mutex);
}

int main(int argc, char **argv)
{
	gboolean is_safe = argc > 1 && g_str_equal(argv[1], "safe");
	GThread *thread;
	pid_t child;
	int status;

	taken = g_async_queue_new();
	finish = g_async_queue_new();
	thread = g_thread_new("holder", hold, NULL);
	g_async_queue_pop(taken);
	if (is_safe) {
		g_async_queue_push(finish, &mutex);
		g_thread_join(thread);
	}
	child = fork();
	if (child == 0) {
		update_state();
		_exit(0);
	}
	status = reap(child);
	if (!is_safe) {
		g_async_queue_push(finish, &mutex);
		g_thread_join(thread);
	}
	return status;
}
