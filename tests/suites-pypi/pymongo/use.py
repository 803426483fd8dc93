"""PyMongo: a client without a server fails soon in the parent, then in a child."""
import sys

import pymongo
from pymongo.errors import ServerSelectionTimeoutError

from field import run_child


def new_client():
    return pymongo.MongoClient("mongodb://127.0.0.1:1", serverSelectionTimeoutMS=500)


def fail(client):
    try:
        (client or new_client()).server_info()
    except ServerSelectionTimeoutError:
        pass


if __name__ == "__main__":
    client = new_client()
    fail(client)
    sys.exit(run_child(fail, None if sys.argv[1] == "anew" else client))
