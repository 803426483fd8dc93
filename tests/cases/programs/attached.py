"""attached.py FORKCHECK OPTION... -- PROGRAM ARGUMENT...

Runs a program without forkcheck, and `forkcheck attach` beside it: once a descendant of it stands
still in futex waits alone, or, where it ends before, while it has some. The program is ended then.
Exit status: that of forkcheck where it found something, or had something hung to look at; else the
program's. With --last as an option it is the youngest descendant, which may stand still in any
call. With --alike each child of the tree must be said to hang, whichever of them the finding is
about, and each task be there once; else it is 3.
"""

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 12  # seconds; a case program ends its child after 15
BETWEEN = 0.1  # between two looks


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def children(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in read(f"/proc/{pid}/task/{task}/children").split():
                found += [int(child)] + children(int(child))
    except OSError:
        pass
    return found


def waits(pid, any_call):
    """What its tasks wait in, and how often they ran; None: one waits for something else."""
    calls = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return None
    for task in tasks:
        call = read(f"/proc/{pid}/task/{task}/syscall")
        ran = re.findall(r"ctxt_switches:\t(\d+)", read(f"/proc/{pid}/task/{task}/status"))
        is_futex = call.startswith(("202 ", "98 ")) and call.split()[4] == "0x0"
        if not is_futex and not (any_call and call[:1].isdigit()):
            return None
        calls.append((task, call, ran))
    return sorted(calls)


def youngest(program):
    """That the program waits for; none before."""
    if not read(f"/proc/{program.pid}/syscall").startswith(("61 ", "260 ")):
        return []
    return sorted(children(os.getpid()))[-1:]


def find_hung(program, last):
    before = {}
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        program.poll()
        for pid in youngest(program) if last else children(os.getpid()):
            now = waits(pid, last)
            if now and before.get(pid) == now:
                return pid
            before[pid] = now
        time.sleep(BETWEEN)
    return 0


def attach(forkcheck, options, pid):
    command = [forkcheck, "attach", *options, str(pid)]
    return subprocess.run(command, stdin=subprocess.DEVNULL).returncode


def all_hang(forkcheck, pid):
    command = [forkcheck, "attach", "--tree", "--format=json", "-o", "/dev/stdout", str(pid)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    attached = json.loads(done.stdout)["attached"]
    verdicts = [each["verdict"] for each in attached if each["parent"]["forked_it"]]
    tasks = [task["tid"] for each in attached for task in each["tasks"]]
    print(verdicts, tasks, file=sys.stderr)
    return len(verdicts) > 1 and set(verdicts) == {"hung"} and len(tasks) == len(set(tasks))


def main():
    # Orphans are to be found, too.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    forkcheck, *rest = sys.argv[1:]
    end = rest.index("--")
    options, command = rest[:end], rest[end + 1:]
    calm = "--calm" in options
    alike = "--alike" in options
    last = "--last" in options
    options = [each for each in options if each not in ("--calm", "--alike", "--last")]
    program = subprocess.Popen(command, start_new_session=True)
    if calm:
        status = attach(forkcheck, [*options, "--tree"], program.pid)
        own = program.wait()
        sys.exit(status if status else own)
    hung = find_hung(program, last)
    status = attach(forkcheck, options, hung) if hung else 2
    if hung and alike and not all_hang(forkcheck, hung):
        status = 3
    try:
        os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    program.wait()
    sys.exit(status)


main()
