/* SAFE kind=cxx-static the child uses tables that the thread never touches */
#include "lat.h"
#include <thread>
#include <vector>
/* Tables made on first use, one a size. Nothing is destroyed at the end, which would be registered
 * under a lock that thread and child share. */
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
	return table<20>().size() + table<22>().size() + table<24>().size() + table<26>().size() +
		       table<21>().size() + table<23>().size() + table<25>().size() +
		       table<27>().size() <
	       80;
}

int main()
{
	begin();
	main_pid = getpid();
	std::thread(filler).detach();
	_exit(forks(5, 6100, child_main));
}
