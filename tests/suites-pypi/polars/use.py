"""Polars: a frame is filtered by rayon's threads in the parent, then in a child."""
import sys

import polars

from field import run_child


def count(frame):
    return frame.filter(polars.col("a") > 0).height


if __name__ == "__main__":
    polars.DataFrame({"a": range(100000)}).write_parquet("numbers.parquet")
    frame = polars.read_parquet("numbers.parquet")
    count(frame)
    sys.exit(run_child(count, frame))
