// TBB busy in its threads while others fork: children that exec, and children
// that compute without TBB. Then a child that never had its threads uses it.
#include <cstdio>
#include <numeric>
#include <sys/wait.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_reduce.h>
#include <thread>
#include <unistd.h>
#include <vector>

static long sum_below(long count)
{
	return tbb::parallel_reduce(
		tbb::blocked_range<long>(0, count), 0L,
		[](const tbb::blocked_range<long> &range, long sum) {
			for (long number = range.begin(); number != range.end(); number++)
				sum += number;
			return sum;
		},
		[](long one, long other) { return one + other; });
}

static int in_child(int (*work)(long), long number)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(work(number));
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_program(long)
{
	execl("/bin/true", "true", static_cast<char *>(nullptr));
	return 127;
}

static int add_alone(long count)
{
	std::vector<long> numbers(static_cast<size_t>(count), 1);

	return static_cast<int>(std::accumulate(numbers.begin(), numbers.end(), 0L) % 251);
}

static int add_with_tbb(long count)
{
	return sum_below(count) == count * (count - 1) / 2 ? 0 : 1;
}

int main()
{
	std::vector<std::thread> threads;
	bool good = in_child(add_with_tbb, 100000) == 0;

	for (int number = 0; number < 2; number++)
		threads.emplace_back([] {
			for (int round = 0; round < 2000; round++)
				sum_below(100000);
		});
	for (long number = 0; number < 100; number++)
		good = good && in_child(run_program, 0) == 0 &&
		       in_child(add_alone, 1000 + number) == (1000 + number) % 251;
	for (std::thread &thread : threads)
		thread.join();
	std::puts(good ? "added" : "wrong");
	return good ? 0 : 1;
}
