/* LATENT lock=t->rows lost=vacuum child=rows_read kind=gate-lock */
#include "lat.h"
/* Each table has a gate and a lock of rows; main forks inside the gate of table 0, the child reads
 * table 1. */
struct tbl {
	pthread_mutex_t gate, rows;
	int n;
};
static struct tbl *tables[2];
#define READ_TABLE 1

static void *vacuum(void *u)
{
	for (int i = 0;; i++) {
		struct tbl *t = tables[i % 2];
		pthread_mutex_lock(&t->gate);
		pthread_mutex_lock(&t->rows);
		t->n++;
		stretch();
		pthread_mutex_unlock(&t->rows);
		pthread_mutex_unlock(&t->gate);
		usleep(1200);
	}
	return u;
}

static int rows_read(struct tbl *t)
{
	pthread_mutex_lock(&t->rows);
	int n = t->n;
	pthread_mutex_unlock(&t->rows);
	return n < 0;
}

int main(void)
{
	int bad = 0;

	begin();
	for (int i = 0; i < 2; i++) {
		tables[i] = calloc(1, sizeof *tables[i]);
		pthread_mutex_init(&tables[i]->gate, NULL);
		pthread_mutex_init(&tables[i]->rows, NULL);
	}
	spawn(vacuum, NULL);
	for (int i = 0; i < 6; i++) {
		usleep(5300);
		pthread_mutex_lock(&tables[0]->gate);
		usleep(1700);
		pid_t pid = fork();
		if (pid == 0)
			_exit(rows_read(tables[READ_TABLE]));
		pthread_mutex_unlock(&tables[0]->gate);
		bad |= reap(pid);
	}
	return bad;
}
