"""zarrs: an array is read by rayon's threads in the parent, then in a child."""
import sys

import numpy
import zarr
import zarrs  # noqa: F401: it registers its pipeline

from field import run_child

zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})


def total():
    return zarr.open_array("ones.zarr", mode="r")[...].sum()


if __name__ == "__main__":
    array = zarr.create_array("ones.zarr", shape=(1000, 1000), chunks=(100, 100), dtype="f8")
    array[...] = numpy.ones((1000, 1000))
    total()
    sys.exit(run_child(total))
