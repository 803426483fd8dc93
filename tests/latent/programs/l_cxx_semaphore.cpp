/* LATENT lock=token lost=background child=child_main kind=inline-futex unseen=inline */
#include "lat.h"
#include <semaphore>
#include <thread>
/* A C++20 semaphore as a lock: inline until somebody waits. */
static std::binary_semaphore token(1);
static int value;

static void background()
{
	for (;; usleep(2100)) {
		token.acquire();
		value++;
		stretch();
		token.release();
	}
}

static int child_main()
{
	token.acquire();
	int v = value;
	token.release();
	return v < 0;
}

int main()
{
	begin();
	std::thread(background).detach();
	_exit(forks(5, 5800, child_main));
}
