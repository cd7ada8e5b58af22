"""The controlled scope: what it replaces, that nothing leaks out of it, and how a program ends in it."""

from __future__ import annotations

import _thread
import atexit
import concurrent.futures
import datetime as dt
import gc
import logging
import queue
import selectors
import signal
import sys
import threading
import time
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import pytest

import acl_api as acl
from simulator.base.errors import UserError
from simulator.engine.control import originals
from simulator.engine.control.scope import Scope
from simulator.engine.hosts.ends import RunKind, Stuck
from tests.unit.control.controlled import make, run

BASE = sys.modules["concurrent.futures._base"]
ENDINGS = vars(threading)["_threading_atexits"]
WATCHED = (
    *(_thread, atexit, dt, gc, queue, threading, time, selectors, BASE),
    *(concurrent.futures.thread, threading.Thread, threading.Event, concurrent.futures.Future, logging),
    *(selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector),
)


def everything() -> dict[tuple[str, str], int]:
    """Every name of every module and class that the scope could touch, and what it means."""
    owners = (
        *WATCHED,
        # Without the tool that tests: it times each collection of garbage, whenever there is one.
        *(module for name, module in sys.modules.items() if not name.startswith("hypothesis")),
    )
    return {
        (str(owner), name): id(value)
        for owner in owners
        if hasattr(owner, "__dict__")
        for name, value in list(vars(owner).items())
        if not name.startswith("__") or name in ("__init__", "__hash__")
    }


def test_nothing_leaks_out_of_the_scope():
    run(lambda: None)  # imports what it imports
    before, collecting = everything(), gc.isenabled()
    endings = list(ENDINGS)

    def program() -> None:
        assert everything() != before
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(time.sleep, 1).result()

    for _ in range(2):
        run(program)
    with suppress(Stuck):
        run(lambda: threading.Event().wait())
    after = everything()
    assert {key for key in before if after.get(key) != before[key]} == set()
    assert gc.isenabled() is collecting
    assert endings == ENDINGS


def test_names_imported_before_are_rebound_and_put_back():
    real = sleep, monotonic

    def program() -> None:
        began = monotonic()
        sleep(1000)
        assert monotonic() == began + 1000

    run(program)
    assert (sleep, monotonic) == real


def test_one_scope_at_a_time():
    with Scope(make(), watchdog=None), pytest.raises(UserError, match="open already"):
        Scope(make()).open()
    run(lambda: time.sleep(1))


def test_a_host_without_os_threads_is_refused():
    with acl.Session(devices=1) as session, pytest.raises(UserError, match="threads under the baton"):
        Scope(session.host)


def test_the_end_joins_threads_and_then_runs_exit_functions_last_first():
    log: list[object] = []

    def program() -> None:
        def late() -> None:
            time.sleep(1)
            log.append("thread")
            threading.Timer(1, log.append, ("its thread",)).start()

        def fail() -> None:
            raise ValueError("shown and passed over")

        atexit.register(log.append, "first registered")
        atexit.register(fail)
        atexit.register(log.append, "never")
        atexit.unregister(log.append)
        atexit.register(lambda: log.append("first"))
        atexit.register(lambda: log.append("last"))
        threading.Thread(target=late).start()
        threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()

    shown: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, shown.append
    try:
        ran = run(program)
    finally:
        sys.unraisablehook = before
    assert log == ["thread", "its thread", "last", "first"]
    assert [str(args.exc_value) for args in shown] == ["shown and passed over"]
    assert ran.seconds == 2
    assert ran.end.kind is RunKind.DONE


def test_a_thread_that_never_ends_is_a_deadlock_of_the_end():
    with pytest.raises(Stuck, match="deadlock"):
        run(lambda: threading.Thread(target=threading.Event().wait).start())


def test_garbage_is_collected_where_threads_wait():
    died: list[int] = []

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            died.append(1)

    def program() -> None:
        assert not gc.isenabled()
        for _ in range(11_000):
            Cycle()
        assert died == []
        time.sleep(1)

    run(program)
    assert len(died) > 10_000


def test_a_finalizer_that_calls_the_api_finds_the_model_in_order():
    with acl.Session(host="baton", devices=1) as session, Scope(session.host, watchdog=None):
        acl.init()
        acl.rt.set_device(0)
        codes: list[int] = []

        class Stream:
            def __init__(self) -> None:
                self.handle, _ = acl.rt.create_stream()
                self.me = self
                self.padding: list[list[int]] = [[] for _ in range(600)]

            def __del__(self) -> None:
                codes.append(acl.rt.destroy_stream(self.handle))

        for _ in range(100):
            Stream()
            acl.rt.synchronize_device()
            time.sleep(0.001)
        gc.collect()
    assert codes == [0] * 100


def signal_main(number: signal.Signals) -> None:
    """Signal the first thread, which has just handed over, once it is asleep in its lock.

    CPython does not look for signals between the two: one that comes there waits for the thread's next turn.
    """
    asleep = originals.real_monotonic() + 0.05
    while originals.real_monotonic() < asleep:
        pass
    signal.pthread_kill(threading.main_thread().ident or 0, number)


def test_ctrl_c_in_the_first_thread_comes_out_while_it_is_parked():
    host = make()

    def interrupt() -> None:
        time.sleep(1)
        signal_main(signal.SIGINT)
        while not out:
            pass

    out: list[bool] = []

    def program() -> None:
        thread = threading.Thread(target=interrupt, daemon=True)
        thread.start()
        try:
            thread.join()
        finally:
            out.append(True)

    with pytest.raises(KeyboardInterrupt), Scope(host, watchdog=None):
        program()
    assert host.current().name == "main"
    host.stop()


def test_a_signal_handler_runs_while_the_first_thread_is_parked():
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: seen.append(number))

    def program() -> None:
        def send() -> None:
            signal_main(signal.SIGUSR1)
            while not seen:  # the handler runs in the first thread, which is parked
                pass

        thread = threading.Thread(target=send)
        thread.start()
        thread.join()

    try:
        assert run(program).end.kind is RunKind.DONE
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1]
