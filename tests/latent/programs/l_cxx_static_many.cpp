/* LATENT lock=__cxa_guard(table<N>) lost=filler child=child_main kind=cxx-static */
#include "lat.h"
#include <thread>
#include <vector>
/* Tables made on first use, one a size; the thread goes through them, 4 ms each. Nothing is
 * destroyed at the end, which would be registered under a lock of its own. */
static pid_t main_pid;
template <int N> const std::vector<int> &table()
{
	static const std::vector<int> *const t = [] {
		if (main_pid == getpid())
			stretch();
		return new std::vector<int>(N, 1);
	}();
	return *t;
}

static void filler()
{
	table<10>();
	usleep(4000);
	table<11>();
	usleep(4000);
	table<12>();
	usleep(4000);
	table<13>();
	usleep(4000);
	table<14>();
	usleep(4000);
	table<15>();
	usleep(4000);
	table<16>();
	usleep(4000);
	table<17>();
	usleep(4000);
	table<18>();
	pause();
}

static int child_main()
{
	return table<10>().size() + table<12>().size() + table<14>().size() + table<16>().size() +
		       table<11>().size() + table<13>().size() + table<15>().size() +
		       table<17>().size() <
	       80;
}

int main()
{
	begin();
	main_pid = getpid();
	std::thread(filler).detach();
	_exit(forks(5, 6100, child_main));
}
