"""A parent that loses patience (after five seconds), with status 42 where the child hung."""
import multiprocessing.connection
import os
import signal

HUNG = 42


def reap(pid, patience=5):
    gone = os.pidfd_open(pid)
    if not multiprocessing.connection.wait([gone], timeout=patience):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return HUNG
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if status >= 0 else 128 - status
