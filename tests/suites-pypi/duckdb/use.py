"""DuckDB: a query of the connection's threads in the parent, then in a child."""
import sys

import duckdb

from field import run_child


def total():
    return duckdb.sql("SELECT sum(i * 2) FROM range(50000000) numbers(i)").fetchall()


if __name__ == "__main__":
    duckdb.sql("SET threads = 4")
    total()
    sys.exit(run_child(total))
