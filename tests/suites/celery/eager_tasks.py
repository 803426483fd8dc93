"""Tasks that import the eager library, and use it."""
import frames
import eager_frames
from celery import Celery

app = Celery("suite")


@app.task
def sum_below(count):
    return frames.sum_below(count)
