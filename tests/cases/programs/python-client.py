"""python-client.py [own|cured]: a child flushes a client of a package, whose thread it does not have.
There are more threads of the program's own. With "own" it waits for one of those,
with "cured" it makes a client of its own."""
import os
import queue
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "site-packages"))
import clockwork  # noqa: E402


def work(jobs):
    while True:
        jobs.get()
        jobs.task_done()


def main():
    client = clockwork.Client()  # CLIENT
    jobs = queue.Queue()
    for name in ("one", "two"):
        threading.Thread(target=work, args=(jobs,), name=name, daemon=True).start()  # START
    client.flush()
    child = os.fork()  # FORK
    if child == 0:
        if sys.argv[1:] == ["own"]:
            jobs.put("last")
            jobs.join()  # JOIN
        if sys.argv[1:] == ["cured"]:
            client = clockwork.Client()
        client.flush()  # USE
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    os._exit(128 + status if status else 0)


main()
