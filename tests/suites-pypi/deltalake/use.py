"""delta-rs: a table is written by tokio's threads in the parent, then read in a child."""
import sys

import deltalake
import pyarrow

from field import run_child


def read():
    return deltalake.DeltaTable("table").file_uris()


if __name__ == "__main__":
    deltalake.write_deltalake("table", pyarrow.table({"a": range(1000)}))
    read()
    sys.exit(run_child(read))
