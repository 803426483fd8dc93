"""A task that uses Polars. Its module uses it, too, when it is loaded, or when a process begins."""
import os

import celery
from celery.signals import worker_process_init

import frame

app = celery.Celery("tasks", broker=os.environ["BROKER"], backend=os.environ["BROKER"])


@app.task
def count():
    return frame.count()


if os.environ["USE"] == "fork":
    frame.use_before_fork()
else:
    worker_process_init.connect(lambda **_: frame.use_before_fork(), weak=False)
