"""Python's own buffers under os.fork(): python-output.py MODE

What waits is "begin". The child, and the parent after it, end as programs do,
where their mode does not say otherwise.
"""

import gc
import multiprocessing
import os
import sys
import tempfile

from case import reap


class Journal:
    """A file that only an object has."""

    def __init__(self, file):
        self.file = file


def end_child(mode):
    if mode == "leaves":
        os._exit(0)
    if mode == "execs":
        os.execv("/bin/true", ["true"])
    if mode == "redirects":
        with tempfile.TemporaryFile() as other:
            os.dup2(other.fileno(), 1)
    if mode == "writes-itself":
        os.write(1, b"begin")
        os._exit(0)
    if mode == "repeats":
        print("begin", end="")
    sys.exit(0)


def standard(mode):
    if mode != "repeats":
        print("begin", end="")
    if mode == "flushes":
        sys.stdout.flush()
    child = os.fork()  # FORK
    if child == 0:
        end_child(mode)
    status = reap(child)
    if mode == "parent-leaves":
        os._exit(status)
    if mode == "repeats":
        print("begin", end="")
    return status


def make(kind):
    if kind == "binary":
        file = open("/dev/null", "wb")
        file.write(b"begin")
    elif kind == "update":
        file = tempfile.TemporaryFile()
        file.write(b"begin")
    elif kind == "long":
        file = open("/dev/null", "w", buffering=4)
        file.write("begin")
    else:
        file = open("/dev/null", "w")
        if kind == "layers":
            file.buffer.write(b"be")
            file.write("gin")
        elif kind == "pieces":
            file.write("")
            file.write("b")
            file.write("é")
            file.write("gi")
        else:
            file.write("begin")
    return file


def kept(mode):
    journal = Journal(make(mode))
    if mode == "frozen":
        gc.freeze()
    child = os.fork()  # FORK_KEPT
    if child == 0:
        journal.file.close()  # CLOSE
        os._exit(0)
    status = reap(child)
    journal.file.close()  # CLOSE_LAST
    return status


journals = {}


def old(mode):
    """Thousands of objects came after the file."""
    if mode == "global":
        global journal
        file = journal = make("text")
    else:
        file = make("text")
    journals["first"] = file
    later = [[number] for number in range(20000)]
    gc.collect()
    journals["later"] = later + [[number] for number in range(5000)]
    child = os.fork()  # FORK_OLD
    if child == 0:
        file.flush()  # FLUSH_OLD
        os._exit(0)
    status = reap(child)
    file.flush()
    return status


class Server:
    """Forks in its __init__, which the interpreter may enter by a frame of its own."""

    def __init__(self, forks):
        self.status = kept("text") if forks else 0


def server(warming):
    for _ in range(int(warming)):
        status = Server(False).status
    for forks in [False] * int(warming) + [True]:
        status = Server(forks).status
    return status


def children(mode):
    journal = Journal(make("text"))
    status = 0
    for number in range(2):
        child = os.fork()  # FORK_MANY
        if child == 0:
            if number == 1 or mode == "all":
                journal.file.flush()  # FLUSH
            os._exit(0)
        status |= reap(child)
    if mode == "but-parent":
        os._exit(status)
    return status


def greet():
    print("begin")


def process(mode):
    print("begin")
    child = multiprocessing.get_context("fork").Process(target=greet)
    child.start()
    child.join()
    print("begin")
    return child.exitcode


MODES = {
    "standard": standard,
    "kept": kept,
    "old": old,
    "server": server,
    "children": children,
    "process": process,
}
sys.exit(MODES[sys.argv[1]](sys.argv[2]))
