"""python-executor.py [again]: a ThreadPoolExecutor of the parent, used in a child."""

import sys
from concurrent.futures import ThreadPoolExecutor

import case


def square(number):
    return number * number


def ask(executor):
    return executor.submit(square, 3).result()  # RESULT


def make_and_ask():
    with ThreadPoolExecutor(1) as executor:
        ask(executor)


def main():
    executor = ThreadPoolExecutor(1, thread_name_prefix="squares")
    ask(executor)  # FIRST
    if sys.argv[1:] == ["again"]:
        return case.run_in_child(make_and_ask)
    return case.run_in_child(ask, executor)  # CALL


sys.exit(main())
