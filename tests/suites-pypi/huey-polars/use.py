"""Huey: its consumer uses Polars, then a process of its workers does."""
import os
import sys

import host

if __name__ == "__main__":
    host.prepare_answers()
    os.environ.update(USE="ask", PYTHONPATH=f"{os.environ['SOURCE']}:{os.environ['PYTHONPATH']}")
    import tasks
    tasks.answer()
    os.environ["USE"] = sys.argv[1]
    with host.started("-m", "huey.bin.huey_consumer", "tasks.queue", "-k", "process"):
        status = host.await_answer()
    sys.exit(status)
