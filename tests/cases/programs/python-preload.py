"""python-preload.py [unused | LIBRARY]: a fork server that a preload brought a thread into.

The thread is that of an executor, or keeps a mutex of LIBRARY.
"""

import multiprocessing
import os
import sys


def work():
    import preloaded

    sys.exit(preloaded.executor.submit(int).result())  # SERVED


def write():
    import preloaded_journal

    preloaded_journal.library.journal_write()  # WRITING


def main():
    # The fork server finds its modules where Python looks for them, not beside the script.
    os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))
    context = multiprocessing.get_context("forkserver")
    module, function = "preloaded", work
    if sys.argv[1:] == ["unused"]:
        module = "case"
    elif sys.argv[1:]:
        os.environ["JOURNAL"] = sys.argv[1]
        module, function = "preloaded_journal", write
    context.set_forkserver_preload([module])
    child = context.Process(target=function)
    child.start()
    child.join()
    return abs(child.exitcode) and 128 - child.exitcode


if __name__ == "__main__":
    sys.exit(main())
