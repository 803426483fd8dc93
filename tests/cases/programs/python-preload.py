"""python-preload.py [unused]: a fork server that a preload brought a thread into."""

import multiprocessing
import os
import sys

import case


def work():
    import preloaded

    sys.exit(preloaded.executor.submit(int).result())  # SERVED


def main():
    # The fork server finds its modules where Python looks for them, not beside the script.
    os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["case" if sys.argv[1:] == ["unused"] else "preloaded"])
    child = context.Process(target=work)
    child.start()
    child.join(case.PATIENCE)
    hung = child.exitcode is None
    child.kill()
    child.join()
    return case.HUNG if hung else abs(child.exitcode) and 128 - child.exitcode


if __name__ == "__main__":
    sys.exit(main())
