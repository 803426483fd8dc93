"""What the members share: a child of multiprocessing, and what became of it.

The argument of a member is the start method, or a word of its own for the use that its
library recommends, with which its children are forked, too.
"""
import contextlib
import multiprocessing
import os
import sys
from pathlib import Path

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

LOST = 43  # the status of a child, or a run, whose work came to nothing
PATIENCE = 16  # more than it takes until a hang that cannot be proven is told of


def method():
    return "spawn" if sys.argv[1] == "spawn" else "fork"


def note_threads():
    """For the table: how many there are beside the one that forks, and their names."""
    names = []
    for task in set(os.listdir("/proc/self/task")) - {str(os.getpid())}:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            names.append(Path("/proc/self/task", task, "comm").read_text())
    Path("threads").write_text("".join(names))


def run_child(work, *arguments, patience=PATIENCE):
    """How it ended: 0, 1 by an exception, 42 not at all, 128 + the signal."""
    note_threads()
    child = multiprocessing.get_context(method()).Process(target=work, args=arguments)
    child.start()
    return reap(child.pid, patience)
