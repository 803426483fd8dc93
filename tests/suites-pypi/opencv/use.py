"""OpenCV: an image is blurred by its threads in the parent, then in a child."""
import sys

import cv2
import numpy

from field import run_child


def blur():
    image = numpy.zeros((2000, 2000, 3), numpy.uint8)
    return cv2.GaussianBlur(image, (31, 31), 0).mean()


if __name__ == "__main__":
    cv2.setNumThreads(4)
    blur()
    sys.exit(run_child(blur))
