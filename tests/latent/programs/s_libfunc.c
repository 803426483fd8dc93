/* SAFE kind=library-function main asks the library before it forks; the child uses the answer */
/* build: -Lbin -lcachea */
#include "lat.h"
long cache_get(int k);

static void *prefetch(void *u)
{
	for (int k = 1;; k++) {
		cache_get(k);
		usleep(2700);
	}
	return u;
}

static long answer;
static int handle(void)
{
	return answer < 0;
}

int main(void)
{
	begin();
	spawn(prefetch, NULL);
	int bad = 0;
	for (int i = 0; i < 5; i++) {
		answer = cache_get(0);
		bad |= forks(1, 6100, handle);
	}
	return bad;
}
