"""Pulsar: a client without a broker fails soon in the parent, then in a child."""
import sys

import pulsar

from field import run_child

pulsar_logger = pulsar.FileLogger(pulsar.LoggerLevel.Error, "pulsar.log")


def new_client():
    return pulsar.Client("pulsar://127.0.0.1:1", operation_timeout_seconds=1, logger=pulsar_logger)


def fail(client):
    try:
        (client or new_client()).create_producer("topic")
    except Exception:
        pass


if __name__ == "__main__":
    client = new_client()
    fail(client)
    sys.exit(run_child(fail, None if sys.argv[1] == "anew" else client))
