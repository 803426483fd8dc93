"""scikit-learn: gradient boosting is fitted by OpenMP's threads in the parent, then in a child."""
import sys

import numpy
from sklearn.ensemble import HistGradientBoostingClassifier

from field import run_child


def fit():
    rows = numpy.random.RandomState(1).rand(5000, 10)
    HistGradientBoostingClassifier(max_iter=5).fit(rows, rows[:, 0] > 0.5)


if __name__ == "__main__":
    fit()
    sys.exit(run_child(fit))
