"""mkl-fft: a Fourier transform by MKL's threads in the parent, then in a child."""
import sys

import mkl_fft
import numpy

from field import run_child


def transform():
    return mkl_fft.fft2(numpy.ones((2000, 2000)))


if __name__ == "__main__":
    transform()
    sys.exit(run_child(transform))
