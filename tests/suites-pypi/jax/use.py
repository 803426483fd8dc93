"""JAX: XLA's threads compute for the parent, then for a child."""
import sys

import jax
import jax.numpy as numpy

from field import run_child


@jax.jit
def total(matrix):
    return (matrix @ matrix).sum()


def work():
    return float(total(numpy.ones((1000, 1000))))


if __name__ == "__main__":
    work()
    sys.exit(run_child(work))
