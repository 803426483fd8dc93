# /* LATENT lock=_ModuleLock(latent_mod) lost=importer child=child_import kind=py-import */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import importlib.abc, importlib.util

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

class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.util.spec_from_loader(name, self) if name.startswith("latent_") else None
    def exec_module(self, module):
        if SLOW and threading.current_thread() is not threading.main_thread(): time.sleep(0.02)
        module.VALUE = 5

sys.meta_path.insert(0, Finder())

def importer():
    while True:
        sys.modules.pop("latent_mod", None)
        import latent_mod
        time.sleep(0.003)

def child_import():
    import latent_mod
    assert latent_mod.VALUE == 5

threading.Thread(target=importer, daemon=True).start()
os._exit(forks(5, 0.0071, child_import))
