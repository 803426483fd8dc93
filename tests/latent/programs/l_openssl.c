/* LATENT lock=primary-DRBG lost=seeder child=token kind=lib-openssl */
/* build: -lcrypto */
#include "lat.h"
#include <openssl/rand.h>
/* The thread adds entropy (primary DRBG under its lock); the child's first RAND_bytes() reseeds
 * from it. SLOW: no pauses, many forks. */
static void *seeder(void *u)
{
	unsigned char b[32] = {1};
	for (;;) {
		RAND_add(b, sizeof b, 0.5);
		if (!slow)
			usleep(23000);
	}
	return u;
}

static int token(void)
{
	unsigned char b[16];
	return RAND_bytes(b, sizeof b) != 1;
}

int main(void)
{
	begin();
	token();
	spawn(seeder, NULL);
	_exit(forks(slow ? 400 : 3, slow ? 400 : 15000, token));
}
