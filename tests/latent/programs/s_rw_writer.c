/* SAFE kind=rwlock the child swaps in a zone of its own (new rwlock) before it reads */
#include "lat.h"
struct zone {
	pthread_rwlock_t lock;
	unsigned serial;
};
static struct zone *z;

static void *zone_refresh(void *u)
{
	for (unsigned n = 1;; n++) {
		usleep(2500);
		pthread_rwlock_wrlock(&z->lock);
		z->serial = n;
		stretch();
		pthread_rwlock_unlock(&z->lock);
	}
	return u;
}

static int zone_serial(void);
static int child_main(void)
{
	struct zone *mine = calloc(1, sizeof *mine);
	pthread_rwlock_init(&mine->lock, NULL);
	mine->serial = z->serial;
	z = mine;
	return zone_serial();
}

static int zone_serial(void)
{
	pthread_rwlock_rdlock(&z->lock);
	unsigned n = z->serial;
	pthread_rwlock_unlock(&z->lock);
	return n > 100000;
}

int main(void)
{
	begin();
	z = calloc(1, sizeof *z);
	pthread_rwlock_init(&z->lock, NULL);
	spawn(zone_refresh, NULL);
	zone_serial();
	return forks(5, 6200, child_main);
}
