"""Blosc2: an array is compressed by its threads in the parent, then in a child."""
import sys

import blosc2
import numpy

from field import run_child


def compress():
    return blosc2.asarray(numpy.arange(4000000), chunks=(500000,), blocks=(10000,))[:].sum()


if __name__ == "__main__":
    blosc2.set_nthreads(4)
    compress()
    sys.exit(run_child(compress))
