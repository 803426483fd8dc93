/* SAFE kind=cxx-static main makes the static itself before it starts the thread */
#include "lat.h"
#include <string>
#include <thread>
/* A function-local static: main comes first. */
struct Settings {
	std::string name;
	Settings() : name("settings")
	{
		stretch();
	}
};

static Settings &settings()
{
	static Settings s;
	return s;
}

static void init_soon()
{
	usleep(7000);
	settings();
	pause();
}

static int child_main()
{
	return settings().name.size() != 8;
}

int main()
{
	begin();
	settings();
	std::thread(init_soon).detach();
	_exit(forks(5, 2700, child_main));
}
