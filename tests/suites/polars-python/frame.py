"""A rayon library through ctypes: used in the parent, then by a child of multiprocessing.

The argument is the start method: fork or spawn.
"""
import ctypes
import multiprocessing
import os
import sys

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

COUNT = 1_000_000


def total():
    library = ctypes.CDLL(os.path.abspath("libframe.so"))
    library.frame_sum.argtypes = [ctypes.c_uint64]
    library.frame_sum.restype = ctypes.c_uint64
    if library.frame_sum(COUNT) != COUNT * (COUNT - 1) // 2:
        sys.exit(1)


if __name__ == "__main__":
    total()
    process = multiprocessing.get_context(sys.argv[1]).Process(target=total)
    process.start()
    sys.exit(reap(process.pid))
