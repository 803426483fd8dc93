"""The import lock: a thread is importing a module at fork, the child imports it too.

The argument is the start method: fork or spawn.
"""
import importlib
import multiprocessing
import os
import sys
import threading
from pathlib import Path

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

# A module that takes its time, as one that connects to a server when it is imported.
SLOW = """\
import threading
main = __import__("sys").modules["__main__"]
if hasattr(main, "started"):
    main.started.set()
    main.finished.wait()
"""


def work():
    importlib.import_module("slow")


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    Path("slow.py").write_text(SLOW)
    started = threading.Event()
    finished = threading.Event()
    threading.Thread(target=work, name="importer").start()
    started.wait()
    process = multiprocessing.get_context(sys.argv[1]).Process(target=work)
    process.start()
    status = reap(process.pid)
    finished.set()
    sys.exit(status)
