"""python-connections.py WHAT HOW: a connection of Python's that a fork gives to parent and child"""
import http.client
import http.server
import os
import selectors
import socket
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def start_server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pid = os.fork()
    if pid == 0:
        server.serve_forever()
    server.socket.close()
    return pid, server.server_address


def reap(pid):
    if os.waitpid(pid, 0)[1] != 0:
        sys.exit("the child failed")


def get(connection):
    connection.request("GET", "/")  # REQUEST
    if connection.getresponse().read() != b"ok":  # RESPONSE
        sys.exit("no answer")


def http_client(address, how):
    connection = http.client.HTTPConnection(*address)
    connection.connect()  # CONNECT
    get(connection)
    pid = os.fork()  # FORK
    if pid == 0:
        if how == "anew":
            connection.close()
        if how == "kept":
            inherited = connection
            connection = http.client.HTTPConnection(*address)
        if how != "idle":
            get(connection)  # IN_CHILD
        os._exit(0)
    reap(pid)
    get(connection)  # IN_PARENT


def ask(connection):
    connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    data = b""
    while not data.endswith(b"ok"):
        data += connection.recv(1000)  # RECEIVE


def raw(address, how):
    connection = socket.create_connection(address)  # CREATE
    pid = os.fork()  # FORK_RAW
    if pid == 0:
        if how == "anew":
            connection.close()
            connection = socket.create_connection(address)
        ask(connection)  # RAW_CHILD
        os._exit(0)
    reap(pid)
    ask(connection)  # RAW_PARENT


def selector(_, how):
    ends = os.pipe()
    os.write(ends[1], b"x")
    chosen = selectors.EpollSelector()  # SELECTOR
    chosen.register(ends[0], selectors.EVENT_READ)
    pid = os.fork()  # FORK_SELECTOR
    if pid == 0:
        if how == "anew":
            chosen.close()
            chosen = selectors.EpollSelector()
            chosen.register(ends[0], selectors.EVENT_READ)
        chosen.select()  # SELECT_CHILD
        os._exit(0)
    reap(pid)
    chosen.select()  # SELECT_PARENT


def main():
    what = {"http": http_client, "raw": raw, "selector": selector}[sys.argv[1]]
    if what is selector:
        what(None, sys.argv[2])
        return
    server, address = start_server()
    try:
        what(address, sys.argv[2])
    finally:
        os.kill(server, 9)
        os.waitpid(server, 0)


main()
