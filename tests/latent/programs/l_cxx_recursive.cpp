/* LATENT lock=rec lost=background child=child_main kind=cxx-recursive */
#include "lat.h"
#include <mutex>
#include <thread>
static std::recursive_mutex rec;
static int value;
static void deeper(int n)
{
	std::lock_guard g(rec);
	if (n)
		deeper(n - 1);
	else {
		value++;
		stretch();
	}
}

static void background()
{
	for (;;) {
		deeper(3);
		usleep(2100);
	}
}

static int child_main()
{
	std::lock_guard g(rec);
	return value < 0;
}

int main()
{
	begin();
	std::thread(background).detach();
	_exit(forks(5, 5800, child_main));
}
