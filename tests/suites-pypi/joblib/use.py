"""joblib: its processes, which are started anew, work for the parent, then for a child."""
import sys

import joblib

from field import run_child


def work():
    return joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(number) for number in range(4))


if __name__ == "__main__":
    work()
    sys.exit(run_child(work))
