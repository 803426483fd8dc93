"""A task that uses Polars. Its module uses it, too, when it is loaded, or when a worker begins."""
import os

import huey

import frame

queue = huey.SqliteHuey(filename="queue.db")


@queue.task()
def answer():
    frame.answer()


if os.environ["USE"] == "fork":
    frame.use_before_fork()
elif os.environ["USE"] == "hook":
    queue.on_startup()(frame.use_before_fork)
