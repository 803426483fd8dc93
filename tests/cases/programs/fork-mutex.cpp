/*
 * fork-mutex MODE: a registry in C++ whose prepare handler takes the mutex that the thread which
 * forks holds, beside a thread that works. released: it has given it back.
 */
#include "case.h"
#include <chrono>
#include <mutex>
#include <thread>

static struct registry {
	std::mutex mutex;
} plugins;

static void prepare()
{
	plugins.mutex.lock(); /* PREPARE */
}

static void release()
{
	plugins.mutex.unlock();
}

static int load_plugin()
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(0);
	return reap(child);
}

static int load_all()
{
	std::lock_guard<std::mutex> guard(plugins.mutex); /* HOLD */

	return load_plugin(); /* CALL */
}

int main(int argc, char **argv)
{
	std::thread idle([] {
		for (int i = 0; i < 50; i++)
			std::this_thread::sleep_for(std::chrono::milliseconds(100));
		_exit(CASE_HUNG);
	});

	(void)argc;
	idle.detach();
	pthread_atfork(prepare, release, release);
	_exit(mode_is(argv, "hang") ? load_all() : load_plugin());
}
