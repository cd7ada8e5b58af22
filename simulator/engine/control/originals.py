"""The real primitives, taken before anything is patched.

Everything of ours that must really lock, wait or read a clock takes it from here. No sweep ever rebinds the
names of this module: if it did, the parking locks of the host would become locks of the program.
"""

from __future__ import annotations

import _thread
import atexit
import queue
import threading
import time
from typing import Final

allocate_lock: Final = _thread.allocate_lock
start_new_thread: Final = _thread.start_new_thread
get_ident: Final = _thread.get_ident
c_rlock: Final = _thread.RLock
# The same function before Python 3.13, a class since.
real_lock: Final = threading.Lock

thread_start: Final = threading.Thread.start
thread_join: Final = threading.Thread.join
thread_is_alive: Final = threading.Thread.is_alive
event_is_set: Final = threading.Event.is_set
# Private to CPython, and the same in 3.11, 3.12 and 3.13: what a new OS thread runs.
thread_bootstrap: Final = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]  # noqa: SLF001
python_rlock: Final = threading._PyRLock  # type: ignore[attr-defined]  # noqa: SLF001 - the twin of the C one
python_simple_queue: Final = queue._PySimpleQueue  # type: ignore[attr-defined]  # noqa: SLF001 - same
c_simple_queue: Final = queue.SimpleQueue

register_at_exit: Final = atexit.register
unregister_at_exit: Final = atexit.unregister

real_sleep: Final = time.sleep
real_time: Final = time.time
real_time_ns: Final = time.time_ns
real_monotonic: Final = time.monotonic
real_monotonic_ns: Final = time.monotonic_ns
real_perf_counter: Final = time.perf_counter
real_perf_counter_ns: Final = time.perf_counter_ns
real_gmtime: Final = time.gmtime
real_localtime: Final = time.localtime
real_ctime: Final = time.ctime
real_asctime: Final = time.asctime
real_strftime: Final = time.strftime
real_clock_gettime: Final = time.clock_gettime
real_clock_gettime_ns: Final = time.clock_gettime_ns
