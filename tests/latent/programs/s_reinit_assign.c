/* SAFE kind=reinit-assign the child assigns PTHREAD_MUTEX_INITIALIZER to both locks first */
#include "lat.h"
static struct table {
	pthread_mutex_t lock;
	int used;
	char name[8][16];
} names = {.lock = PTHREAD_MUTEX_INITIALIZER}, ids = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void table_put(struct table *t, int n, int own)
{
	pthread_mutex_lock(&t->lock);
	snprintf(t->name[n % 8], 16, "host%d", n);
	t->used++;
	if (own)
		stretch();
	pthread_mutex_unlock(&t->lock);
}

static void *resolver(void *u)
{
	for (int n = 0;; n++) {
		table_put(&names, n, 1);
		table_put(&ids, n, 0);
		usleep(2400);
	}
	return u;
}

static int name_id(void)
{
	ids.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	names.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	table_put(&ids, 1, 0);
	table_put(&names, 2, 0);
	return names.used < 1;
}

int main(void)
{
	begin();
	spawn(resolver, NULL);
	return forks(5, 5500, name_id);
}
