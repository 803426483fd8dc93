"""A module that starts a thread when it is imported."""

from concurrent.futures import ThreadPoolExecutor

executor = ThreadPoolExecutor(1, thread_name_prefix="preloaded")
executor.submit(int).result()  # PRELOADED
