"""An HTTP server in a process of its own, for libraries that send what they are told.

Every request is answered, and written to the file "requests". A member may have another server.
"""
import gzip
import http.server
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        with open("requests", "ab") as file:
            file.write(self.path.encode() + b" " + body + b"\n")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("ETag", '"tag"')
        answer = b"" if self.command == "PUT" else b"{}"
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_POST

    def log_message(self, *_):
        pass


def start(arguments=(HERE,)):
    """Its port, which it writes. It ends with the process that started it: its input is closed."""
    server = subprocess.Popen([sys.executable, *arguments], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    start.server = server
    return int(server.stdout.readline())


def has_got(text, patience=3):
    """Whether it arrives in that time."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        requests = Path("requests")
        if requests.exists() and text in requests.read_text(errors="replace"):
            return True
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    import threading
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
