"""XGBoost: a model is trained by OpenMP's threads in the parent, then in a child."""
import sys

import numpy
import xgboost

from field import run_child


def train():
    rows = numpy.random.RandomState(1).rand(5000, 10)
    data = xgboost.DMatrix(rows, label=rows[:, 0] > 0.5, nthread=4)
    xgboost.train({"nthread": 4, "objective": "binary:logistic"}, data, 5)


if __name__ == "__main__":
    train()
    sys.exit(run_child(train))
