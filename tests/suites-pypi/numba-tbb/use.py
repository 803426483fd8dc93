"""Numba, TBB: a parallel loop runs in the parent, then in a child."""
import sys

import numba
import numpy

from field import run_child

numba.config.THREADING_LAYER = "tbb"


@numba.njit(parallel=True)
def total(numbers):
    result = 0.0
    for i in numba.prange(len(numbers)):
        result += numbers[i]
    return result


if __name__ == "__main__":
    numba.set_num_threads(2)
    total(numpy.ones(1000000))
    sys.exit(run_child(total, numpy.ones(1000000)))
