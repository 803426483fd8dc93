"""C's buffer and C's random numbers under os.fork(): python-copied.py OUTPUT|NUMBERS MODE"""

import ctypes
import os
import sys

from case import reap

c = ctypes.PyDLL(None)
c.fopen.restype = ctypes.c_void_p
journal = ctypes.c_void_p(c.fopen(b"/dev/null", b"we"))  # nobody reads it


def write():
    c.fflush(journal)  # WRITE


def output(mode):
    c.fputs(b"begin", journal)
    if mode == "flushed":
        c.fflush(journal)
    child = os.fork()  # FORK
    if child == 0:
        if mode == "ends":
            os._exit(0)
        write()  # CALL_WRITE
        os._exit(0)
    return reap(child)


def draw():
    return c.rand()  # DRAW


def numbers(mode):
    c.srand(1)
    child = os.fork()  # FORK_DRAW
    if child == 0:
        if mode == "seeds":
            c.srand(2)
        draw()  # CALL_DRAW
        os._exit(0)
    draw()
    return reap(child)


sys.exit({"output": output, "numbers": numbers}[sys.argv[1]](sys.argv[2]))
