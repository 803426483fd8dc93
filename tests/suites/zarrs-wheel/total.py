"""zarrs of PyPI: an array is read in the parent, then in a child of multiprocessing. There an
event loop idles in a thread of its own, beside the one that waits. The argument is the start
method.
"""
import multiprocessing
import os
import sys

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

import numpy
import zarr

zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
import zarrs  # noqa: F401


def total():
    return zarr.open_array("ones.zarr", mode="r")[...].sum()


if __name__ == "__main__":
    array = zarr.create_array("ones.zarr", shape=(1000, 1000), chunks=(100, 100), dtype="f8")
    array[...] = numpy.ones((1000, 1000))
    total()
    child = multiprocessing.get_context(sys.argv[1]).Process(target=total)
    child.start()
    sys.exit(reap(child.pid))
