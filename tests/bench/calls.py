"""Costs of single calls, against the least that Python and greenlet can do: information, without a goal."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import process_time

from greenlet import getcurrent, greenlet

import acl_api as acl
from tests.bench.ours import machine

_BURST = 1000  # fewer than a stream's queue holds
_REPEATS = 15


def measure() -> dict[str, object]:
    """Return medians in ns: of a bare switch, an empty function, a launch, and a callback round trip."""
    return {
        "variant": "calls",
        "greenlet_switch": _median(_switches),
        "empty_function": _median(_empty_calls),
        "launch": _with_machine(_launches, trace=False),
        "launch_traced": _with_machine(_launches, trace=True),
        "round_trip": _with_machine(_round_trips, trace=False),
    }


def _median(timed: Callable[[], float]) -> float:
    timed()
    return median(timed() for _ in range(_REPEATS)) / _BURST * 1e9


def _switches() -> float:
    home = getcurrent()

    def loop() -> None:
        while True:
            home.switch()

    switch = greenlet(loop).switch
    start = process_time()
    for _ in range(_BURST // 2):  # there and back
        switch()
    return process_time() - start


def _nothing(_fn: object, _data: object, _block: object, _stream: object) -> int:
    return 0


def _ignore(_data: object) -> None:
    """The function of every callback here."""


def _empty_calls() -> float:
    start = process_time()
    for _ in range(_BURST):
        _nothing(_ignore, 1, 1, 2)
    return process_time() - start


def _with_machine(timed: Callable[[int], float], *, trace: bool) -> float:
    with machine("Ascend910", trace=trace) as session:
        acl.init()
        acl.rt.set_device(0)
        stream = acl.rt.create_stream()[0]
        reporter = session.host.thread("reporter")
        done = False

        def poll() -> None:
            while not done:
                acl.rt.process_report(100)

        session.host.start(reporter, poll)
        assert acl.rt.subscribe_report(reporter.ident, stream) == 0
        result = _median(lambda: timed(stream))
        done = True
        session.host.join(reporter)
    return result


def _launches(stream: int) -> float:
    launch = acl.rt.launch_callback
    start = process_time()
    for _ in range(_BURST):
        launch(_ignore, 1, 0, stream)
    elapsed = process_time() - start
    acl.rt.synchronize_stream(stream)
    return elapsed


def _round_trips(stream: int) -> float:
    launch, synchronize = acl.rt.launch_callback, acl.rt.synchronize_stream
    start = process_time()
    for _ in range(_BURST):
        launch(_ignore, 1, 1, stream)
        synchronize(stream)
    return process_time() - start
