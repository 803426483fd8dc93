"""uvloop: an event loop in a thread is asked by the parent, then by a child."""
import asyncio
import sys
import threading

import uvloop

from field import run_child


def start():
    loop = uvloop.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


def ask(loop):
    return asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop or start()).result()


if __name__ == "__main__":
    loop = start()
    ask(loop)
    sys.exit(run_child(ask, None if sys.argv[1] == "anew" else loop))
