"""gRPC: a call is under way in a thread when multiprocessing starts a child that makes one too.

The child opens a channel of its own. The argument is the start method: fork or spawn.
"""
import multiprocessing
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

# A hang that is only suspected is reported after ten seconds.
PATIENCE = 20

entered = threading.Event()
leave = threading.Event()


def answer(request, context):
    if request == b"wait":
        entered.set()
        leave.wait()
    return request


def serve():
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    handler = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("Echo", {"Say": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def call(address, request):
    with grpc.insecure_channel(address) as channel:
        if channel.unary_unary("/Echo/Say")(request) != request:
            sys.exit(1)


if __name__ == "__main__":
    server, address = serve()
    waiting = threading.Thread(target=call, args=[address, b"wait"], name="caller")
    waiting.start()
    entered.wait()
    process = multiprocessing.get_context(sys.argv[1]).Process(target=call, args=[address, b"hello"])
    process.start()
    status = reap(process.pid, PATIENCE)
    leave.set()
    waiting.join()
    server.stop(None)
    sys.exit(status)
