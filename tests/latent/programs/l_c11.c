/* LATENT lock=mx lost=runner child=probe kind=c11 */
#include "lat.h"
#include <threads.h>
static mtx_t mx;
static int n;

static int runner(void *u)
{
	for (;; usleep(2300)) {
		mtx_lock(&mx);
		n++;
		stretch();
		mtx_unlock(&mx);
	}
	return u != NULL;
}

static int probe(void)
{
	if (mtx_lock(&mx) != thrd_success)
		return 1;
	int v = n;
	mtx_unlock(&mx);
	return v < 0;
}

int main(void)
{
	thrd_t t;

	begin();
	mtx_init(&mx, mtx_plain);
	thrd_create(&t, runner, NULL);
	return forks(5, 5500, probe);
}
