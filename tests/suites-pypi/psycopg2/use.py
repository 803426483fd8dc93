"""psycopg2: a connection asks for the parent, then for a child."""
import sys

import psycopg2

import postgres
from field import run_child


def connect(folder):
    return psycopg2.connect(host=folder, user="user", dbname="postgres")


def ask(folder, connection):
    with (connection or connect(folder)).cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


if __name__ == "__main__":
    with postgres.server() as folder:
        connection = connect(folder)
        ask(folder, connection)
        status = run_child(ask, folder, None if sys.argv[1] == "anew" else connection)
        connection.close()
    sys.exit(status)
