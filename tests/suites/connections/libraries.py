"""What use.py connects to, and by what: a class for each library, with its server, which is ready
when it has said so.
"""

import ctypes
import socket
import subprocess
import sys
from pathlib import Path

FOLDER = Path.cwd()
STAND_INS = Path(__file__).with_name("servers.py")
CERTIFICATE, KEY = FOLDER / "certificate.pem", FOLDER / "key.pem"


class Server:
    """One that says on its standard output, or error, that it is ready."""

    def __init__(self, *command, ready=""):
        self.process = subprocess.Popen([str(word) for word in command], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.line = self.process.stdout.readline()
        while self.line and ready not in self.line:
            self.line = self.process.stdout.readline()
        if not self.line:
            sys.exit(f"{command[0]} does not start")
        self.line = self.line.strip()

    def stop(self):
        self.process.terminate()
        self.process.stdout.read()
        self.process.wait()


def make_certificate():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-out", CERTIFICATE, "-keyout", KEY], check=True, stderr=subprocess.DEVNULL)


# --- databases ---------------------------------------------------------------------------------


class MySqlClient:
    def __init__(self):
        self.socket = FOLDER / "mariadb.sock"
        data = FOLDER / "data"
        data.mkdir()
        self.server = Server("mariadbd", "--no-defaults", f"--datadir={data}", "--user=root",
                             f"--socket={self.socket}", "--skip-networking", "--skip-innodb",
                             "--default-storage-engine=MyISAM", "--skip-grant-tables",
                             ready="ready for connections")

    def connect(self):
        import MySQLdb
        return MySQLdb.connect(unix_socket=str(self.socket))

    def ask(self, connection):
        with connection.cursor() as cursor:
            cursor.execute("select 6 * 7")
            assert cursor.fetchall() == ((42,),)


class PyMySql(MySqlClient):
    def connect(self):
        import pymysql
        return pymysql.connect(unix_socket=str(self.socket))


class Psycopg2:
    mode = "disable"

    def __init__(self):
        data = FOLDER / "cluster"
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        subprocess.run([programs / "initdb", "-D", data, "-U", "suite", "-A", "trust", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL)
        self.server = Server(programs / "postgres", "-D", data, "-p", self.port,
                             "-c", f"unix_socket_directories={FOLDER}", *self.more_options(),
                             ready="ready to accept connections")

    def more_options(self):
        return []

    def options(self):
        return {"host": "127.0.0.1", "port": self.port, "user": "suite", "dbname": "postgres",
                "sslmode": self.mode, "sslcert": FOLDER / "none"}

    def connect(self):
        import psycopg2
        connection = psycopg2.connect(**self.options())
        connection.autocommit = True
        return connection

    def ask(self, connection):
        with connection.cursor() as cursor:
            cursor.execute("select 6 * 7")
            assert cursor.fetchall() == [(42,)]


class Psycopg2Tls(Psycopg2):
    mode = "require"

    def more_options(self):
        make_certificate()
        return ["-c", "ssl=on", "-c", f"ssl_cert_file={CERTIFICATE}", "-c", f"ssl_key_file={KEY}"]


class Psycopg(Psycopg2):
    def connect(self):
        import psycopg
        return psycopg.connect(**self.options(), autocommit=True)


class Redis:
    def __init__(self):
        self.socket = FOLDER / "redis.sock"
        self.server = Server("redis-server", "--port", 0, "--unixsocket", self.socket, "--save", "",
                             ready="ready to accept connections at")

    def connect(self):
        import redis
        return redis.Redis(unix_socket_path=str(self.socket), single_connection_client=True)

    def ask(self, connection):
        assert connection.ping()


class RedisPool(Redis):
    """Its connections belong to the process that made them."""

    def connect(self):
        import redis
        return redis.Redis(unix_socket_path=str(self.socket))


class StandIn:
    """One whose server is here."""

    kind = "http"

    def __init__(self):
        self.server = Server(sys.executable, STAND_INS, self.kind, *self.more_arguments())
        self.port = int(self.server.line)

    def more_arguments(self):
        return []


class PyMongo(StandIn):
    kind = "mongo"

    def connect(self):
        import pymongo
        return pymongo.MongoClient("127.0.0.1", self.port)

    def ask(self, connection):
        assert connection.admin.command("ping")["ok"] == 1


# --- HTTP --------------------------------------------------------------------------------------


class Requests(StandIn):
    def connect(self):
        import requests
        return requests.Session()

    def ask(self, connection):
        assert connection.get(f"http://127.0.0.1:{self.port}/").text == "answer"


class RequestsTls(StandIn):
    def more_arguments(self):
        make_certificate()
        return [CERTIFICATE, KEY]

    def connect(self):
        import requests
        session = requests.Session()
        session.trust_env = False  # it may name other certificates
        session.verify = str(CERTIFICATE)
        return session

    def ask(self, connection):
        assert connection.get(f"https://127.0.0.1:{self.port}/").text == "answer"


class Boto3(StandIn):
    kind = "s3"

    def connect(self):
        import boto3
        return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{self.port}",
                            region_name="here", aws_access_key_id="a",
                            aws_secret_access_key="b")

    def ask(self, connection):
        assert connection.list_buckets()["Buckets"] == []


class Grpc(StandIn):
    kind = "grpc"

    def connect(self):
        import grpc
        return grpc.insecure_channel(f"127.0.0.1:{self.port}")

    def ask(self, connection):
        assert connection.unary_unary("/suite/echo")(b"x", timeout=5) == b"x"


# --- the desktop -------------------------------------------------------------------------------


class LibX11:
    def __init__(self):
        self.server = Server("Xvfb", "-displayfd", 1, "-nolisten", "tcp", "-screen", 0,
                             "64x64x24")
        self.display = f":{self.server.line}"
        self.library = ctypes.CDLL("libX11.so.6")
        self.library.XOpenDisplay.restype = ctypes.c_void_p

    def connect(self):
        connection = self.library.XOpenDisplay(self.display.encode())
        assert connection
        return ctypes.c_void_p(connection)

    def ask(self, connection):
        assert self.library.XSync(connection, 0)


class PythonXlib(LibX11):
    def connect(self):
        from Xlib import display
        return display.Display(self.display)

    def ask(self, connection):
        connection.sync()


class LibDbus:
    def __init__(self):
        self.server = Server("dbus-daemon", "--session", "--nofork", "--print-address",
                             f"--address=unix:path={FOLDER}/bus")

    def connect(self):
        import dbus.bus
        return dbus.bus.BusConnection(self.server.line)

    def ask(self, connection):
        assert connection.get_name_owner("org.freedesktop.DBus")


TABLE = {
    "mysqlclient": MySqlClient,
    "pymysql": PyMySql,
    "psycopg2": Psycopg2,
    "psycopg2-tls": Psycopg2Tls,
    "psycopg": Psycopg,
    "redis": Redis,
    "redis-pool": RedisPool,
    "pymongo": PyMongo,
    "requests": Requests,
    "requests-tls": RequestsTls,
    "boto3": Boto3,
    "grpc": Grpc,
    "libx11": LibX11,
    "python-xlib": PythonXlib,
    "libdbus": LibDbus,
}
