"""redis-py: a pool of connections is used in the parent, then in a child."""
import subprocess
import sys

import redis

from field import run_child

SOCKET = "redis.sock"


def ask(client):
    return client.incr("number")


if __name__ == "__main__":
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", SOCKET, "--save", ""],
                              stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=SOCKET, retry=redis.retry.Retry(
        redis.backoff.ConstantBackoff(0.1), 100))
    ask(client)
    status = run_child(ask, client)
    server.terminate()
    server.wait()
    sys.exit(status)
