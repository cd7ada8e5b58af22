"""Opening and closing the controlled scope, and the end of a program in it."""

from __future__ import annotations

import _thread
import atexit
import concurrent.futures._base as future_base
import concurrent.futures.thread as executors
import copyreg
import datetime as dt
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from types import TracebackType
from typing import Any, Final, Self

from simulator.base.errors import UserError
from simulator.engine.control import clock, futures, originals, threads
from simulator.engine.control.active import active
from simulator.engine.control.garbage import Collector
from simulator.engine.control.locks import VirtualLock, allocate_virtual, virtual_rlock
from simulator.engine.control.selecting import patched_classes, stand_in_for
from simulator.engine.control.watchdog import Watchdog
from simulator.engine.hosts.baton import BatonDriver
from simulator.engine.hosts.ends import RunKind, Stuck
from simulator.engine.hosts.real_end import AT_END
from simulator.engine.hosts.scheduler import Scheduler

# Modules whose names the sweep leaves alone: ours, and what importing and testing themselves stand on.
_UNTOUCHED: Final = (
    "_",
    "acl_api",
    "greenlet",
    "importlib",
    "simulator",
    "simpy",
    *("execnet", "hypothesis", "pluggy", "pytest", "xdist"),
    *("atexit", "datetime", "queue", "threading", "time"),
)
_ABSENT: Final = object()
_Patch = tuple[Any, str, object]


class Scope:
    """Puts the program under the control of *host*, whose driver is a `BatonDriver`, between open and close.

    The thread that opens the scope is the program's first. *watchdog* is how long, in real seconds, a thread may
    go without a sign of life before the others go on without it; None lets it do so for ever. Raises UserError
    when a scope is open already, or for a host of another kind.
    """

    def __init__(self, host: object, *, watchdog: float | None = 0.5) -> None:
        if not isinstance(host, Scheduler) or not isinstance(driver := host.driver, BatonDriver):
            msg = (
                f'a controlled scope is for threads under the baton (host="baton"), and this host is {host!r}'
            )
            raise UserError(msg)
        self.host = host
        self._driver = driver
        self._watchdog = None if watchdog is None else Watchdog(host, driver, watchdog)
        self._collector = Collector()
        self._replaced: list[tuple[Any, str, object]] = []
        self._at_exit: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = []
        self._endings: list[Callable[[], object]] = []
        self._executors_over = False

    def __repr__(self) -> str:
        return f"<scope of {self.host!r}, {len(self._replaced)} names replaced>"

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
        end = self.host.end
        if kind is KeyboardInterrupt and end is not None and end.kind is not RunKind.DONE:
            raise self.host.error_of(
                Stuck(end)
            ) from error  # the first thread was stuck, and got out by force

    def open(self) -> None:
        """Replace the primitives; the calling thread becomes the program's first."""
        if active.host is not None:
            msg = "a controlled scope is open already: close it first, one program runs at a time"
            raise UserError(msg)
        self.host.current()
        futures.begin()
        active.host = self.host
        # What finish() uses up, and what it tells executors.
        self._endings = list(_endings())
        self._executors_over = executors._shutdown  # noqa: SLF001 - no other way
        for owner, name, stand_in in (*_patches(), *_made_at_import(), *self._exits()):
            self._replace(owner, name, stand_in)
        copyreg.dispatch_table[clock.RealDatetime] = clock.reduce_datetime
        self._sweep()
        self._collector.start()
        self.host.before_wait = self._collector.collect
        if self._watchdog is not None:
            if self.host.others(self.host.current()):
                self._watchdog.start()
            else:  # a fork from a process with a second thread, even ours, gets a warning since 3.12
                self._driver.on_company = self._watchdog.start

    def close(self) -> None:
        """Put everything back; what the program has left behind uses the real primitives from now on."""
        if active.host is not self.host:
            return
        self._driver.on_company = None
        if self._watchdog is not None:
            self._watchdog.stop()
        self.host.before_wait = None
        active.host = None
        while self._replaced:
            owner, name, original = self._replaced.pop()
            if original is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
        copyreg.dispatch_table.pop(clock.RealDatetime, None)
        _endings()[:] = self._endings
        executors._shutdown = self._executors_over  # noqa: SLF001 - as above
        self._collector.stop()

    def fork(self) -> int:
        """Fork the process, and go on as the same program in the child; return as `os.fork` does.

        The calling thread must be the only one. Other forks, the program's own, are none of the scope's business.
        """
        active.host = None  # the locks that threading.py makes anew for itself in the child must be real ones
        try:
            process = os.fork()
        finally:
            active.host = self.host
        if not process:
            self._driver.forked()
        return process

    def finish(self) -> None:
        """End the program as the interpreter would: executors, threads that are no daemons, exit functions.

        Everything happens in simulated time. A wait that cannot end raises what a wait of the program would.
        """
        me = self.host.current()  # the first thread may have lost its turn, and be back only now
        me.site = AT_END
        endings = _endings()
        while endings:
            endings.pop()()
        self._join_all()
        me.site = None
        while self._at_exit:
            function, args, kwargs = self._at_exit.pop()
            try:
                function(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - shown and passed over, as the interpreter does
                threads.show_ignored(error, "Exception ignored in atexit callback", function)

    def _join_all(self) -> None:
        """Join until no thread is left that is not a daemon; each may have started others."""
        me = threading.current_thread()
        while True:
            left = [t for t in threading.enumerate() if t is not me and not t.daemon and threads.twin_of(t)]
            if not left:
                return
            for thread in left:
                thread.join()

    def _replace(self, owner: Any, name: str, stand_in: object) -> None:  # noqa: ANN401 - module, class, object
        self._replaced.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, stand_in)

    def _sweep(self) -> None:
        """Rebind names of modules that were imported before: `from time import sleep` and its like."""
        stand_ins = {id(original): new for original, new in _swept()}
        for name, module in list(sys.modules.items()):
            if name.startswith(_UNTOUCHED):
                continue
            for attribute, value in list(getattr(module, "__dict__", {}).items()):  # anything may lie there
                stand_in = stand_ins.get(id(value))
                if stand_in is not None:
                    self._replace(module, attribute, stand_in)

    def _exits(self) -> tuple[_Patch, ...]:
        """Collect the program's exit functions: they must run in the scope, not when it is gone."""

        def register(function: Callable[..., object], *args: object, **kwargs: object) -> object:
            self._at_exit.append((function, args, kwargs))
            return function

        def unregister(function: Callable[..., object]) -> None:
            self._at_exit[:] = [entry for entry in self._at_exit if entry[0] != function]
            originals.unregister_at_exit(function)

        return (atexit, "register", register), (atexit, "unregister", unregister)


def _endings() -> list[Callable[[], object]]:
    """Return what the interpreter calls, last first, before it joins threads: executors end there."""
    found: list[Callable[[], object]] = threading._threading_atexits  # type: ignore[attr-defined]  # noqa: SLF001
    return found


def _patches() -> tuple[_Patch, ...]:
    thread = threading.Thread
    return (
        (thread, "start", threads.start),
        (thread, "join", threads.join),
        (thread, "is_alive", threads.is_alive),
        (thread, "_bootstrap_inner", threads.bootstrap),
        (thread, "__init__", futures.init_thread),
        (thread, "__hash__", futures.hash_of),
        (threading.Event, "is_set", threads.is_set),
        (Future, "__init__", futures.init_future),
        (Future, "__hash__", futures.hash_of),
        # What sorts futures before their locks are taken.
        (future_base, "id", futures.serial_of),
        *((selector, "select", stand_in_for(selector.select)) for selector in patched_classes()),
        (_thread, "start_new_thread", threads.start_new_thread),
        (threading, "Lock", VirtualLock),
        (threading, "_allocate_lock", allocate_virtual),
        (threading, "_CRLock", virtual_rlock),
        (threading, "_time", clock.quiet_monotonic),
        (queue, "SimpleQueue", originals.python_simple_queue),
        (queue, "time", clock.quiet_monotonic),
        *((time, name, new) for name, new in _CLOCKS.items()),
        (dt, "datetime", clock.VirtualDatetime),
    )


def _made_at_import() -> tuple[_Patch, ...]:
    """Locks and times that modules of the standard library have taken when they were imported."""
    handlers = [ref() for ref in logging._handlerList]  # type: ignore[attr-defined]  # noqa: SLF001 - no other way
    return (
        (logging, "_lock", threading.RLock()),
        # Records tell the time since then; from CPython 3.13 on it counts nanoseconds.
        (logging, "_startTime", clock.EPOCH_NS if _LOGS_NS else clock.EPOCH_NS / 10**9),
        *(
            (handler, "lock", threading.RLock())
            for handler in handlers
            if handler is not None and handler.lock
        ),
        (executors, "_global_shutdown_lock", threading.Lock()),
        # Names without a name of their own count anew: a second run in this process is the same as the first.
        (threading, "_counter", count(1).__next__),
        (executors.ThreadPoolExecutor, "_counter", count().__next__),
    )


_CLOCKS: Final[dict[str, Callable[..., object]]] = {
    "sleep": clock.sleep,
    "time": clock.time_,
    "time_ns": clock.time_ns,
    "monotonic": clock.monotonic,
    "monotonic_ns": clock.monotonic_ns,
    "perf_counter": clock.perf_counter,
    "perf_counter_ns": clock.perf_counter_ns,
    "clock_gettime": clock.clock_gettime,
    "clock_gettime_ns": clock.clock_gettime_ns,
    "gmtime": clock.gmtime,
    "localtime": clock.localtime,
    "ctime": clock.ctime,
    "asctime": clock.asctime,
    "strftime": clock.strftime,
}
_LOGS_NS: Final = isinstance(logging._startTime, int)  # type: ignore[attr-defined]  # noqa: SLF001 - no other way
_REAL_CLOCKS: Final = {name: getattr(time, name) for name in _CLOCKS}


def _swept() -> tuple[tuple[object, object], ...]:
    """Pair each original with what stands in for it in the names of other modules."""
    return (
        (originals.allocate_lock, VirtualLock),
        (originals.real_lock, VirtualLock),
        (originals.c_rlock, virtual_rlock),
        (originals.start_new_thread, threads.start_new_thread),
        (originals.c_simple_queue, originals.python_simple_queue),
        (clock.RealDatetime, clock.VirtualDatetime),
        (originals.register_at_exit, atexit.register),
        (originals.unregister_at_exit, atexit.unregister),
        *((real, _CLOCKS[name]) for name, real in _REAL_CLOCKS.items()),
    )
