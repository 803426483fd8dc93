"""An event loop in a thread: asked by the parent, then by a child. With the argument
"safe" the child starts a loop of its own."""
import asyncio
import os
import sys
import threading

sys.path.insert(0, os.environ["SUITES"])
from reap import reap


def start_loop():
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="event loop", daemon=True).start()
    return loop


async def answer():
    return 42


def ask(loop):
    return asyncio.run_coroutine_threadsafe(answer(), loop).result()


def main():
    is_safe = "safe" in sys.argv
    loop = start_loop()
    ask(loop)
    child = os.fork()
    if child == 0:
        ask(start_loop() if is_safe else loop)
        os._exit(0)
    sys.exit(reap(child))


main()
