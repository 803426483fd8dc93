"""Chroma: a collection is asked by its threads in the parent, then in a child."""
import sys

import chromadb

from field import run_child


def ask(client):
    client = client or chromadb.PersistentClient("database")
    collection = client.get_or_create_collection("texts", embedding_function=None)
    return collection.query(query_embeddings=[[1.0, 2.0]], n_results=1)


if __name__ == "__main__":
    client = chromadb.PersistentClient("database")
    collection = client.get_or_create_collection("texts", embedding_function=None)
    collection.add(ids=["1", "2"], embeddings=[[1.0, 2.0], [3.0, 4.0]])
    ask(client)
    sys.exit(run_child(ask, None if sys.argv[1] == "spawn" else client))
