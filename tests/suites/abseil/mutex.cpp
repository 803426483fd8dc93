/*
 * absl::Mutex: a thread of the parent holds it at fork, the child locks it. With
 * an argument the thread has given it back before the fork.
 */
#include "../reap.h"
#include <absl/synchronization/mutex.h>
#include <future>
#include <thread>

static absl::Mutex mutex;
static int state;

/* The stack should show who waits. */
__attribute__((noinline)) static void update_state()
{
	absl::MutexLock guard(&mutex);

	state++;
}

static void hold(std::promise<void> &taken, std::future<void> finished)
{
	absl::MutexLock guard(&mutex);

	taken.set_value();
	finished.wait();
}

int main(int argc, char **)
{
	bool is_safe = argc > 1;
	std::promise<void> taken, finish;
	std::thread holder(hold, std::ref(taken), finish.get_future());

	taken.get_future().wait();
	if (is_safe) {
		finish.set_value();
		holder.join();
	}
	pid_t child = fork();
	if (child == 0) {
		update_state();
		_exit(0);
	}
	int status = reap(child);
	if (!is_safe) {
		finish.set_value();
		holder.join();
	}
	return status;
}
