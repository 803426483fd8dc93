"""loky: its executor works for the parent, then a child that was forked uses it."""
import sys

import loky

from field import run_child


def work():
    return list(loky.get_reusable_executor(max_workers=2, timeout=2).map(abs, [1, 2]))


if __name__ == "__main__":
    work()
    sys.exit(run_child(work))
