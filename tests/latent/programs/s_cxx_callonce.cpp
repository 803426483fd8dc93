/* SAFE kind=once std::call_once stands on pthread_once, which a child that was forked in the middle
 * runs again */
#include "lat.h"
#include <mutex>
#include <thread>
static std::once_flag flag;
static int made;

static void make()
{
	stretch();
	made = 1;
}
static void first()
{
	usleep(4000);
	std::call_once(flag, make);
	pause();
}
static int child_main()
{
	std::call_once(flag, make);
	return made != 1;
}

int main()
{
	begin();
	std::thread(first).detach();
	_exit(forks(5, 2100, child_main));
}
