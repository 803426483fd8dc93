"""A client library, installed as meter/client.py: a thread of its own sends what is counted."""

import queue
import threading


class Client:
    def __init__(self):
        self.counted = queue.Queue()
        self.sender = threading.Thread(target=self.send, name="meter", daemon=True)
        self.sender.start()  # START

    def send(self):
        while True:
            self.counted.get()
            self.counted.task_done()

    def count(self, name):
        self.counted.put(name)

    def flush(self):
        self.counted.join()  # JOIN
