"""NumPy with OpenBLAS: matrices are multiplied by its threads in the parent, then in a child."""
import sys

import numpy

from field import run_child


def multiply():
    ones = numpy.ones((1000, 1000))
    return (ones @ ones).sum()


if __name__ == "__main__":
    multiply()
    sys.exit(run_child(multiply))
