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
PATIENCE = 24  # more than it takes until a hang that cannot be proven is told of


def other_threads():
    return set(os.listdir("/proc/self/task")) - {str(os.getpid())}


AT_IMPORT = other_threads()  # a member imports its library before this


def method():
    return "spawn" if sys.argv[1] == "spawn" else "fork"


def note_threads():
    """For the table: those beside the one that forks: when they were started, their names."""
    lines = []
    for task in other_threads():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            when = "import" if task in AT_IMPORT else "use"
            lines.append(f"{when} {Path('/proc/self/task', task, 'comm').read_text()}")
    Path("threads").write_text("".join(lines))


def run_child(work, *arguments, patience=PATIENCE):
    """How it ended: 0, 1 by an exception, 42 not at all, 128 + the signal."""
    note_threads()
    child = multiprocessing.get_context(method()).Process(target=work, args=arguments)
    child.start()
    return reap(child.pid, patience)
