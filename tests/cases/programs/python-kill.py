"""python-kill.py: a child sends a signal to a thread that it does not have."""
import os
import signal
import threading


def main():
    signal.signal(signal.SIGUSR1, lambda *_: None)
    stop = threading.Event()
    keeper = threading.Thread(target=stop.wait)
    keeper.start()
    child = os.fork()  # FORK
    if child == 0:
        signal.pthread_kill(keeper.ident, signal.SIGUSR1)  # SIGNAL
        os._exit(0)
    os.waitpid(child, 0)
    stop.set()


main()
