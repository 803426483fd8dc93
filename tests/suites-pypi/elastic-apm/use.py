"""Elastic APM: a message is sent by its transport thread in the parent, then in a child."""
import sys

import elasticapm

import server
from field import LOST, run_child


def tell(client, text):
    client.capture_message(text)
    client.close()


if __name__ == "__main__":
    client = elasticapm.Client(service_name="service", cloud_provider="none",
                               api_request_time="100ms", central_config="false",
                               server_url=f"http://127.0.0.1:{server.start()}")
    client.capture_message("of the parent")
    server.has_got("of the parent")
    status = run_child(tell, client, "of the child")
    sys.exit(status or (0 if server.has_got("of the child") else LOST))
