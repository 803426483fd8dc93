/*
 * crashes-cpp HOW: a child destroys a pool whose threads it does not have. "pool", "assign",
 * "exit": std::terminate() ends it; "own": it has lost a thread, and destroys another one, of its
 * own; "throw": an exception that nobody catches; "joined": the pool joins the threads first.
 */
#include "case.h"
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

static void serve()
{
	pthread_barrier_wait(&taken);
	pthread_barrier_wait(&finished);
}

struct pool { /* DESTROY */
	std::vector<std::thread> threads;

	pool()
	{
		threads.emplace_back(serve); /* CREATE */
	}

	void stop()
	{
		for (auto &thread : threads)
			thread.join(); /* JOIN */
	}
};

static std::unique_ptr<pool> service;

static void destroy_own()
{
	std::thread own([] { pause(); });

	poll(nullptr, 0, 10);
} /* OWN */

static void crash(char **argv)
{
	if (mode_is(argv, "pool"))
		service.reset(); /* POOL */
	else if (mode_is(argv, "assign"))
		service->threads[0] = std::thread(); /* ASSIGN */
	else if (mode_is(argv, "exit"))
		exit(0); /* EXIT */
	else if (mode_is(argv, "own"))
		destroy_own();
	else if (mode_is(argv, "throw"))
		throw std::runtime_error("nobody catches it"); /* THROW */
	else
		service->stop(); /* STOP */
	_exit(0);
}

int main(int argc, char **argv)
{
	(void)argc;
	service = std::make_unique<pool>();
	pthread_barrier_wait(&taken);

	pid_t child = fork(); /* FORK */

	if (child == 0)
		crash(argv); /* CHILD */

	int status = reap(child);

	pthread_barrier_wait(&finished);
	service->stop();
	return status;
}
