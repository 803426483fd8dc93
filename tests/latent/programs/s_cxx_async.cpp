/* SAFE kind=cxx-async main gets both futures (their threads have ended) before it forks */
#include "lat.h"
#include <future>
#include <map>
#include <mutex>
static std::mutex cache_m;
static std::map<int, int> cache;

static int compute(int n)
{
	usleep(1200);
	std::lock_guard g(cache_m);
	cache[n % 8] = n * n;
	stretch();
	return n;
}

static int child_main()
{
	std::lock_guard g(cache_m);
	return cache.size() > 8;
}

int main()
{
	int bad = 0;

	begin();
	for (int i = 0; i < 5; i++) {
		auto a = std::async(std::launch::async, compute, i),
		     b = std::async(std::launch::async, compute, i + 1);
		a.get();
		b.get();
		bad |= forks(1, 5200, child_main);
	}
	_exit(bad);
}
