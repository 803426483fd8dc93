"""python-import.py [unused]: a module starts a pool of threads when it is imported; a child uses it."""

import sys

import case
import preloaded  # IMPORT


def use():
    preloaded.executor.submit(int).result()  # USE


def main():
    if sys.argv[1:] == ["unused"]:
        return case.run_in_child(int)
    return case.run_in_child(use)  # CALL


sys.exit(main())
