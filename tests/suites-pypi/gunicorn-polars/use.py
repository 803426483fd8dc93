"""gunicorn: its master loads an application that uses Polars, then a worker does."""
import os
import sys

import host

if __name__ == "__main__":
    options = ["--preload"] if sys.argv[1] == "fork" else []
    options += ["--bind", "unix:socket", "--graceful-timeout", "1", "--timeout", "60"]
    with host.started("-m", "gunicorn", *options, "--pythonpath", os.environ["SOURCE"],
                      "application:application"):
        status = host.request("socket")
    sys.exit(status)
