"""A module that starts a thread when it is imported, which keeps a C library's mutex."""

import ctypes
import os
import threading

library = ctypes.CDLL(os.environ["JOURNAL"])
library.journal_open()
threading.Thread(target=library.journal_keep, name="keeper", daemon=True).start()  # KEEPER
library.journal_await()
