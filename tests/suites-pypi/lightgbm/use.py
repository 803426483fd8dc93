"""LightGBM: a model is trained by OpenMP's threads in the parent, then in a child."""
import sys

import lightgbm
import numpy

from field import run_child


def train():
    rows = numpy.random.RandomState(1).rand(5000, 10)
    data = lightgbm.Dataset(rows, label=rows[:, 0] > 0.5)
    lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 4}, data, 10)


if __name__ == "__main__":
    train()
    sys.exit(run_child(train))
