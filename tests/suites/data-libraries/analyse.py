"""numpy, pandas and scikit-learn: used in the parent, with children of each start method that do
what these libraries allow there, and in processes that use them first."""
import multiprocessing
import sys

import numpy
import pandas
from sklearn.linear_model import LinearRegression


def fitted(slope):
    frame = pandas.DataFrame({"x": numpy.arange(200.0), "group": numpy.arange(200) % 4})
    frame["y"] = slope * frame["x"] + 1
    means = frame.groupby("group")["y"].mean()
    product = frame[["x", "y"]].to_numpy().T @ frame[["x", "y"]].to_numpy()
    model = LinearRegression().fit(frame[["x"]], frame["y"])
    return round(float(model.coef_[0]), 6), len(means), product.shape


if __name__ == "__main__":
    expected = [fitted(slope) for slope in range(1, 9)]
    print(expected)
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            if pool.map(fitted, range(1, 9)) != expected:
                sys.exit(method)
    model = LinearRegression(n_jobs=2).fit(numpy.eye(50), numpy.ones((50, 3)))
    print(model.coef_.shape)
