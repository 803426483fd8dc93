"""pyarrow: a table is read by its thread pool in the parent, then in a child."""
import sys

import pyarrow
from pyarrow import compute, parquet

from field import run_child


def total():
    return compute.sum(parquet.read_table("numbers.parquet", use_threads=True)["b"])


if __name__ == "__main__":
    columns = {name: range(100000) for name in "abcdefgh"}
    parquet.write_table(pyarrow.table(columns), "numbers.parquet")
    total()
    sys.exit(run_child(total))
