"""OpenDAL: a file is written by tokio's threads in the parent, then read in a child."""
import sys

import opendal

from field import run_child


def read():
    return opendal.Operator("fs", root=".").read("numbers")


if __name__ == "__main__":
    opendal.Operator("fs", root=".").write("numbers", b"123")
    sys.exit(run_child(read))
