"""numexpr: an expression is evaluated by its threads in the parent, then in a child."""
import sys

import numexpr
import numpy

from field import run_child


def evaluate():
    a = numpy.arange(1e6)
    return numexpr.evaluate("a * 2 + 1").sum()


if __name__ == "__main__":
    numexpr.set_num_threads(4)
    evaluate()
    sys.exit(run_child(evaluate))
