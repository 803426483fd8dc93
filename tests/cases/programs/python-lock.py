"""python-lock.py MODE [released]: a threading.Lock that another thread holds at the fork.

call: the child takes it; process: so does one of multiprocessing; hook: it is taken by a
function that os.fork() calls in the child before it returns; daemon: by a child of the child,
of multiprocessing, which has no threads to lose.
"""

import multiprocessing
import os
import sys
import threading

import case


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.taken = threading.Event()
        self.end = threading.Event()

    def audit(self):
        with self.lock:
            self.taken.set()
            self.end.wait()

    def add(self):
        with self.lock:  # ADD
            pass


def work(account):
    account.add()  # WORK


def start_process(account):
    child = multiprocessing.get_context("fork").Process(target=work, args=(account,))
    child.start()  # START_PROCESS
    child.join(case.PATIENCE)
    hung = child.exitcode is None
    child.kill()
    child.join()
    return case.HUNG if hung else abs(child.exitcode) and 128 - child.exitcode


def fork_with_hook(account):
    os.register_at_fork(after_in_child=account.add)
    return case.run_in_child(int)  # CALL_FORK


def become_daemon(account):
    child = os.fork()  # DAEMON_FORK
    if child == 0:
        os.setsid()
        os._exit(start_process(account))  # IN_DAEMON
    return case.reap(child)


def main():
    account = Account()
    threading.Thread(target=account.end.wait, name="bystander").start()  # BYSTANDER
    holder = threading.Thread(target=account.audit, name="auditor")
    holder.start()  # START
    account.taken.wait()
    released = sys.argv[2:] == ["released"]
    if released:
        account.end.set()
        holder.join()
    if sys.argv[1] == "process":
        status = start_process(account)  # PROCESS
    elif sys.argv[1] == "daemon":
        status = become_daemon(account)  # DAEMON
    elif sys.argv[1] == "hook":
        status = fork_with_hook(account)  # HOOK
    else:
        status = case.run_in_child(work, account)  # CALL
    account.end.set()
    return status


sys.exit(main())
