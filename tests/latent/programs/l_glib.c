/* LATENT lock=table_mutex(GMutex) lost=adder child=find kind=lib-glib unseen=inline */
/* build: -I/usr/include/glib-2.0 -I/usr/lib/x86_64-linux-gnu/glib-2.0/include -lglib-2.0 */
#include "lat.h"
#include <glib.h>
/* A GMutex about a hash table. */
static GMutex table_mutex;
static GHashTable *table;

static gpointer adder(gpointer u)
{
	for (gsize i = 1;; i = i % 50 + 1) {
		g_mutex_lock(&table_mutex);
		g_hash_table_insert(table, GSIZE_TO_POINTER(i), GSIZE_TO_POINTER(i));
		stretch();
		g_mutex_unlock(&table_mutex);
		g_usleep(2500);
	}
	return u;
}

static int find(void)
{
	g_mutex_lock(&table_mutex);
	guint n = g_hash_table_size(table);
	g_mutex_unlock(&table_mutex);
	return n > 50;
}

int main(void)
{
	begin();
	table = g_hash_table_new(NULL, NULL);
	g_thread_new("adder", adder, NULL);
	_exit(forks(5, 6200, find));
}
