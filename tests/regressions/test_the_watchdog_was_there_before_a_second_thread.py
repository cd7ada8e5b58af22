"""The watchdog's own thread ran from the first line of a program, so a plain `os.fork()` met a process with two
threads: CPython 3.12 and newer warn of that, and programs that treat warnings as errors ended there.
"""

from __future__ import annotations

import _thread
import threading

import pytest

from simulator.engine.control.scope import Scope
from simulator.engine.hosts.baton import BatonDriver
from simulator.engine.hosts.scheduler import Scheduler
from simulator.engine.kernel import Kernel


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names the functions that threads of ours begin with."""
    begun: list[str] = []
    original = _thread.start_new_thread

    def start_new_thread(function, args, *rest):
        begun.append(function.__qualname__)
        return original(function, args, *rest)

    monkeypatch.setattr("simulator.engine.control.watchdog.start_new_thread", start_new_thread)
    return begun


def test_a_program_of_one_thread_is_alone_in_its_process(made: list[str]):
    with Scope(Scheduler(Kernel(), BatonDriver())):
        pass
    assert made == []


def test_the_watch_begins_with_the_second_thread(made: list[str]):
    with Scope(Scheduler(Kernel(), BatonDriver())):
        for _ in range(2):
            other = threading.Thread(target=int)
            other.start()
            other.join()
    assert made == ["Watchdog._watch"]


def test_a_scope_around_threads_that_run_already_is_watched_at_once(made: list[str]):
    host = Scheduler(Kernel(), BatonDriver())
    other = host.thread("other")
    host.current()
    host.start(other, int)
    with Scope(host):
        assert made == ["Watchdog._watch"]
        host.join(other)
    host.stop()
