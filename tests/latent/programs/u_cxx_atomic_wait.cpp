/* UNDECIDABLE inline-wait: request and reply by std::atomic::wait/notify (in fact safe) */
#include "lat.h"
#include <atomic>
#include <mutex>
#include <thread>
static std::mutex m;
static std::atomic<int> request{0}, reply{0};
static int value;

static void server()
{
	for (int last = 0;;) {
		request.wait(last);
		last = request.load();
		{
			std::lock_guard g(m);
			value = last;
			stretch();
		}
		reply = last;
		reply.notify_one();
	}
}

static int child_main()
{
	std::lock_guard g(m);
	return value < 1;
}

int main()
{
	int bad = 0;

	begin();
	std::thread(server).detach();
	for (int i = 1; i < 6; i++) {
		request = i;
		request.notify_one();
		for (int r; (r = reply.load()) != i;)
			reply.wait(r);
		bad |= forks(1, 100, child_main);
	}
	_exit(bad);
}
