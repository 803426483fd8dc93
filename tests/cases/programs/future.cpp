/* future MODE: the child waits for a result that a thread of its parent was to deliver. */
#include "case.h"
#include <condition_variable>
#include <future>
#include <mutex>
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

static std::mutex mutex;
static std::condition_variable changed;
static int shared_answer;

static void share(int (*answer)())
{
	int value = answer();
	std::lock_guard<std::mutex> guard(mutex);

	shared_answer = value;
	changed.notify_all();
}

static int await_shared()
{
	std::unique_lock<std::mutex> guard(mutex);

	while (!shared_answer)
		changed.wait(guard); /* AWAIT */
	return shared_answer;
}

static int await_in_child(bool again)
{
	if (!again)
		return await_shared(); /* CHILD_WAITS */
	std::thread thread(share, service::quick_answer);
	int answer = await_shared();

	thread.join();
	return answer;
}

static int with_condition(bool again)
{
	std::thread thread(share, service::answer); /* SHARER */

	pthread_barrier_wait(&taken);
	pid_t child = fork(); /* FORK_BESIDE */
	if (child == 0)
		_exit(await_in_child(again) == 42 ? 0 : 1);
	int status = reap(child);
	pthread_barrier_wait(&finished);
	thread.join();
	return status;
}

int main(int argc, char **argv)
{
	bool again = argc == 3 && strcmp(argv[2], "again") == 0;

	if (mode_is(argv, "condition"))
		return with_condition(again);
	return mode_is(argv, "promise") ? with_promise(again) : with_async(again);
}
