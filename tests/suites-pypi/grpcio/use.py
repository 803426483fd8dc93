"""gRPC: a channel is used by a call in the parent, then in a child. The server is elsewhere."""
import os
import subprocess
import sys
from concurrent import futures

os.environ["GRPC_VERBOSITY"] = "NONE"
import grpc

from field import run_child


def serve():
    handler = grpc.unary_unary_rpc_method_handler(lambda request, _: request)
    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("echo", {"Echo": handler})])
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(None)


def call(port, channel):
    channel = channel or grpc.insecure_channel(f"127.0.0.1:{port}")
    channel.unary_unary("/echo/Echo")(b"hello", timeout=30)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        sys.exit(serve())
    server = subprocess.Popen([sys.executable, __file__, "serve"], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    port = int(server.stdout.readline())
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    call(port, channel)
    status = run_child(call, port, None if sys.argv[1] == "spawn" else channel)
    server.communicate()
    sys.exit(status)
