"""uWSGI: its master loads an application that uses Polars, then a worker does."""
import os
import sys

import host

if __name__ == "__main__":
    options = ["--lazy-apps"] if sys.argv[1] == "lazy" else []
    options += ["--master", "--processes", "1", "--die-on-term", "--worker-reload-mercy", "1"]
    with host.started("-c", "import pyuwsgi; pyuwsgi.run()", *options, "--http-socket", "socket",
                      "--need-app", "--pythonpath", os.environ["SOURCE"],
                      "--module", "application"):
        status = host.request("socket")
    sys.exit(status)
