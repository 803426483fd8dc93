"""Tasks that use the library, but not before they run in a process of the pool."""
import frames
from celery import Celery

app = Celery("suite")


@app.task
def sum_below(count):
    return frames.sum_below(count)
