"""faiss of PyPI, with a libgomp that has a hash in its name: a parallel region in the parent,
then in a child of multiprocessing. Python catches SIGTERM. The argument is the start method.
"""
import multiprocessing
import os
import signal
import sys

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

import faiss
import numpy

faiss.omp_set_num_threads(4)


def search():
    vectors = numpy.random.RandomState(1).rand(5000, 64).astype("float32")
    index = faiss.IndexFlatL2(64)
    index.add(vectors)
    return index.search(vectors[:500], 5)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: None)
    search()
    child = multiprocessing.get_context(sys.argv[1]).Process(target=search)
    child.start()
    sys.exit(reap(child.pid))
