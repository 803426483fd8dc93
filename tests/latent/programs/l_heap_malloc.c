/* LATENT lock=c->lock lost=janitor child=conn_touch kind=short-lived */
#include "lat.h"
/* Connections come and go, each with its lock; a janitor walks through those that live; the
 * child touches the one that it is made for. */
#define N 4
struct conn {
	pthread_mutex_t lock;
	int id, touched;
};
static struct conn *conns[N];
static pthread_rwlock_t list_lock = PTHREAD_RWLOCK_INITIALIZER;

static void conn_touch(struct conn *c)
{
	pthread_mutex_lock(&c->lock);
	c->touched++;
	stretch();
	pthread_mutex_unlock(&c->lock);
}

static void *janitor(void *u)
{
	for (;; usleep(1700)) {
		pthread_rwlock_rdlock(&list_lock);
		for (int i = 0; i < N; i++)
			if (conns[i])
				conn_touch(conns[i]);
		pthread_rwlock_unlock(&list_lock);
	}
	return u;
}

static struct conn *conn_accept(int id)
{
	struct conn *c = calloc(1, sizeof *c), *old;
	pthread_mutex_init(&c->lock, NULL);
	c->id = id;
	pthread_rwlock_wrlock(&list_lock);
	old = conns[id % N];
	conns[id % N] = c;
	pthread_rwlock_unlock(&list_lock);
	if (old) {
		pthread_mutex_destroy(&old->lock);
		free(old);
	}
	return c;
}

int main(void)
{
	int bad = 0;

	begin();
	for (int i = 0; i < N; i++)
		conn_accept(i);
	spawn(janitor, NULL);
	for (int i = N; i < 5 * N; i++) {
		struct conn *c = conn_accept(i);
		usleep(slow ? 7000 : 2500);
		pid_t pid = fork();
		if (pid == 0) {
			conn_touch(c);
			_exit(0);
		}
		bad |= reap(pid);
	}
	_exit(bad);
}
