"""HistGradientBoosting: fitted in the parent, then by a child of multiprocessing.

The argument is the start method: fork or spawn.
"""
import multiprocessing
import os
import sys

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

# A spawned child imports scikit-learn anew.
PATIENCE = 20


def fit():
    from sklearn.datasets import make_classification
    from sklearn.ensemble import HistGradientBoostingClassifier

    samples, classes = make_classification(n_samples=2000, random_state=0)
    model = HistGradientBoostingClassifier(max_iter=5)
    if model.fit(samples, classes).score(samples, classes) < 0.5:
        sys.exit(1)


if __name__ == "__main__":
    fit()
    process = multiprocessing.get_context(sys.argv[1]).Process(target=fit)
    process.start()
    sys.exit(reap(process.pid, PATIENCE))
