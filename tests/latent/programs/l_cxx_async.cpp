/* LATENT lock=cache_m lost=compute child=child_main kind=cxx-async */
#include "lat.h"
#include <future>
#include <map>
#include <mutex>
/* std::async warms a cache; main forks without waiting for the future. */
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
		bad |= forks(1, 5200, child_main);
		a.get();
		b.get();
	}
	_exit(bad);
}
