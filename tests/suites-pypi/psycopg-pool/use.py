"""psycopg's pool: its workers make connections for the parent, then for a child."""
import sys

import psycopg_pool

import postgres
from field import run_child


def ask(pool):
    with pool.connection(timeout=5) as connection:
        connection.execute("SELECT 1")


def new_pool(folder):
    return psycopg_pool.ConnectionPool(f"host={folder} user=user dbname=postgres", min_size=1,
                                       max_size=4, open=True)


def ask_anew(folder):
    with new_pool(folder) as pool:
        ask(pool)


if __name__ == "__main__":
    with postgres.server() as folder, new_pool(folder) as pool:
        pool.wait()
        ask(pool)
        with pool.connection():
            if sys.argv[1] == "anew":
                status = run_child(ask_anew, folder)
            else:
                status = run_child(ask, pool)
    sys.exit(status)
