# /* SAFE kind=py-preexec the lock is taken before Popen, and preexec_fn takes none */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import subprocess
env_lock, env = threading.Lock(), {"n": 0}

def updater():
    while True:
        with env_lock:
            env["n"] += 1
            if SLOW: time.sleep(0.02)
        time.sleep(0.003)

def in_child():
    if True:
        os.environ["N"] = str(env["n"])

def start():
    with env_lock:
        return subprocess.Popen(["/bin/true"], preexec_fn=in_child)

threading.Thread(target=updater, daemon=True).start()
bad = 0
for _ in range(4):
    time.sleep(0.007)
    bad |= start().wait()
os._exit(bad)
