# /* SAFE kind=py-multiprocessing the pool is made before the thread starts */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import multiprocessing
settings, settings_lock = {"k": 2}, threading.Lock()

def reloader():
    while True:
        with settings_lock:
            settings["k"] = 2
            if SLOW: time.sleep(0.02)
        time.sleep(0.002)

def square(n):
    with settings_lock:
        return n ** settings["k"]

def run():
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map(square, range(30)) == [n * n for n in range(30)]
        pool.close(); pool.join()

run()
threading.Thread(target=reloader, daemon=True).start()
time.sleep(0.01)
os._exit(0)
