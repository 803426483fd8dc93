/* SAFE kind=cxx-condvar the child posts to a mailbox of its own */
#include "lat.h"
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
class Mailbox
{
	std::mutex m;
	std::condition_variable cv;
	std::deque<int> mail;

      public:
	void post(int n)
	{
		{
			std::lock_guard g(m);
			mail.push_back(n);
		}
		cv.notify_one();
	}
	int read()
	{
		std::unique_lock l(m);
		cv.wait(l, [this] { return !mail.empty(); });
		int n = mail.front();
		mail.pop_front();
		stretch();
		return n;
	}
};
static Mailbox box;
static Mailbox *current = &box;

static void reader()
{
	for (;;)
		current->read();
}
static void writer()
{
	for (int n = 0;; n++) {
		box.post(n);
		usleep(2900);
	}
}
static int child_main()
{
	current = new Mailbox;
	current->post(1);
	return 0;
}

int main()
{
	begin();
	std::thread(reader).detach();
	std::thread(writer).detach();
	_exit(forks(5, 6100, child_main));
}
