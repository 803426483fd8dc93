"""PyAV: a film is written with an encoder's threads in the parent, and decoded in a child."""
import sys

import av
import numpy

from field import run_child


def encode(name):
    with av.open(name, "w") as film:
        stream = film.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.thread_count = 4
        for _ in range(24):
            image = numpy.zeros((240, 320, 3), numpy.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        film.mux(stream.encode())


if __name__ == "__main__":
    encode("parent.mp4")
    sys.exit(run_child(encode, "child.mp4"))
