/*
 * A function-local static: a thread is making it at fork, the child asks for it
 * too. With the argument "safe" it was made before the fork.
 */
#include "../reap.h"
#include <future>
#include <thread>

static std::promise<void> begun, finish;

struct configuration {
	configuration()
	{
		begun.set_value();
		finish.get_future().wait();
	}
};

static configuration &get_configuration()
{
	static configuration instance;

	return instance;
}

int main(int argc, char **)
{
	bool is_safe = argc > 1;
	std::thread thread([] { get_configuration(); });

	begun.get_future().wait();
	if (is_safe) {
		finish.set_value();
		thread.join();
	}
	pid_t child = fork();
	if (child == 0) {
		get_configuration();
		_exit(0);
	}
	int status = reap(child);
	if (!is_safe) {
		finish.set_value();
		thread.join();
	}
	return status;
}
