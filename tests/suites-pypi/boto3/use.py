"""boto3: a client's connection is used in the parent, then in a child."""
import sys

import boto3

import server
from field import run_child


def new_client(port):
    return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="r",
                        aws_access_key_id="a", aws_secret_access_key="s")


def put(port, client):
    (client or new_client(port)).put_object(Bucket="bucket", Key="key", Body=b"body")


if __name__ == "__main__":
    port = server.start()
    client = new_client(port)
    put(port, client)
    sys.exit(run_child(put, port, None if sys.argv[1] == "anew" else client))
