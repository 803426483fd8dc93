"""CatBoost: a model is trained by its threads in the parent, then in a child."""
import sys

import catboost
import numpy

from field import run_child


def train():
    rows = numpy.random.RandomState(1).rand(5000, 10)
    model = catboost.CatBoostClassifier(iterations=5, thread_count=4, logging_level="Silent",
                                        allow_writing_files=False)
    model.fit(rows, rows[:, 0] > 0.5)


if __name__ == "__main__":
    train()
    sys.exit(run_child(train))
