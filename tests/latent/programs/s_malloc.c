/* SAFE kind=malloc fork() holds the allocator's locks itself */
#include "lat.h"
#include <malloc.h>
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
	return forks(slow ? 200 : 4, slow ? 150 : 5500, child_main);
}
