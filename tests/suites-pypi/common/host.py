"""A host in a process of its own: it is started, its workers are asked, it is stopped."""
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import frame
from field import PATIENCE
from reap import HUNG


@contextlib.contextmanager
def started(*arguments, log="log"):
    """Its process. It is told to end, and is killed where it cannot."""
    with open(log, "w") as output:
        process = subprocess.Popen([sys.executable, *arguments], stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        stop(process)


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        for pid in [process.pid, *descendants(process.pid)]:
            os.kill(pid, signal.SIGKILL)
        process.wait()


def descendants(pid):
    """Those of them, too, that have a process group of their own."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += [int(child), *descendants(child)]
    return found


@contextlib.contextmanager
def redis():
    """Its address."""
    path = Path("redis.sock").resolve()
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", ""],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_for(path)
        yield f"unix://{path}"
    finally:
        server.terminate()
        server.wait()


def wait_for(path, patience=60):
    until = time.monotonic() + patience
    while not path.exists():
        if time.monotonic() > until:
            sys.exit(f"there is no {path}")
        time.sleep(0.05)


def request(path):
    """The status for what an HTTP server answers at that socket."""
    wait_for(Path(path))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(path)
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        try:
            answer = b"".join(iter(lambda: connection.recv(1024), b""))
        except TimeoutError:
            return HUNG
        except ConnectionError:
            return 1
    return int(not answer.endswith(str(frame.POSITIVE).encode()))


def prepare_answers():
    os.mkfifo("answers")


def await_answer(patience=PATIENCE):
    """The status for what frame.answer() says."""
    answers = os.open("answers", os.O_RDWR | os.O_NONBLOCK)
    if not select.select([answers], [], [], patience)[0]:
        return HUNG
    return int(os.read(answers, 100) != b"%d\n" % frame.POSITIVE)
