"""joblib: its processes, which are started anew, work for the parent, then for a child."""
import os
import sys

os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker"  # a child leaves a folder for it
import joblib
from joblib.externals.loky import get_reusable_executor

from field import run_child


def work():
    joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(number) for number in range(4))


def work_and_shut_down():
    work()
    get_reusable_executor().shutdown(wait=True)


if __name__ == "__main__":
    if sys.argv[1] == "fork":
        work()
        sys.exit(run_child(work))
    work_and_shut_down()
    sys.exit(run_child(work_and_shut_down))
