"""h5py: a file is written in the parent, and read in a child that opens it anew."""
import sys

import h5py
import numpy

from field import run_child


def total(file=None):
    with h5py.File("numbers.h5", "r") as file:
        return file["a"][:].sum()


if __name__ == "__main__":
    with h5py.File("numbers.h5", "w") as file:
        file.create_dataset("a", data=numpy.arange(1000000), compression="gzip")
    total()
    sys.exit(run_child(total))
