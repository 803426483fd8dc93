# /* LATENT lock=gate._cond lost=user child=child_use kind=py-semaphore */
import os, sys, threading, time
SLOW = "SLOW" in os.environ

def forks(n, gap, child):
    bad = 0
    for _ in range(n):
        time.sleep(gap)
        pid = os.fork()
        if pid == 0:
            child()
            os._exit(0)
        bad |= os.waitpid(pid, 0)[1]
    return bad != 0

# One of three slots is always left, but the count has a lock of its own; SLOW: the count takes long.
class Slots(threading.Semaphore):
    @property
    def _value(self):
        if SLOW and threading.current_thread() is not threading.main_thread(): time.sleep(0.005)
        return self.left

    @_value.setter
    def _value(self, left):
        self.left = left

gate = Slots(3)

def use():
    with gate:
        pass

def user():
    while True:
        use()
        time.sleep(0.003)

def child_use():
    use()

threading.Thread(target=user, daemon=True).start()
threading.Thread(target=user, daemon=True).start()
os._exit(forks(4, 0.007, child_use))
