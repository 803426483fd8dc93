/*
 * cure-cpp WHAT [cured]: what of C++ another thread has at the fork, and the cure that a report
 * prints for it. WHAT: "recursive", "shared" (mutexes), "condition" (destroyed by the child).
 */
#include "case.h"
#include <condition_variable>
#include <mutex>
#include <new>
#include <shared_mutex>

static std::recursive_mutex recursive_mutex;
static std::shared_mutex shared_mutex;
static std::mutex mutex;
static union changed {
	std::condition_variable condition;
	changed()
	{
		new (&condition) std::condition_variable;
	}
	~changed()
	{
	}
} changed;
static bool is_cured;

template <typename Mutex> static void *hold(Mutex *object)
{
	object->lock(); /* HOLD */
	pthread_barrier_wait(&taken);
	if (is_cured)
		usleep(100000);
	else
		pthread_barrier_wait(&finished);
	object->unlock();
	if (is_cured)
		pthread_barrier_wait(&finished);
	return nullptr;
}

static void *hold_recursive(void *)
{
	return hold(&recursive_mutex);
}

static void *hold_shared(void *)
{
	return hold(&shared_mutex);
}

static void *wait_for_change(void *)
{
	std::unique_lock<std::mutex> lock(mutex);

	pthread_barrier_wait(&taken);
	changed.condition.wait(lock); /* PARK */
	return nullptr;
}

static int use_recursive()
{
	std::lock_guard<std::recursive_mutex> guard(recursive_mutex); /* RECURSIVE */
	return 0;
}

static int use_shared()
{
	std::lock_guard<std::shared_mutex> guard(shared_mutex); /* SHARED */
	return 0;
}

static int destroy()
{
	changed.condition.~condition_variable(); /* DESTROY */
	return 0;
}

/* In this order: prepare, parent, child. */
static const struct what {
	const char *name;
	void *(*thread)(void *);
	int (*child)();
	void (*handlers[3])();
} whats[] = {
	{"recursive",
	 hold_recursive,
	 use_recursive,
	 {[] { recursive_mutex.lock(); }, [] { recursive_mutex.unlock(); },
	  [] { new (&recursive_mutex) std::recursive_mutex; }}},
	{"shared",
	 hold_shared,
	 use_shared,
	 {[] { shared_mutex.lock(); }, [] { shared_mutex.unlock(); },
	  [] { new (&shared_mutex) std::shared_mutex; }}},
	{"condition",
	 wait_for_change,
	 destroy,
	 {[] { mutex.lock(); }, [] { mutex.unlock(); },
	  [] {
		  mutex.unlock();
		  new (&changed.condition) std::condition_variable;
	  }}},
};

static int run(const struct what *what)
{
	pthread_t thread;
	pid_t child;
	int status;

	if (is_cured)
		pthread_atfork(what->handlers[0], what->handlers[1], what->handlers[2]);
	pthread_create(&thread, nullptr, what->thread, nullptr);
	pthread_barrier_wait(&taken);
	if (what->child == destroy)
		mutex.lock(), mutex.unlock(); /* it waits now */
	child = fork();                       /* FORK */
	if (child == 0)
		_exit(what->child());
	status = reap(child);
	_exit(status);
}

int main(int argc, char **argv)
{
	is_cured = argc > 2;
	for (const struct what &what : whats)
		if (argc > 1 && strcmp(what.name, argv[1]) == 0)
			run(&what);
	errx(2, "usage: cure-cpp WHAT [cured]");
}
