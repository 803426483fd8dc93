"""DataFusion: a query of tokio's threads in the parent, then in a child."""
import sys

import datafusion

from field import run_child


def query():
    context = datafusion.SessionContext()
    return context.sql("SELECT sum(value) FROM range(1, 1000000)").collect()


if __name__ == "__main__":
    query()
    sys.exit(run_child(query))
