/* SAFE kind=cxx-recursive main holds it over the fork; the child makes it anew (its owner could not
 * be the child) */
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
	int bad = 0;
	for (int i = 0; i < 5; i++) {
		usleep(5800);
		rec.lock();
		pid_t pid = fork();
		if (pid == 0) {
			new (&rec) std::recursive_mutex;
			_exit(child_main());
		}
		rec.unlock();
		bad |= reap(pid);
	}
	_exit(bad);
}
