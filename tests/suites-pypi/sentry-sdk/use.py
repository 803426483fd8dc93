"""Sentry: a message is sent by its background worker in the parent, then in a child."""
import sys

import sentry_sdk

import server
from field import LOST, run_child


def tell(text):
    sentry_sdk.capture_message(text)
    sentry_sdk.flush(timeout=3)


if __name__ == "__main__":
    sentry_sdk.init(dsn=f"http://key@127.0.0.1:{server.start()}/1")
    tell("of the parent")
    status = run_child(tell, "of the child")
    sys.exit(status or (0 if server.has_got("of the child") else LOST))
