/* SAFE kind=cxx-singleton handlers hold the mutex of the singleton over the fork */
#include "lat.h"
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
class Registry
{
	std::mutex m;
	std::unordered_map<std::string, long> values;

      public:
	static Registry &get()
	{
		static Registry r;
		return r;
	}
	static void before()
	{
		get().m.lock();
	}
	static void after()
	{
		get().m.unlock();
	}
	long add(const char *name, long n, bool pause = false)
	{
		std::scoped_lock g(m);
		long v = values[name] += n;
		if (pause)
			stretch();
		return v;
	}
};

static void reporter()
{
	for (;; usleep(2300))
		Registry::get().add("reports", 1, true);
}
static int child_main()
{
	return Registry::get().add("children", 1) != 1;
}

int main()
{
	begin();
	Registry::get().add("reports", 1);
	pthread_atfork(Registry::before, Registry::after, Registry::after);
	std::thread(reporter).detach();
	_exit(forks(5, 5600, child_main));
}
