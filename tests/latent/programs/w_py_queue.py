# /* LOSTWORK object=queue lost=QueueListener child=child_main kind=py-logging (warning FC013) */
import os, time, logging, logging.handlers, queue
records = queue.Queue()
log = logging.getLogger("latent")
log.setLevel(logging.INFO)
log.propagate = False
log.addHandler(logging.handlers.QueueHandler(records))
listener = logging.handlers.QueueListener(records, logging.NullHandler())
listener.start()
log.info("start")
bad = 0
for _ in range(3):
    time.sleep(0.005)
    pid = os.fork()
    if pid == 0:
        log.info("nobody writes this")
        os._exit(0)
    bad |= os.waitpid(pid, 0)[1]
os._exit(bad != 0)
