"""Lance: a data set is written by tokio's threads in the parent, then read in a child."""
import sys

import lance
import pyarrow

from field import run_child


def read():
    return lance.dataset("table.lance").to_table().num_rows


if __name__ == "__main__":
    lance.write_dataset(pyarrow.table({"a": range(1000)}), "table.lance")
    read()
    sys.exit(run_child(read))
