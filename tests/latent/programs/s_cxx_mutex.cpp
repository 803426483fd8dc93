/* SAFE kind=cxx-mutex placement new makes the mutex anew in the child */
#include "lat.h"
#include <mutex>
#include <thread>
static std::mutex mtx;
static int value;

static void background()
{
	for (;;) {
		{
			std::lock_guard<std::mutex> g(mtx);
			value++;
			stretch();
		}
		usleep(2100);
	}
}

static int child_main()
{
	new (&mtx) std::mutex;
	std::lock_guard<std::mutex> g(mtx);
	value++;
	return value < 0;
}

int main()
{
	begin();
	std::thread(background).detach();
	_exit(forks(5, 5800, child_main));
}
