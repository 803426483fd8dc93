/* SAFE kind=process-shared a process-shared rwlock in shared memory: the parent's thread gives it
 * back */
#include "lat.h"
struct board {
	pthread_rwlock_t lock;
	int n;
};
static struct board *b;

static void *poster(void *u)
{
	for (;; usleep(4000)) {
		pthread_rwlock_wrlock(&b->lock);
		b->n++;
		stretch();
		pthread_rwlock_unlock(&b->lock);
	}
	return u;
}

static int child_main(void)
{
	pthread_rwlock_rdlock(&b->lock);
	int n = b->n;
	pthread_rwlock_unlock(&b->lock);
	return n < 0;
}

int main(void)
{
	pthread_rwlockattr_t a;

	begin();
	b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_rwlockattr_init(&a);
	pthread_rwlockattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_rwlock_init(&b->lock, &a);
	spawn(poster, NULL);
	return forks(4, 5500, child_main);
}
