/* LATENT lock=tm1 lost=background child=child_main kind=cxx-timed */
#include "lat.h"
#include <chrono>
#include <mutex>
#include <thread>
static std::timed_mutex tm1;
static int value;

static void background()
{
	for (;;) {
		{
			std::unique_lock g(tm1, std::chrono::milliseconds(50));
			if (g) {
				value++;
				stretch();
			}
		}
		usleep(2100);
	}
}

static int child_main()
{
	std::unique_lock g(tm1);
	return value < 0;
}

int main()
{
	begin();
	std::thread(background).detach();
	_exit(forks(5, 5800, child_main));
}
