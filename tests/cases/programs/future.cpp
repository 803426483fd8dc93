/* future MODE: the child waits for a result that a thread of its parent was to deliver. */
#include "case.h"
#include <future>
#include <thread>

namespace service
{
static int answer()
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
	return 42;
}

static int quick_answer()
{
	return 42;
}

static int collect(std::future<int> &result)
{
	return result.get(); /* GET */
}
} // namespace service

/* The child asks a thread of its own. */
static int ask_again()
{
	std::future<int> result = std::async(std::launch::async, service::quick_answer);

	return service::collect(result);
}

static void deliver(std::promise<int> promise)
{
	promise.set_value(service::answer());
}

static int fork_and_collect(std::future<int> &result, bool again)
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit((again ? ask_again() : service::collect(result)) == 42 ? 0 : 1); /* CHILD */
	return reap(child);
}

static int with_async(bool again)
{
	std::future<int> result = std::async(std::launch::async, service::answer); /* ASYNC */

	pthread_barrier_wait(&taken);
	int status = fork_and_collect(result, again); /* CALL_ASYNC */
	pthread_barrier_wait(&finished);
	result.get();
	return status;
}

static int with_promise(bool again)
{
	std::promise<int> promise;
	std::future<int> result = promise.get_future();
	std::thread thread(deliver, std::move(promise)); /* THREAD */

	pthread_barrier_wait(&taken);
	int status = fork_and_collect(result, again);
	pthread_barrier_wait(&finished);
	thread.join();
	return status;
}

int main(int argc, char **argv)
{
	bool again = argc == 3 && strcmp(argv[2], "again") == 0;

	return mode_is(argv, "promise") ? with_promise(again) : with_async(again);
}
