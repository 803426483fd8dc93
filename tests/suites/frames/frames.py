"""A data library in Rust under Python. Its pool of threads is started at first use."""
import ctypes

_library = ctypes.CDLL("./libframes.so")
_library.frames_sum.argtypes = [ctypes.c_uint64]
_library.frames_sum.restype = ctypes.c_uint64


def sum_below(count):
    return _library.frames_sum(count)
