/* LATENT lock=malloc_arena lost=churn child=child_main kind=malloc unseen=allocator */
#include "lat.h"
#include <malloc.h>
/* A raw clone does not hold the allocator. SLOW: no pauses and many more clones. */
static void *churn(void *u)
{
	for (int i = 0;; i++) {
		void *volatile p = malloc(2000 + i % 7 * 1000), *volatile q = malloc(1500);
		free(p);
		free(q);
		if (!slow)
			usleep(1500);
	}
	return u;
}

static int child_main(void)
{
	void *volatile p = malloc(5000), *volatile q = malloc(3000);
	free(p);
	free(q);
	return !p || !q;
}

int main(void)
{
	begin();
	mallopt(M_ARENA_MAX, 1);
	spawn(churn, NULL);
	int bad = 0;
	for (int i = 0; i < (slow ? 400 : 4); i++) {
		usleep(slow ? 150 : 5500);
		pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
		if (pid == 0)
			_exit(child_main());
		bad |= reap(pid);
	}
	return bad;
}
