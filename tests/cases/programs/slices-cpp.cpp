/*
 * slices-cpp CHILD: a child waits by std::condition_variable in slices for a thread, its parent's
 * ("lost") or one of its own ("renewed"). It gives up after ten seconds, with status 7.
 */
#include "case.h"
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>

#define LIMIT_MS 10000
#define SLICE_MS 100

using milliseconds = std::chrono::milliseconds;

static std::mutex mutex;
static std::condition_variable changed;
static bool wanted, loaded;

static void load(int time)
{
	std::unique_lock<std::mutex> lock(mutex);

	for (;;) {
		changed.wait(lock, [] { return wanted; });
		wanted = false;
		lock.unlock();
		std::this_thread::sleep_for(milliseconds(time));
		lock.lock();
		loaded = true;
		changed.notify_all();
	}
}

static int order_and_wait(void)
{
	std::unique_lock<std::mutex> lock(mutex);

	loaded = false;
	wanted = true;
	changed.notify_all();
	for (int i = 0; i < LIMIT_MS / SLICE_MS && !loaded; i++)
		changed.wait_for(lock, milliseconds(SLICE_MS)); /* WAIT */
	return loaded ? 0 : 7;
}

static void lock_all(void)
{
	mutex.lock();
}

static void unlock_all(void)
{
	mutex.unlock();
}

int main(int argc, char **argv)
{
	pid_t child;

	(void)argc;
	pthread_atfork(lock_all, unlock_all, unlock_all);
	std::thread(load, 0).detach();
	if (order_and_wait() != 0)
		errx(2, "the parent's own thread has not loaded anything");
	child = fork(); /* FORK */
	if (child == 0) {
		if (mode_is(argv, "renewed")) {
			/* Its waiter is lost, and nobody may wait for that. */
			new (&changed) std::condition_variable;
			std::thread(load, 6000).detach();
		}
		_exit(order_and_wait()); /* CHILD */
	}
	/* Its destructor would wait for the thread that waits on the condition. */
	_exit(reap_within(child, 3 * LIMIT_MS));
}
