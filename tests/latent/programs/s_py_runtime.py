# SAFE kind=py-gil the interpreter's own locks, which a fork child made anew, are used with the
# interpreter's lock held: by threads that come and go, and by the interpreter in a grandchild
import os
import threading
import time


def passing():
    pass


def come_and_go():
    while True:
        threading.Thread(target=passing).start()
        time.sleep(0.0013)


def parent_of_others():
    threading.Thread(target=come_and_go, daemon=True).start()
    bad = 0
    for _ in range(5):
        time.sleep(0.0049)
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        bad |= os.waitpid(pid, 0)[1]
    return bad


pid = os.fork()
if pid == 0:
    os._exit(parent_of_others() != 0)
os._exit(os.waitpid(pid, 0)[1] != 0)
