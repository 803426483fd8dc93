"""awscrt: an event loop connects to a server in the parent, then in a child."""
import sys

from awscrt import http, io

import server
from field import run_child


def connect(port, group=None):
    group = group or io.EventLoopGroup(1)
    bootstrap = io.ClientBootstrap(group, io.DefaultHostResolver(group))
    connection = http.HttpClientConnection.new("127.0.0.1", port, bootstrap).result()
    connection.close().result()


if __name__ == "__main__":
    port, group = server.start(), io.EventLoopGroup(1)
    connect(port, group)
    sys.exit(run_child(connect, port, None if sys.argv[1] == "anew" else group))
