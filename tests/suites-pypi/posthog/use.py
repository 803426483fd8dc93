"""PostHog: an event is sent by the client's consumer thread in the parent, then in a child."""
import sys

import posthog

import server
from field import LOST, run_child


def tell(client, event):
    client.capture(event, distinct_id="somebody")
    client.flush()


def tell_anew(port, event):
    tell(posthog.Posthog("key", host=f"http://127.0.0.1:{port}"), event)


if __name__ == "__main__":
    port = server.start()
    client = posthog.Posthog("key", host=f"http://127.0.0.1:{port}")
    tell(client, "of the parent")
    if sys.argv[1] == "anew":
        status = run_child(tell_anew, port, "of the child")
    else:
        status = run_child(tell, client, "of the child")
    sys.exit(status or (0 if server.has_got("of the child") else LOST))
