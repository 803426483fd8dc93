/*
 * Qt: a worker's thread is given work by its queue, in the parent, then in a child, which waits for
 * that to be done, or with the argument "loop" in an event loop for a message. With the last
 * argument "safe" the child makes a worker of its own.
 */
#include <QCoreApplication>
#include <QEventLoop>
#include <QThread>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

struct Worker {
	QThread thread;
	QObject object;

	Worker()
	{
		object.moveToThread(&thread);
		thread.start();
	}
};

static int add(Worker &worker)
{
	int sum = 0;

	QMetaObject::invokeMethod(
		&worker.object, [&] { sum = 1 + 1; }, Qt::BlockingQueuedConnection);
	return sum;
}

static int add_by_messages(Worker &worker)
{
	QEventLoop loop;
	QObject answer;
	int sum = 0;
	const auto reply = [&] {
		sum = 1 + 1;
		loop.quit();
	};
	const auto ask = [&] { QMetaObject::invokeMethod(&answer, reply, Qt::QueuedConnection); };

	QMetaObject::invokeMethod(&worker.object, ask, Qt::QueuedConnection);
	loop.exec();
	return sum;
}

int main(int argc, char **argv)
{
	QCoreApplication application(argc, argv);
	bool is_safe = strcmp(argv[argc - 1], "safe") == 0;
	auto *work = argc > 1 && strcmp(argv[1], "loop") == 0 ? add_by_messages : add;
	Worker *worker = new Worker;
	int status = 1;

	work(*worker);
	pid_t child = fork();
	if (child == 0) {
		if (is_safe)
			worker = new Worker;
		_exit(work(*worker) == 2 ? 0 : 1);
	}
	waitpid(child, &status, 0);
	_exit(status == 0 ? 0 : 1);
}
