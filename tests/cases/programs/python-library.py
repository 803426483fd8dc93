"""python-library.py LIBRARY [released]: a C library's mutex, held by a thread of Python's."""

import ctypes
import sys
import threading

import case


def keep(library):
    library.journal_keep()  # KEEPING


def write(library):
    library.journal_write()  # WRITING


def main():
    library = ctypes.CDLL(sys.argv[1])
    library.journal_open()
    keeper = threading.Thread(target=keep, args=(library,))
    keeper.start()  # START
    library.journal_await()
    if sys.argv[2:] == ["released"]:
        library.journal_let_go()
        keeper.join()
        return case.run_in_child(write, library)
    status = case.run_in_child(write, library)  # CALL
    library.journal_let_go()
    keeper.join()
    return status


sys.exit(main())
