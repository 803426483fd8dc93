"""The same sums by each of joblib's ways to run in parallel, from a process that has used them all."""
import sys

import numpy
from joblib import Parallel, delayed


def total(number):
    return int((numpy.ones((number, number)) @ numpy.ones((number, number))).sum())


if __name__ == "__main__":
    sizes = range(1, 60)
    expected = [size ** 3 for size in sizes]
    for backend in ("loky", "multiprocessing", "threading"):
        if Parallel(n_jobs=2, backend=backend)(delayed(total)(size) for size in sizes) != expected:
            sys.exit(backend)
        print(backend)
