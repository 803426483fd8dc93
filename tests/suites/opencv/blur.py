"""OpenCV busy in threads while children are made: one that computes, and programs."""
import multiprocessing
import os
import subprocess
import sys
import threading

import cv2
import numpy

image = numpy.arange(300 * 300 * 3, dtype=numpy.uint8).reshape(300, 300, 3)
done = threading.Event()


def blur():
    while not done.is_set():
        cv2.GaussianBlur(image, (9, 9), 0)
        cv2.resize(image, (600, 600))


def add(number):
    return sum(range(number))


if __name__ == "__main__":
    threads = [threading.Thread(target=blur) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(20):
        answer = subprocess.run(["echo", str(number)], stdout=subprocess.PIPE, text=True).stdout
        child = os.fork()
        if child == 0:
            os._exit(add(number) % 251)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if int(answer) != number or status != add(number) % 251:
            sys.exit(f"round {number}")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(add, range(20)))
    done.set()
    for thread in threads:
        thread.join()
