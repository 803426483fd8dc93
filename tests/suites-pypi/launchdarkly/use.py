"""LaunchDarkly: an event is sent by the client's threads in the parent, then in a child."""
import logging
import sys

import ldclient
from ldclient import Config, Context

import server
from field import LOST, run_child

logging.disable()
config = Config("key", **dict.fromkeys(("base_uri", "events_uri", "stream_uri"),
                                       f"http://127.0.0.1:{server.start()}"))


def track(client, event):
    client = client or ldclient.LDClient(config, start_wait=1)
    client.track(event, Context.create("somebody"))
    client.flush()
    client.close()


if __name__ == "__main__":
    client = None
    if sys.argv[1] == "fork":
        client = ldclient.LDClient(config, start_wait=1)
        client.track("of the parent", Context.create("somebody"))
        client.flush()
    status = run_child(track, client, "of the child")
    sys.exit(status or (0 if server.has_got("of the child") else LOST))
