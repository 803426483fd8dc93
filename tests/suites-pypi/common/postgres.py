"""A PostgreSQL server on a socket."""
import contextlib
import glob
import os
import shutil
import subprocess
import tempfile


def as_nobody():
    """It does not run as root."""
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    return command if os.getuid() == 0 else []


@contextlib.contextmanager
def server():
    """The folder of its socket."""
    tools = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    data = tempfile.mkdtemp(prefix="forkcheck-postgres.")
    if os.getuid() == 0:
        os.chown(data, 65534, 65534)
    options = f"-c listen_addresses= -c unix_socket_directories={data}"

    def run(tool, *arguments):
        subprocess.run([*as_nobody(), f"{tools}/{tool}", *arguments], check=True, cwd=data,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    run("initdb", "-D", f"{data}/data", "-U", "user", "-A", "trust", "--no-sync")
    run("pg_ctl", "-D", f"{data}/data", "-l", f"{data}/log", "-o", options, "-w", "start")
    try:
        yield data
    finally:
        run("pg_ctl", "-D", f"{data}/data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(data)
