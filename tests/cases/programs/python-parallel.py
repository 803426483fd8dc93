"""python-parallel.py LIBRARY [unused]: a C library with OpenMP, in the parent and in a child."""

import ctypes
import sys

import case


def compute(library):
    library.parallel_sum()  # COMPUTE


def main():
    library = ctypes.CDLL(sys.argv[1])
    if sys.argv[2:] == ["unused"]:
        return case.run_in_child(compute, library)
    compute(library)  # FIRST
    return case.run_in_child(compute, library)  # CALL


sys.exit(main())
