"""faiss: an index is searched by OpenMP's threads in the parent, then in a child."""
import sys

import faiss
import numpy

from field import run_child


def search():
    vectors = numpy.random.RandomState(1).rand(5000, 64).astype("float32")
    index = faiss.IndexFlatL2(64)
    index.add(vectors)
    index.search(vectors[:500], 5)


if __name__ == "__main__":
    faiss.omp_set_num_threads(4)
    search()
    sys.exit(run_child(search))
