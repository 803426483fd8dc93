/* standard MODE: std::mutex, held by a std::thread at the fork or released before. */
#include "case.h"
#include <mutex>
#include <thread>

namespace service
{
std::mutex state_mutex;
static bool released;

static void update_state(bool hold)
{
	std::unique_lock<std::mutex> guard(state_mutex); /* ACQUIRE */
	if (!hold)
		guard.unlock();
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
}

struct reader {
	void read_state();
};

void reader::read_state()
{
	std::lock_guard<std::mutex> guard(state_mutex); /* CHILD */
}
} // namespace service

int main(int, char **argv)
{
	service::released = mode_is(argv, "released");
	std::thread thread(service::update_state, !service::released);
	pthread_barrier_wait(&taken);
	pid_t child = fork(); /* FORK */
	if (child == 0) {
		service::reader().read_state();
		_exit(0);
	}
	int status = reap(child);
	pthread_barrier_wait(&finished);
	thread.join();
	return status;
}
