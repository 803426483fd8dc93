/* UNDECIDABLE inline-latch: main waits for a std::latch, which is inline when it is down already
 * (in fact safe) */
#include "lat.h"
#include <latch>
#include <mutex>
#include <thread>
static std::mutex m;
static std::latch loaded(1);
static int value;

static void loader()
{
	for (int i = 0; i < 5; i++) {
		std::lock_guard g(m);
		value++;
		stretch();
	}
	loaded.count_down();
	pause();
}

static int child_main()
{
	std::lock_guard g(m);
	return value != 5;
}

int main()
{
	begin();
	std::thread(loader).detach();
	ms(5);
	loaded.wait();
	_exit(forks(4, 1000, child_main));
}
