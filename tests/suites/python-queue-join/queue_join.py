"""multiprocessing.Queue: the child puts 1 MB, the parent joins it before it gets.

With the argument "safe" the parent gets first.
"""
import multiprocessing
import sys

SIZE = 1 << 20


def produce(queue):
    queue.put(bytes(SIZE))


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=produce, args=[queue])
    process.start()
    if sys.argv[1:] == ["safe"]:
        data = queue.get()
        process.join()
    else:
        process.join()
        data = queue.get() if process.exitcode == 0 else b""
    sys.exit(len(data) != SIZE)
