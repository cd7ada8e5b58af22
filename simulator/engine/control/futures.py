"""Executors in an order that repeats.

`concurrent.futures` keeps its threads and futures in sets, whose order comes from addresses: another one in
each process. In the scope they hash by the order in which they were made.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from itertools import count
from typing import Any, Final

from simulator.engine.control.active import here

_SERIAL: Final = "_aclsim_serial"
_serials: Final = [count(1)]
_future_init: Final = Future.__init__
_thread_init: Final = threading.Thread.__init__


def begin() -> None:
    """Count from 1 again, as another program begins."""
    _serials[0] = count(1)


def serial_of(thing: object) -> int:
    """Return the number of a future or thread made in the scope, in order of making; for others their id."""
    number: int = vars(thing).get(_SERIAL, 0)
    return number or id(thing)


def hash_of(thing: object) -> int:
    """Stand in for `__hash__`: things made outside the scope keep theirs, as they may lie in dictionaries."""
    number: int = vars(thing).get(_SERIAL, 0)
    return number or object.__hash__(thing)


def init_future(self: Future[Any]) -> None:
    """Stand in for `Future.__init__`."""
    if here() is not None:
        vars(self)[_SERIAL] = next(_serials[0])
    _future_init(self)


def init_thread(self: threading.Thread, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - theirs
    """Stand in for `Thread.__init__`."""
    if here() is not None:
        vars(self)[_SERIAL] = next(_serials[0])
    _thread_init(self, *args, **kwargs)
