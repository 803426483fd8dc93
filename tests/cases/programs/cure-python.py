"""cure-python.py WHAT [cured]: what a Python child waits for, and the cure that a report prints.

lock, rlock, logging: another thread has it; executor, queue, event: a thread that was lost
would answer; exit: a function of atexit waits for it; preexec: subprocess calls into it; start: a
new interpreter does the work; native, journal: a library forks by itself; dead: a worker was
killed; stdout, stderr, file: what waits there is written twice; forkserver, forkserver-main: the
server of processes has threads.
"""

import atexit
import concurrent.futures
import ctypes
import logging
import multiprocessing
import multiprocessing.spawn
import os
import queue
import signal
import subprocess
import sys
import threading

import case

AT_IMPORT = "CURE_PYTHON_STARTS_AT_IMPORT"
CURED = sys.argv[2:3] == ["cured"]
taken = threading.Event()
finished = threading.Event()
kind = threading.RLock if sys.argv[1:2] == ["rlock"] else threading.Lock
lock = kind()
answered = threading.Event()
jobs, answers = queue.Queue(), queue.Queue()
log = logging.getLogger("jobs")


def check(work):
    if not work():
        os._exit(1)


def run_in_child(work):
    return case.run_in_child(check, work)


def hold():
    with lock:  # HOLD
        taken.set()
        finished.wait()


def make_lock():
    global lock
    lock = kind()


def use_lock():
    with lock:  # LOCK
        return True


def run(process):
    process.start()
    process.join(case.PATIENCE)
    if process.exitcode is None:
        process.kill()
        return case.HUNG
    return abs(process.exitcode)


def with_holder(start, work, cure=None):
    holder = threading.Thread(target=hold, name="holder")
    holder.start()
    taken.wait()
    if CURED and cure:
        os.register_at_fork(after_in_child=cure)
    status = start(work)
    finished.set()
    holder.join()
    return status


def locked():
    return with_holder(run_in_child, use_lock, make_lock)


kept = []


def make_handlers():
    """The old ones are kept: to drop them closes their files, which takes the files' locks."""
    root = logging.getLogger()
    kept.extend(root.handlers)
    root.handlers.clear()
    root.addHandler(logging.FileHandler("jobs.log"))


def log_for_ever():
    while True:
        log.info("alive")


def log_once():
    log.info("child")
    return True


def logged():
    """The file's own lock is not logging's, which os.fork() makes anew."""
    make_handlers()
    log.setLevel(logging.INFO)
    threading.Thread(target=log_for_ever, name="heartbeat", daemon=True).start()
    if CURED:
        os.register_at_fork(after_in_child=make_handlers)
    for _ in range(100):
        status = run_in_child(log_once)
        if status != 0:
            return status
    return 0


def make_executor():
    global executor
    executor = concurrent.futures.ThreadPoolExecutor(2)


def ask_executor():
    return executor.submit(pow, 3, 2).result() == 9  # RESULT


def executed():
    make_executor()
    ask_executor()
    if CURED:
        os.register_at_fork(after_in_child=make_executor)
    return run_in_child(ask_executor)


def serve():
    while True:
        answers.put(jobs.get() + 1)


def start_worker():
    threading.Thread(target=serve, name="worker", daemon=True).start()


def make_worker():
    """With new queues: the lost thread still stands in line at the ones that were inherited."""
    global jobs, answers
    jobs, answers = queue.Queue(), queue.Queue()
    start_worker()


def ask_worker():
    jobs.put(1)
    return answers.get() == 2  # GET


def queued():
    start_worker()
    ask_worker()
    if CURED:
        os.register_at_fork(after_in_child=make_worker)
    return run_in_child(ask_worker)


def answer():
    while True:
        jobs.get()
        answered.set()


def start_answering():
    threading.Thread(target=answer, name="client", daemon=True).start()


def make_client():
    global jobs, answered
    jobs, answered = queue.Queue(), threading.Event()
    start_answering()


def ask_client():
    answered.clear()
    jobs.put(1)
    return answered.wait()  # EVENT


def signalled():
    start_answering()
    ask_client()
    if CURED:
        os.register_at_fork(after_in_child=make_client)
    return run_in_child(ask_client)


def at_exit():
    """A client that is flushed by atexit, as many are."""
    start_answering()
    atexit.register(ask_client)
    child = os.fork()  # FORK_EXIT
    if child == 0:
        if CURED:
            os._exit(0)
        sys.exit(0)
    status = case.reap(child)
    atexit.unregister(ask_client)
    return status


def run_command(work):
    return subprocess.call(["true"], preexec_fn=None if CURED else work)


def run_anew(work):
    method = "spawn" if CURED else "fork"
    child = multiprocessing.get_context(method).Process(target=work)
    return run(child)


def fork_by_os(work):
    return run_anew(work) if CURED else run_in_child(work)


def native_fork():
    """Nothing of Python's knows of this fork, so no function of register_at_fork() is called."""
    if not CURED:
        start_worker()
    child = ctypes.CDLL(None).fork()  # FORK_NATIVE
    if CURED:
        start_worker()
    if child == 0:
        os._exit(0 if ask_worker() else 1)
    return 0 if ask_worker() and case.reap(child) == 0 else 1


def keep(library):
    library.journal_open()
    threading.Thread(target=library.journal_keep, daemon=True).start()
    library.journal_await()


def journal():
    """The same, with a lock of a C library."""
    library = ctypes.CDLL(os.path.join(os.environ["CASES"], "libjournal.so"))
    if not CURED:
        keep(library)
    child = ctypes.CDLL(None).fork()  # FORK_JOURNAL
    if child == 0:
        library.journal_write()
        os._exit(0)
    if CURED:
        keep(library)
    return case.reap(child)


def printed(file):
    file.write("once")
    if CURED:
        file.flush()
    child = os.fork()  # FORK_PRINTED
    if child == 0:
        file.flush()
        os._exit(0)
    file.flush()
    return case.reap(child)


def printed_to_stderr():
    """Unlike the interpreter's own, it is not flushed at each line."""
    sys.stderr = open(2, "w", closefd=False)
    return printed(sys.stderr)


def use_nested():
    import preloaded_nested

    sys.exit(preloaded_nested.executor.submit(int).result())


def served():
    """The fork server imports a module that brings threads into it, or does not."""
    os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["case" if CURED else "preloaded_nested"])
    child = context.Process(target=use_nested)
    return run(child)


def ask_served():
    if AT_IMPORT not in os.environ:
        start_worker()
    sys.exit(0 if ask_worker() else 1)


def with_main_path(name, prepare=multiprocessing.spawn.get_preparation_data):
    """As Python 3.14 has it: before, a fork server that is told to import the main script does
    not find it."""
    data = prepare(name)
    return dict(data, main_path=data.get("init_main_from_path"))


def served_main():
    """The fork server imports the main script, which starts a thread, or does not."""
    os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))
    if not CURED:
        os.environ[AT_IMPORT] = "1"
    multiprocessing.spawn.get_preparation_data = with_main_path
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__"])
    child = context.Process(target=ask_served)
    return run(child)


def kill_worker():
    os.kill(os.getpid(), signal.SIGKILL)


def dead():
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            pool.submit(kill_worker).result()
        except concurrent.futures.process.BrokenProcessPool:
            return 0
    return 1


WHATS = {
    "lock": locked,
    "rlock": locked,
    "logging": logged,
    "executor": executed,
    "queue": queued,
    "event": signalled,
    "exit": at_exit,
    "preexec": lambda: with_holder(run_command, use_lock),
    "start": lambda: with_holder(fork_by_os, use_lock),
    "native": native_fork,
    "journal": journal,
    "stdout": lambda: printed(sys.stdout),
    "stderr": printed_to_stderr,
    "file": lambda: printed(open(os.devnull, "w")),
    "forkserver": served,
    "forkserver-main": served_main,
    "dead": dead,
}


if AT_IMPORT in os.environ:
    start_worker()
    ask_worker()

if __name__ == "__main__":
    status = WHATS[sys.argv[1]]()
    os._exit(status)
