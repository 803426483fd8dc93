"""What the Python case programs share. A parent gives its child far
more time than a proof takes.

The lines that a report must show are marked with a comment in capitals at their end.
"""

import os
import select
import signal

HUNG = 42
PATIENCE = 15


def reap(child):
    """The child's exit status, 128 + its signal, or HUNG."""
    ended = os.pidfd_open(child)
    hung = not select.select([ended], [], [], PATIENCE)[0]
    if hung:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if hung:
        return HUNG
    return code if code >= 0 else 128 - code


def run_in_child(function, *arguments):
    """Forks, calls the function in the child, and returns how the child ended."""
    child = os.fork()  # FORK
    if child == 0:
        function(*arguments)  # IN_CHILD
        os._exit(0)
    return reap(child)
