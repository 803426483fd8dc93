/*
 * reach-cpp WHAT safe|unsafe: locks of C++. mutex, recursive: std::mutex and its kin. shared: a
 * std::shared_mutex, which is only read by both, or written by the thread. placement: the child
 * makes a mutex anew in its place, before it takes it or after. statics: thread and child make
 * the same function-local objects, or different ones.
 */
#include "../case.h"
#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <semaphore.h>
#include <shared_mutex>
#include <string>
#include <thread>

static std::mutex tick_mutex;
static std::recursive_mutex tick_recursive;
static std::shared_mutex tick_shared;
static unsigned long uses;
static bool is_safe;
static std::atomic<bool> ends;
static sem_t first;

static void use_mutex()
{
	std::lock_guard<std::mutex> guard(tick_mutex); /* MUTEX */
	uses++;
}

static void use_recursive()
{
	std::lock_guard<std::recursive_mutex> guard(tick_recursive); /* RECURSIVE */
	uses++;
}

static void use_reader()
{
	std::shared_lock<std::shared_mutex> guard(tick_shared); /* READER */
}

static void use_writer()
{
	std::unique_lock<std::shared_mutex> guard(tick_shared); /* WRITER */
	uses++;
}

/* Made once, and by whoever comes first; nothing is registered for the end. */
template <int number> static const int *table()
{
	static const int *const made = new int(number); /* STATIC */

	return made;
}

/* The first tick makes one, and the next one makes the other, after the fork. */
static void use_statics()
{
	static bool is_first = true;

	is_first ? table<0>() : table<1>(); /* NEXT */
	is_first = false;
}

static void tick(void (*use)())
{
	for (bool is_first = true, is_last = false; !is_last; is_first = false) {
		is_last = ends;
		use(); /* TICK */
		if (is_first)
			sem_post(&first);
		/* The fork comes before the next one, on a machine that is busy, too. */
		usleep(is_first ? 100000 : 5000);
	}
}

static int work_with_mutex()
{
	use_mutex(); /* WORK-WITH-MUTEX */
	return 0;
}

static int work_with_recursive()
{
	use_recursive(); /* WORK-WITH-RECURSIVE */
	return 0;
}

static int work_as_reader()
{
	use_reader(); /* WORK-AS-READER */
	return 0;
}

static int work_with_new_mutex()
{
	if (is_safe)
		new (&tick_mutex) std::mutex;
	use_mutex(); /* WORK-WITH-NEW */
	if (!is_safe)
		new (&tick_mutex) std::mutex;
	return 0;
}

static int work_with_new_recursive()
{
	new (&tick_recursive) std::recursive_mutex;
	use_recursive();
	return 0;
}

static int work_with_statics()
{
	is_safe ? table<2>() : table<1>(); /* WORK-WITH-STATICS */
	return 0;
}

static int fork_and_work(int (*work)())
{
	pid_t child = fork(); /* FORK */

	if (child == 0)
		_exit(work());
	return reap(child);
}

static int run(void (*use)(), int (*work)())
{
	std::thread thread(tick, use); /* CREATE */

	while (sem_wait(&first) != 0)
		continue;
	int status = fork_and_work(work); /* RUN */
	ends = true;
	thread.join();
	return status;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: reach-cpp WHAT safe|unsafe");
	is_safe = std::string("safe") == argv[2];
	sem_init(&first, 0, 0);
	if (mode_is(argv, "mutex"))
		return run(use_mutex, is_safe ? work_with_recursive : work_with_mutex);
	if (mode_is(argv, "recursive"))
		return run(use_recursive, is_safe ? work_with_new_recursive : work_with_recursive);
	if (mode_is(argv, "shared"))
		return run(is_safe ? use_reader : use_writer, work_as_reader);
	if (mode_is(argv, "placement"))
		return run(use_mutex, work_with_new_mutex);
	return run(use_statics, work_with_statics);
}
