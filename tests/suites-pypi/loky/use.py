"""loky: its executor works for the parent, then a child that was forked uses it."""
import sys

import loky

from field import run_child


def executor():
    return loky.get_reusable_executor(max_workers=2)


def work():
    list(executor().map(abs, [1, 2]))


def work_and_shut_down():
    work()
    executor().shutdown(wait=True)


if __name__ == "__main__":
    if sys.argv[1] == "fork":
        work()
        sys.exit(run_child(work))
    work_and_shut_down()
    sys.exit(run_child(work_and_shut_down))
