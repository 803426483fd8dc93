"""servers.py KIND [CERTIFICATE KEY]: stands in for a server, on a port of its own, which it prints.

KIND http answers every GET, and keeps the connection; with a certificate it speaks TLS. `s3` answers
that there are no buckets. `mongo` answers hello, ping and what else a client says at first. `grpc`
answers each call with what it was called with.
"""

import http.server
import socketserver
import ssl
import struct
import sys

BUCKETS = (b'<?xml version="1.0" encoding="UTF-8"?><ListAllMyBucketsResult><Owner><ID>1</ID>'
           b"<DisplayName>suite</DisplayName></Owner><Buckets/></ListAllMyBucketsResult>")


class Http(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body = b"answer"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.send_header("Content-Type", "application/xml")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


class S3(Http):
    body = BUCKETS


class Mongo(socketserver.StreamRequestHandler):
    """Each message has its length, its number, that of the one it answers, and its kind."""

    QUERY, REPLY, MESSAGE = 2004, 1, 2013

    def handle(self):
        while head := self.rfile.read(16):
            length, number, _, kind = struct.unpack("<iiii", head)
            self.rfile.read(length - 16)
            self.answer(number, kind)

    def answer(self, number, kind):
        import bson
        document = bson.encode({
            "ok": 1.0, "ismaster": True, "isWritablePrimary": True, "helloOk": True,
            "maxBsonObjectSize": 16777216, "maxMessageSizeBytes": 48000000,
            "maxWriteBatchSize": 100000, "minWireVersion": 0, "maxWireVersion": 17})
        if kind == self.QUERY:
            kind, body = self.REPLY, struct.pack("<iqii", 8, 0, 0, 1) + document
        else:
            body = struct.pack("<iB", 0, 0) + document
        self.wfile.write(struct.pack("<iiii", 16 + len(body), 1, number, kind) + body)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a connection that two processes used


def serve(handler, pair):
    server = Server(("127.0.0.1", 0), handler)
    if pair:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def serve_grpc():
    import grpc
    from concurrent import futures

    class Echo(grpc.GenericRpcHandler):
        def service(self, _):
            return grpc.unary_unary_rpc_method_handler(lambda request, _: request)

    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


def main():
    kind, *pair = sys.argv[1:]
    if kind == "grpc":
        serve_grpc()
    else:
        serve({"http": Http, "s3": S3, "mongo": Mongo}[kind], pair)


main()
