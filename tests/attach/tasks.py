"""Looks at processes through /proc: who descends from this one, and which of them hangs.

Processes whose parent has gone are handed to the caller, who asks for that with adopt(),
so that none is lost. Nothing here stops or signals anybody but end().
"""
import ctypes
import os
import signal
import time

SUBREAPER = 36  # prctl()
# Calls by number, with the place of their time limit: futex, select or pselect6, poll or ppoll,
# epoll_wait or epoll_pwait. Nobody waits in the others for a limited time, but in those that sleep.
CALLS = {
    "x86_64": {"futex": "202", "limits": {"202": 3, "7": 2, "23": 4, "232": 3, "270": 4, "271": 2,
                                          "281": 3}, "sleeps": {"35", "230"}},
    "aarch64": {"futex": "98", "limits": {"98": 3, "72": 4, "73": 2, "22": 3},
                "sleeps": {"101", "115"}},
}[os.uname().machine]
MILLISECONDS = {"7", "232", "281", "22"}  # -1 is no limit; elsewhere NULL is
PRIVATE = 0x80
WAITS = {0, 6, 9, 11, 13}  # WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2
LOOK = 0.05  # seconds between two looks
AT_REST = 0.6  # seconds without a change
ALL_AT_REST = 1.5  # the same for a tree in which nobody waits for a futex


def adopt():
    ctypes.CDLL(None, use_errno=True).prctl(SUBREAPER, 1, 0, 0, 0)


def read(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def children_of(pid):
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    texts = [read(f"/proc/{pid}/task/{tid}/children") for tid in tasks]
    return sorted(int(child) for text in texts for child in text.split())


def descendants_of(pid, depth=1):
    """Pairs of a process and its depth, each before its children."""
    for child in children_of(pid):
        yield child, depth
        yield from descendants_of(child, depth + 1)


def end(whom):
    """Ends all that descends from this process, also what appears meanwhile."""
    while True:
        left = [pid for pid, _ in descendants_of(os.getpid()) if pid not in whom]
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


class Look:
    """What a process was doing at one moment."""

    def __init__(self, pid):
        self.tasks = {}
        try:
            tids = os.listdir(f"/proc/{pid}/task")
        except OSError:
            tids = []
        for tid in tids:
            folder = f"/proc/{pid}/task/{tid}"
            status = read(f"{folder}/status")
            switches = [line for line in status.splitlines() if "ctxt_switches" in line]
            self.tasks[tid] = (read(f"{folder}/syscall").split(), switches)
        self.program = program_of(pid)

    def is_at_rest(self):
        return bool(self.tasks) and all(call and call[0] != "running"
                                        for call, _ in self.tasks.values())

    def futex_waits(self):
        """Pairs (private, unlimited) for each task in a futex wait."""
        for call, _ in self.tasks.values():
            if len(call) > 4 and call[0] == CALLS["futex"] and int(call[2], 16) & 0x7F in WAITS:
                yield bool(int(call[2], 16) & PRIVATE), is_unlimited(call)

    def waits_without_end(self):
        return all(is_unlimited(call) for call, _ in self.tasks.values() if call)


def is_unlimited(call):
    if call[0] in CALLS["sleeps"] or call[0] not in CALLS["limits"]:
        return call[0] not in CALLS["sleeps"]
    limit = int(call[CALLS["limits"][call[0]] + 1], 16)
    return limit & 0xFFFFFFFF == 0xFFFFFFFF if call[0] in MILLISECONDS else limit == 0


def program_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None


def parent_of(pid):
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


class Tree:
    """All that descends from this process, looked at again and again."""

    def __init__(self, apart, first_task_only):
        self.apart = apart  # who belongs to somebody else
        self.first_task_only = first_task_only
        self.looks = {}  # pid: the first of several equal looks, and when it was
        self.depths = {}

    def look(self):
        now = time.monotonic()
        self.depths = {pid: depth for pid, depth in descendants_of(os.getpid())
                       if pid not in self.apart}
        looks = {}
        for pid in self.depths:
            look = Look(pid)
            before, since = self.looks.get(pid, (None, now))
            same = before is not None and self.of_interest(pid, before) == self.of_interest(
                pid, look)
            looks[pid] = (look, since if same else now)
        self.looks = looks

    def of_interest(self, pid, look):
        return look.tasks.get(str(pid)) if self.first_task_only else look.tasks

    def at_rest(self, seconds):
        now = time.monotonic()
        return {pid: look for pid, (look, since) in self.looks.items()
                if look.is_at_rest() and now - since >= seconds}

    def is_fork_child(self, pid):
        program = self.looks[pid][0].program
        parent = self.looks.get(parent_of(pid))
        return program is not None and (parent is None or parent[0].program == program)

    def rank(self, pid, look):
        """Who waits without end for what only its own threads can wake comes first."""
        waits = list(look.futex_waits())
        return ((True, True) in waits, (False, True) in waits, self.depths[pid], pid)

    def hung(self):
        """The deepest fork child at rest in a futex wait without a limit, or None."""
        found = [(self.rank(pid, look), pid) for pid, look in self.at_rest(AT_REST).items()
                 if self.depths[pid] > 1 and self.is_fork_child(pid)
                 and any(unlimited for _, unlimited in look.futex_waits())]
        return max(found)[1] if found else None

    def all_hung(self):
        """The same where no such child is: whoever is left when nothing moves any more.

        Some programs have a child that only guards them: it waits for a limited time.
        """
        found = [(self.depths[pid] > 1 and self.is_fork_child(pid), self.rank(pid, look), pid)
                 for pid, look in self.at_rest(ALL_AT_REST).items()
                 if self.first_task_only or look.waits_without_end()]
        return max(found)[-1] if found else None

    def deepest(self):
        """A fork child, whatever it does."""
        found = [(self.depths[pid], pid) for pid in self.looks
                 if self.depths[pid] > 1 and self.is_fork_child(pid)]
        return max(found)[1] if found else None


def await_hang(process, apart, how, patience):
    """The process that hangs; None: the program ended, or nothing came to rest in time.

    how: "futex"; "first" where only the first task of it comes to rest; or "restless" for one
    that never rests (it spins, or waits in steps): the same fork child for all of ALL_AT_REST.
    """
    tree = Tree(apart, how == "first")
    limit = time.monotonic() + patience
    same, since = None, time.monotonic()
    while time.monotonic() < limit:
        tree.look()
        if not tree.looks or (process.poll() is not None and len(tree.looks) == 0):
            return None
        found = tree.deepest() if how == "restless" else tree.hung() or tree.all_hung()
        if how != "restless" and found:
            return found
        if found != same:
            same, since = found, time.monotonic()
        if found and time.monotonic() - since >= ALL_AT_REST:
            return found
        time.sleep(LOOK)
    return None
