"""boto3's upload: a transfer manager's threads work for the parent, then for a child."""
import sys

import boto3
from boto3.s3.transfer import create_transfer_manager, TransferConfig

import server
from field import run_child


def new_manager(port):
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="r",
                          aws_access_key_id="a", aws_secret_access_key="s")
    return create_transfer_manager(client, TransferConfig())


def upload(port, manager):
    manager = manager or new_manager(port)
    manager.upload(__file__, "bucket", "key").result()


if __name__ == "__main__":
    port = server.start()
    manager = new_manager(port)
    upload(port, manager)
    sys.exit(run_child(upload, port, None if sys.argv[1] == "anew" else manager))
