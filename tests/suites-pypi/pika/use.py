"""pika: a connection publishes for the parent, then for a child. The server is a stand-in."""
import socketserver
import sys
import threading

import pika
from pika import frame, spec

import server
from field import run_child

CHANNEL_MAX, FRAME_MAX = 10, 131072


class Broker(socketserver.StreamRequestHandler):
    """It agrees to what a client asks for that confirms what it publishes."""

    def send(self, number, method):
        self.wfile.write(frame.Method(number, method).marshal())

    def answer(self, number, method):
        if isinstance(method, spec.Connection.StartOk):
            self.send(0, spec.Connection.Tune(CHANNEL_MAX, FRAME_MAX, 0))
        elif isinstance(method, spec.Basic.Publish):
            self.published += 1
            self.send(number, spec.Basic.Ack(self.published))
        elif isinstance(method, spec.Connection.Open):
            self.send(0, spec.Connection.OpenOk())
        elif method.synchronous:
            self.send(number, {spec.Channel.Open: spec.Channel.OpenOk,
                               spec.Channel.Close: spec.Channel.CloseOk,
                               spec.Confirm.Select: spec.Confirm.SelectOk,
                               spec.Connection.Close: spec.Connection.CloseOk}[type(method)]())

    def handle(self):
        self.published = 0
        self.rfile.read(8)
        able = {"capabilities": {"publisher_confirms": True, "basic.nack": True}}
        self.send(0, spec.Connection.Start(server_properties=able, mechanisms="PLAIN"))
        data = b""
        while received := self.rfile.read1():
            data += received
            used, value = frame.decode_frame(data)
            while used:
                if isinstance(value, frame.Method):
                    self.answer(value.channel_number, value.method)
                data = data[used:]
                used, value = frame.decode_frame(data)


def serve():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Broker)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


def connect(port):
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port))
    channel = connection.channel()
    channel.confirm_delivery()
    return connection, channel


def publish(channel):
    channel.basic_publish("", "queue", b"message")


def publish_anew(port):
    connection, channel = connect(port)
    publish(channel)
    connection.close()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        sys.exit(serve())
    port = server.start([__file__, "serve"])
    connection, channel = connect(port)
    publish(channel)
    if sys.argv[1] == "anew":
        status = run_child(publish_anew, port)
    else:
        status = run_child(publish, channel)
    connection.close()
    sys.exit(status)
