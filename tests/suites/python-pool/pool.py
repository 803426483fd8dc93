"""multiprocessing.Pool that renews its workers: it forks from a process with threads, safely."""
import multiprocessing
import sys


def square(number):
    return number * number


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with context.Pool(4, maxtasksperchild=1) as pool:
        squares = pool.map(square, range(40), chunksize=1)
    sys.exit(squares != [square(number) for number in range(40)])
