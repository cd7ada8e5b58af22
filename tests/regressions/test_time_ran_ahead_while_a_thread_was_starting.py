"""On the free host, simulated time ran ahead by minutes while a thread was being started.

Until its first line a new thread has no frame, and its parent, which waits for it in `Thread.start`, looked as if
everybody rested: report threads that poll were served at full speed, and timeouts came too early.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest

from simulator.engine.hosts.free_census import Rest, rest

# CPython 3.11 and 3.12 make a thread with the first, 3.13 with the second.
MAKERS = ("_start_new_thread", "_start_joinable_thread")


class Watched(threading.Condition):
    """A condition that looks at whoever waits for it, and lets go at once."""

    seen: Rest | None = None

    def _release_save(self) -> Any:
        self.seen = rest({1: sys._getframe(1)}, (), ())  # noqa: SLF001 - as the census does
        self.notify_all()
        return super()._release_save()  # type: ignore[misc]


def test_a_thread_that_starts_another_does_not_rest(monkeypatch: pytest.MonkeyPatch):
    for maker in MAKERS:
        if hasattr(threading, maker):
            monkeypatch.setattr(threading, maker, lambda *_args, **_names: None)
    unborn: Any = threading.Thread(target=print)
    unborn._started._cond = watched = Watched(threading.Lock())  # noqa: SLF001 - nobody else is told of the wait
    unborn.start()
    threading._limbo.pop(unborn)  # type: ignore[attr-defined]  # noqa: SLF001 - it never begins
    assert watched.seen is Rest.NO


def test_a_thread_that_waits_for_any_other_event_almost_rests():
    event: Any = threading.Event()
    event._cond = watched = Watched(threading.Lock())  # noqa: SLF001 - likewise
    event.wait()
    assert watched.seen is Rest.ALMOST
