"""scan-client.py FORKCHECK PROGRAM: scans until its children have the verdicts that they must
have, and prints these; nobody of them may be suspected meanwhile who does not hang."""
import json
import os
import signal
import subprocess
import sys
import time

EXPECTED = {
    "first": ("at rest", "futex"),
    "hung": ("suspected", "futex"),
    "limit": ("at rest", "futex"),
    "shared": ("at rest", "futex"),
    "bytes": ("at rest", "read"),
    "event": ("at rest", "epoll_wait epoll_pwait"),
    "thread": ("at rest", "futex"),
    "anew": ("at rest", "futex"),
    "orphan": ("unknown", "futex"),
}
PATIENCE = 30

forkcheck, program = sys.argv[1:]


def start(*arguments):
    """The program, and its children's numbers by their names."""
    process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True,
                               start_new_session=True)
    children = {}
    for line in process.stdout:
        if line == "ready\n":
            break
        name, pid = line.split()
        children[name] = int(pid)
    return process, children


def scan():
    text = subprocess.run([forkcheck, "scan", "--format=json"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    report = json.loads(text)
    assert report["schema"] == "forkcheck-scan/1", report
    assert report["candidates"] == len(report["processes"]) == sum(report["verdicts"].values())
    return {process["pid"]: process for process in report["processes"]}


def is_expected(name, process):
    verdict, calls = EXPECTED[name]
    return process and process["verdict"] == verdict and process["waiting_in"]["call"] in calls


def check_once(children):
    """Whether all are as they must be, and what they are."""
    seen = scan()
    found = {name: seen.get(pid) for name, pid in children.items()}
    for name, process in found.items():
        assert name == "hung" or not process or process["verdict"] != "suspected", (name, process)
    return all(is_expected(name, process) for name, process in found.items()), found


process, children = start()
orphan, orphans = start("orphan")
orphan.wait()
children.update(orphans)
try:
    limit = time.monotonic() + PATIENCE
    good, found = check_once(children)
    while not good and time.monotonic() < limit:
        good, found = check_once(children)
    for name, shown in found.items():
        if not is_expected(name, shown):
            print(name, shown)
    hung = found["hung"]
    print(sorted(children) == sorted(EXPECTED), hung["ppid"] == process.pid,
          [thread["count"] for thread in hung["missing_threads"]])
    lines = [line for line in subprocess.run([forkcheck, "scan"], stdout=subprocess.PIPE,
                                             check=True).stdout.split(b"\n")
             if b"suspected scanned[" in line]
    print(len(lines), b"[%d]" % children["hung"] in lines[0], b"\x1b" in lines[0])
    for arguments in sys.stdin.read().splitlines():
        status = subprocess.run([forkcheck, *arguments.split()], stdout=subprocess.PIPE).returncode
        print(arguments, status)
finally:
    process.kill()
    os.kill(children["orphan"], signal.SIGKILL)
