"""use.py LIBRARY HOW...

Starts a server. For each HOW it connects to it by a library, asks, and forks; the parent asks
again, then the child does what HOW says: `both` asks by the parent's connection, too; `anew` asks by one that it
makes itself; `closes` closes what the parent has, and no more; `farewell` has the library do so,
which tells the server. In the end the parent asks once more, where the connection is its own.
"""

import os
import sys
import traceback

import libraries


def sockets():
    """The descriptors that lead to one."""
    links = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            links[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            pass  # that of the folder itself
    return {number for number, link in links.items() if link.startswith("socket:")}


def ask_anyhow(library, connection):
    try:
        library.ask(connection)
    except Exception as problem:  # each library has its own
        print("forsaken:", type(problem).__name__, file=sys.stderr)


def act(library, connection, made, how):
    if how == "both":
        ask_anyhow(library, connection)
    elif how == "anew":
        library.ask(library.connect())
    elif how == "closes":
        for number in made & sockets():
            os.close(number)
    elif how == "farewell":
        connection.close()


def be_child(*what):
    """The server is the parent's to end."""
    try:
        act(*what)
        os._exit(0)
    finally:
        traceback.print_exc()
        os._exit(1)


def use(library, how):
    ready, go = os.pipe()
    before = sockets()
    connection = library.connect()
    library.ask(connection)
    made = sockets() - before
    child = os.fork()
    if child == 0:
        os.close(go)
        os.read(ready, 1)  # until the parent has asked
        be_child(library, connection, made, how)
    library.ask(connection)
    os.close(go)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if how in ("anew", "closes"):
        library.ask(connection)
        if status:
            sys.exit(f"the child ends with {status}")


def main():
    name, *hows = sys.argv[1:]
    library = libraries.TABLE[name]()
    try:
        for how in hows:
            use(library, how)
    finally:
        library.server.stop()
    print("done", flush=True)
    os._exit(0)


main()
