"""gevent: a thread of the hub's pool works for the parent, then for a child."""
import sys
import time

import gevent

from field import run_child


def work():
    if sys.argv[1] == "reinit":
        gevent.reinit()
    return gevent.get_hub().threadpool.apply(time.sleep, (0.1,))


if __name__ == "__main__":
    gevent.get_hub().threadpool.apply(time.sleep, (0.1,))
    time.sleep(0.2)  # the thread goes back to its queue, of which nothing tells
    sys.exit(run_child(work))
