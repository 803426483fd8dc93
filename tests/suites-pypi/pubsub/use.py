"""Pub/Sub: a client without a server fails soon in the parent, then in a child."""
import os
import sys

os.environ["PUBSUB_EMULATOR_HOST"] = "127.0.0.1:1"
from google.cloud import pubsub_v1

from field import run_child


def publish(client):
    client = client or pubsub_v1.PublisherClient()
    try:
        client.publish("projects/p/topics/t", b"message", retry=None, timeout=1).result()
    except Exception as error:
        return str(error)


if __name__ == "__main__":
    client = pubsub_v1.PublisherClient()
    publish(client)
    sys.exit(run_child(publish, None if sys.argv[1] == "spawn" else client))
