"""python-taker.py METHOD [released]: a multiprocessing.Lock whose holder was terminated.

METHOD is how processes are started: fork, spawn.
"""

import _multiprocessing
import multiprocessing
import os
import sys
import time


def hold(lock, taken, released):
    with lock:  # HOLD
        if not released:
            taken.send(True)
            time.sleep(60)
    taken.send(True)
    time.sleep(60)


def add(lock, began):
    began.send(True)
    with lock:  # ADD
        pass


def main():
    context = multiprocessing.get_context(sys.argv[1])
    lock = context.Lock()
    here, there = context.Pipe(duplex=False)
    holder = context.Process(target=hold, args=(lock, there, sys.argv[2:] == ["released"]))
    holder.start()
    here.recv()
    holder.terminate()  # TERMINATE
    holder.join()
    waiter = context.Process(target=add, args=(lock, there))
    waiter.start()  # START
    here.recv()
    if sys.argv[1] == "spawn":
        # What has a name, a process that cannot be asked might have opened.
        _multiprocessing.sem_unlink(lock._semlock.name)
    waiter.join()
    os._exit(128 - waiter.exitcode if waiter.exitcode < 0 else waiter.exitcode)


if __name__ == "__main__":
    main()
