"""Daft: a frame is computed by its threads in the parent, then in a child."""
import sys

import daft

from field import run_child


def total():
    return daft.from_pydict({"a": list(range(1000))}).sum("a").to_pydict()


if __name__ == "__main__":
    total()
    sys.exit(run_child(total))
