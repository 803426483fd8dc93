# /* SAFE kind=py-sqlite the child computes without sqlite */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import sqlite3

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

def job():
    db = sqlite3.connect(":memory:")
    db.execute("create table t(k integer primary key, v text)")
    db.execute("insert into t(v) values('x')")
    db.close()

def audit():
    while True:
        job()
        if not SLOW: time.sleep(0.025)

def child_main():
    sum(range(100))

job()
threading.Thread(target=audit, daemon=True).start()
os._exit(forks(60 if SLOW else 3, 0.0015 if SLOW else 0.019, child_main))
