/* LATENT lock=locks[] lost=worker child=bump kind=reinit-table */
#include "lat.h"
/* A child handler replaces the table of locks, but main handed out a pointer into the old one. */
#define N 8
struct slot {
	pthread_mutex_t lock;
	int n;
};
static struct slot *table, *favourite;

static struct slot *table_new(void)
{
	struct slot *t = calloc(N, sizeof *t);
	for (int i = 0; i < N; i++)
		pthread_mutex_init(&t[i].lock, NULL);
	return t;
}

static void bump(struct slot *s)
{
	pthread_mutex_lock(&s->lock);
	s->n++;
	stretch();
	pthread_mutex_unlock(&s->lock);
}

static void in_child(void)
{
	table = table_new();
}

static void *worker(void *u)
{
	for (int i = 0;; i++) {
		bump(&table[2 + i % 2]);
		usleep(i % 2 ? 100 : 1800);
	}
	return u;
}

static int child_main(void)
{
	bump(favourite);
	bump(&table[1]);
	return 0;
}

int main(void)
{
	begin();
	table = table_new();
	favourite = &table[2];
	pthread_atfork(NULL, NULL, in_child);
	spawn(worker, NULL);
	return forks(6, 5900, child_main);
}
