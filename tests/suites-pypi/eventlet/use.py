"""eventlet: a thread of tpool works for the parent, then for a child."""
import sys

from eventlet import tpool

from field import run_child


def work():
    return tpool.execute(sum, [1, 2, 3])


if __name__ == "__main__":
    work()
    if sys.argv[1] == "killall":
        tpool.killall()
    sys.exit(run_child(work))
