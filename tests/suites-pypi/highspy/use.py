"""HiGHS: a program is solved by its threads in the parent, then in a child."""
import sys

import highspy

from field import run_child


def solve():
    highs = highspy.Highs()
    highs.silent()
    highs.setOptionValue("threads", 4)
    highs.setOptionValue("parallel", "on")
    x = [highs.addVariable(0, 40, type=highspy.HighsVarType.kInteger) for _ in range(30)]
    for i in range(29):
        highs.addConstr(3 * x[i] + 7 * x[i + 1] <= 71)
    highs.maximize(sum((i % 5 + 1) * x[i] for i in range(30)))


if __name__ == "__main__":
    solve()
    sys.exit(run_child(solve))
