/* SAFE kind=lib-openssl main makes the token before it forks; the child only uses it */
/* build: -lcrypto */
#include "lat.h"
#include <openssl/rand.h>
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

static unsigned char ready[16];
static int use(void)
{
	return ready[0] + ready[1] < 0;
}

int main(void)
{
	begin();
	if (RAND_bytes(ready, sizeof ready) != 1)
		return 2;
	spawn(seeder, NULL);
	_exit(forks(slow ? 400 : 3, slow ? 400 : 15000, use));
}
