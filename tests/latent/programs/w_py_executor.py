# /* LOSTWORK object=work_queue lost=ThreadPoolExecutor-worker child=child_main kind=py-executor (warning FC013) */
import os, time
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
pool.submit(len, "start").result()
bad = 0
for _ in range(3):
    time.sleep(0.004)
    pid = os.fork()
    if pid == 0:
        pool.submit(len, "never")       # its worker stayed in the parent
        os._exit(0)
    bad |= os.waitpid(pid, 0)[1]
os._exit(bad != 0)
