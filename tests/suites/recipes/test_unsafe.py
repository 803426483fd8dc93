"""A test that passes, with a child that does without a lock which it cannot get any more."""
import ctypes
import os
import threading

libc = ctypes.CDLL(None)
log_mutex = ctypes.create_string_buffer(64)


def write_log(is_held, is_over):
    libc.pthread_mutex_lock(log_mutex)
    is_held.set()
    is_over.wait()
    libc.pthread_mutex_unlock(log_mutex)


def test_forks_beside_a_logger():
    is_held, is_over = threading.Event(), threading.Event()
    logger = threading.Thread(target=write_log, args=(is_held, is_over))
    logger.start()
    is_held.wait()
    child = os.fork()
    if child == 0:
        libc.pthread_mutex_trylock(log_mutex)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    is_over.set()
    logger.join()
