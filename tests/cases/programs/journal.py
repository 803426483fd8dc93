"""journal.py LIBRARY [released]: multiprocessing forks while a thread is inside a C library."""

import ctypes
import multiprocessing
import sys
import threading

HUNG = 42


def main():
    library = ctypes.CDLL(sys.argv[1])
    released = sys.argv[2:] == ["released"]
    library.journal_open()
    keeper = threading.Thread(target=library.journal_keep)
    keeper.start()
    library.journal_await()
    if released:
        library.journal_let_go()
        keeper.join()
    child = multiprocessing.get_context("fork").Process(target=library.journal_write)
    child.start()
    child.join(5)
    status = HUNG
    if child.exitcode is not None:
        status = child.exitcode if child.exitcode >= 0 else 128 - child.exitcode
    child.kill()
    child.join()
    if not released:
        library.journal_let_go()
        keeper.join()
    return status


sys.exit(main())
