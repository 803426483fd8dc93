/* A semaphore that nobody else wants, taken and posted in a tight loop. */
#include "bench_tight.h"
#include <semaphore.h>

static sem_t token;

__attribute__((constructor)) static void make_token(void)
{
	sem_init(&token, 0, 1);
}

static inline void once(void)
{
	sem_wait(&token);
	sem_post(&token);
}
