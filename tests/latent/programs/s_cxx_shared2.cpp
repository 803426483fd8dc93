/* SAFE kind=cxx-shared the child makes the shared_mutex anew by placement new */
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
			std::shared_lock g(rw);
			stretch();
		}
		usleep(2100);
	}
}

static int child_main()
{
	new (&rw) std::shared_mutex;
	std::unique_lock g(rw);
	value++;
	return value < 0;
}

int main()
{
	begin();
	std::thread(background).detach();
	_exit(forks(5, 5800, child_main));
}
