"""Dramatiq: a program uses Polars and runs workers, then a process of theirs uses it."""
import os
import sys

import dramatiq.cli

import frame
import host


def work(options):
    frame.use_before_fork()
    sys.argv[1:] = ["--processes", "1", "--threads", "1", *options, "tasks"]
    return dramatiq.cli.main()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(work(["--use-spawn"] if sys.argv[1] == "spawn" else []))
    host.prepare_answers()
    with host.redis() as address:
        os.environ.update(BROKER=address,
                          PYTHONPATH=f"{os.environ['SOURCE']}:{os.environ['PYTHONPATH']}")
        import tasks
        tasks.answer.send()
        with host.started(__file__, sys.argv[1], "work"):
            status = host.await_answer()
    sys.exit(status)
