/* LATENT lock=GAsyncQueue lost=popper child=push kind=lib-glib unseen=inline */
/* build: -I/usr/include/glib-2.0 -I/usr/lib/x86_64-linux-gnu/glib-2.0/include -lglib-2.0 */
#include "lat.h"
#include <glib.h>
/* A GAsyncQueue, sorted under its lock; SLOW: the comparison takes long. */
static GAsyncQueue *queue;

static gint compare(gconstpointer a, gconstpointer b, gpointer u)
{
	(void)u;
	if (slow)
		usleep(3000);
	return (a > b) - (a < b);
}

static gpointer popper(gpointer u)
{
	for (gsize i = 1;; i++) {
		for (gsize k = 1; k < 5; k++)
			g_async_queue_push(queue, GSIZE_TO_POINTER(k * 7 % 5 + 1));
		g_async_queue_sort(queue, compare, NULL);
		while (g_async_queue_try_pop(queue))
			continue;
		g_usleep(9000);
	}
	return u;
}

static int push(void)
{
	g_async_queue_push(queue, GSIZE_TO_POINTER(9));
	return g_async_queue_length(queue) < 1;
}

int main(void)
{
	begin();
	queue = g_async_queue_new();
	g_thread_new("popper", popper, NULL);
	_exit(forks(5, 6200, push));
}
