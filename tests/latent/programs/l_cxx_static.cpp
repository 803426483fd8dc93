/* LATENT lock=__cxa_guard(settings) lost=init_soon child=child_main kind=cxx-static */
#include "lat.h"
#include <string>
#include <thread>
/* A function-local static: whoever comes first makes it. The thread comes at about 7 ms. */
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
	std::thread(init_soon).detach();
	_exit(forks(5, 2700, child_main));
}
