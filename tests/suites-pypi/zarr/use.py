"""Zarr: an array is read by the event loop in its thread for the parent, then for a child."""
import sys

import numpy
import zarr

from field import run_child


def total():
    return zarr.open_array("ones.zarr", mode="r")[...].sum()


if __name__ == "__main__":
    array = zarr.create_array("ones.zarr", shape=(1000, 1000), chunks=(100, 100), dtype="f8")
    array[...] = numpy.ones((1000, 1000))
    total()
    sys.exit(run_child(total))
