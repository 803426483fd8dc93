"""python-loop.py: a package with an event loop in a thread, which it makes anew in every process
that it finds itself in. A child waits for its own loop, and that for an answer of three
seconds; the same package started a thread that the child lacks."""

import multiprocessing
import pathlib
import socket
import sys
import tempfile
import time

PACKAGE = '''
import asyncio
import os
import threading

loops = {}


def find_loop():
    if os.getpid() not in loops:
        loops[os.getpid()] = asyncio.new_event_loop()
        threading.Thread(target=loops[os.getpid()].run_forever, daemon=True).start()
    return loops[os.getpid()]


def run(work):
    done, results = threading.Event(), []

    async def keep():
        results.append(await work)
        done.set()

    asyncio.run_coroutine_threadsafe(keep(), find_loop())
    done.wait()
    return results[0]


async def ask(port):
    reader, _ = await asyncio.open_connection("127.0.0.1", port)
    return await reader.read(1)


async def answer():
    return b"x"
'''


def child(port):
    sys.exit(background.run(background.ask(port)) != b"x")


def main():
    background.run(background.answer())
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = multiprocessing.get_context("fork").Process(
            target=child, args=(server.getsockname()[1],))
        process.start()
        connection, _ = server.accept()
        time.sleep(3)
        connection.send(b"x")
        process.join()
    return process.exitcode


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        packages = pathlib.Path(folder, "site-packages")
        (packages / "background").mkdir(parents=True)
        (packages / "background" / "__init__.py").write_text(PACKAGE)
        sys.path.insert(0, str(packages))
        import background
        sys.exit(main())
