# /* LATENT lock=env_lock lost=updater child=in_child kind=py-preexec */
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
    with env_lock:
        os.environ["N"] = str(env["n"])

def start():
    return subprocess.Popen(["/bin/true"], preexec_fn=in_child)

threading.Thread(target=updater, daemon=True).start()
bad = 0
for _ in range(4):
    time.sleep(0.007)
    bad |= start().wait()
os._exit(bad)
