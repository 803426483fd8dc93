"""An actor that uses Polars."""
import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

import frame

dramatiq.set_broker(RedisBroker(url=os.environ["BROKER"]))


@dramatiq.actor(max_retries=0)
def answer():
    frame.answer()
