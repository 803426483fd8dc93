"""python-package.py: the child flushes a client whose thread stayed in the parent."""

import sys

import case
from meter.client import Client


def count(client):
    client.count("child")
    client.flush()  # FLUSH


def main():
    client = Client()  # CLIENT
    client.count("parent")
    client.flush()
    return case.run_in_child(count, client)  # CALL


sys.exit(main())
