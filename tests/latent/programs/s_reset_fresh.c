/* SAFE kind=reinit-early the reset throws the old client away without its lock */
#include "lat.h"
struct client {
	pthread_mutex_t lock;
	int fd, beats;
};
static struct client *c;

static struct client *client_new(void)
{
	struct client *n = calloc(1, sizeof *n);
	pthread_mutex_init(&n->lock, NULL);
	n->fd = -1;
	return n;
}

static void client_beat(struct client *k)
{
	pthread_mutex_lock(&k->lock);
	k->beats++;
	stretch();
	pthread_mutex_unlock(&k->lock);
}

static void *heartbeat(void *u)
{
	for (;; usleep(2100))
		client_beat(c);
	return u;
}

static void client_reset(void)
{
	c->fd = -1;
	c = client_new();
}

static int child_main(void)
{
	client_reset();
	client_beat(c);
	return c->beats != 1;
}

int main(void)
{
	begin();
	c = client_new();
	spawn(heartbeat, NULL);
	return forks(5, 5600, child_main);
}
