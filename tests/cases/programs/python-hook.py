"""
python-hook.py MODE: a hook of os.register_at_fork() waits for a lock: the thread that forks has
it (own), or another, which waits for what the forking one has (other). slow: that one gives it
back. released: nobody has it. spawned: subprocess, which runs no hooks.
"""
import os
import subprocess
import sys
import threading
import time

guard = threading.Lock()
needed = threading.Lock()
is_taken = threading.Event()


def wait_for_worker():
    guard.acquire()  # ACQUIRE


def release():
    guard.release()


def hold():
    with guard:
        is_taken.set()
        needed.acquire()  # NEED


def be_slow():
    with guard:
        is_taken.set()
        time.sleep(1.5)


def start_helper():
    child = os.fork()  # FORK
    if child == 0:
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main():
    mode = sys.argv[1]
    os.register_at_fork(before=wait_for_worker, after_in_parent=release, after_in_child=release)
    if mode in ("own", "spawned"):
        guard.acquire()
    elif mode in ("other", "slow"):
        needed.acquire()
        threading.Thread(target=hold if mode == "other" else be_slow, daemon=True).start()
        is_taken.wait()
    if mode == "spawned":
        return subprocess.run(["true"]).returncode
    return start_helper()  # CALL


sys.exit(main())
