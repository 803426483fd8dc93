"""A module whose import starts a thread that starts another one, and ends."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

executor = ThreadPoolExecutor(1, thread_name_prefix="nested")


def start():
    executor.submit(int).result()


starter = threading.Thread(target=start)
starter.start()
starter.join()
# Its thread of the kernel ends a little later.
time.sleep(0.3)
