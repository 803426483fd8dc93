/* LATENT lock=rw lost=background child=child_main kind=cxx-shared */
#include "lat.h"
#include <mutex>
#include <shared_mutex>
#include <thread>
static std::shared_mutex rw;
static int value;

static void background()
{
	for (;;) {
		{
			std::unique_lock g(rw);
			value++;
			stretch();
		}
		usleep(2100);
	}
}

static int child_main()
{
	std::shared_lock g(rw);
	return value < 0;
}

int main()
{
	begin();
	std::thread(background).detach();
	_exit(forks(5, 5800, child_main));
}
