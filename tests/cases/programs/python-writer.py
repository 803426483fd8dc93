"""python-writer.py: a thread of a child fills a pipe whose reader waits for the child's end."""
import os
import threading


def fill(descriptor):
    os.write(descriptor, b"x" * 1000000)  # WRITE


def main():
    here, there = os.pipe()
    child = os.fork()  # FORK
    if child == 0:
        writer = threading.Thread(target=fill, args=(there,))
        writer.start()
        writer.join()
        os._exit(0)
    status = os.waitpid(child, 0)[1]  # JOIN
    os._exit(128 + status if status else 0)


main()
