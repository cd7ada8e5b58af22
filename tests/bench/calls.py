"""Costs of single calls, against the least that Python, greenlet and the system's locks can do."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from time import perf_counter, process_time
from typing import cast

from greenlet import getcurrent, greenlet

import acl_api as acl
from tests.bench.ours import machine

_BURST = 200  # so short that some of them meet no disturbance
_REPEATS = 150
_SYNC, _TIME_LINE, _H2D = 1, 8, 1
_BYTES = 64
_STARTS = 5

Clock = Callable[[], float]
Timed = Callable[[], float]


def measure() -> dict[str, object]:
    """Return ns, at best, of single calls and round trips, and of what each is compared with; imports in ms."""
    figures: dict[str, object] = {"variant": "calls"}
    with_trace = _on_machine("greenlets", _launches, trace=True)
    for name in ("launch_callback", "launch_callback_against"):
        figures[f"traced_{name}"] = with_trace[name]
    figures |= _on_machine("greenlets", _launches, trace=False)
    # Of OS threads, waiting is what costs, and no processor time.
    for host, clock, against in (
        ("greenlets", process_time, _switches),
        ("baton", perf_counter, _hand_offs),
    ):
        figures |= _on_machine(host, partial(_round_trips_on, host, clock, against))
    figures |= {f"import_{name}": _start(f"import {name}") for name in ("simpy", "acl_api")}
    return figures


def _compare(name: str, timed: Timed, against: Timed) -> dict[str, float]:
    """Return what both cost, taken in turns: a busy machine changes its pace from second to second.

    At best, because whatever else it does disturbs long paths more than short ones.
    """
    timed()
    against()
    pairs = [(timed(), against()) for _ in range(_REPEATS)]
    ours, theirs = (min(each) / _BURST * 1e9 for each in zip(*pairs, strict=True))
    return {name: ours, f"{name}_against": theirs}


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


def _hand_offs() -> float:
    """Two hand-offs each: to another OS thread and back, on raw locks."""
    there, back = threading.Lock(), threading.Lock()
    there.acquire()
    back.acquire()

    def loop() -> None:
        for _ in range(_BURST):
            there.acquire()
            back.release()

    other = threading.Thread(target=loop)
    other.start()
    start = perf_counter()
    for _ in range(_BURST):
        there.release()
        back.acquire()
    elapsed = perf_counter() - start
    other.join()
    return elapsed


def _nothing(_fn: object, _data: object, _block: object, _stream: object) -> int:
    return 0


def _ignore(_data: object) -> None:
    """The function of every callback here."""


def _empty_calls() -> float:
    start = process_time()
    for _ in range(_BURST):
        _nothing(_ignore, 1, 1, 2)
    return process_time() - start


def _on_machine(
    host: str, timed: Callable[[int], dict[str, float]], *, trace: bool = False
) -> dict[str, float]:
    """Return what *timed* measures with a stream whose callbacks a report thread runs."""
    with machine("Ascend910", trace=trace, host=host) as session:
        session.declare_model(acl.ModelSpec("net", latency_ns=1))
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
        # As for the workload: what stands before the clock starts is nobody's doing.
        gc.collect()
        gc.freeze()
        result = timed(stream)
        gc.unfreeze()
        done = True
        session.host.join(reporter)
    return result


def _launches(stream: int) -> dict[str, float]:
    """Return the cost of each kind of launch that programs make by the million."""
    model, dataset = acl.mdl.load_from_file("net.om")[0], acl.mdl.create_dataset()
    event = acl.rt.create_event_ex_with_flag(_SYNC | _TIME_LINE)[0]
    device, host = acl.rt.malloc(_BYTES, 0)[0], acl.rt.malloc_host(_BYTES)[0]
    calls: dict[str, tuple[Callable[..., object], tuple[object, ...]]] = {
        "launch_callback": (acl.rt.launch_callback, (_ignore, 1, 0, stream)),
        "execute_async": (acl.mdl.execute_async, (model, dataset, dataset, stream)),
        "record_event": (acl.rt.record_event, (event, stream)),
        "memcpy_async": (acl.rt.memcpy_async, (device, _BYTES, host, _BYTES, _H2D, stream)),
    }
    figures = _compare("memcpy_async_elsewhere", partial(_copies_elsewhere, _places(), stream), _empty_calls)
    for name, call in calls.items():
        figures |= _compare(name, partial(_burst, *call, stream), _empty_calls)
    return figures


def _places() -> Iterator[tuple[int, int]]:
    """Return a destination and a source for each copy, none of them twice."""
    size = _BYTES * _BURST * (_REPEATS + 1)
    device, host = acl.rt.malloc(size, 0)[0], acl.rt.malloc_host(size)[0]
    return ((device + offset, host + offset) for offset in range(0, size, _BYTES))


def _copies_elsewhere(places: Iterator[tuple[int, int]], stream: int) -> float:
    memcpy_async = acl.rt.memcpy_async
    here = list(islice(places, _BURST))
    start = process_time()
    for destination, source in here:
        memcpy_async(destination, _BYTES, source, _BYTES, _H2D, stream)
    elapsed = process_time() - start
    assert acl.rt.synchronize_stream(stream) == 0
    return elapsed


def _burst(function: Callable[..., object], arguments: tuple[object, ...], stream: int) -> float:
    # Written out in a function of its own, so that the call is one with so many arguments and not with a tuple.
    names = ", ".join(f"argument_{at}" for at in range(len(arguments)))
    loop = _loop(names)
    elapsed = cast("float", loop(function, *arguments))
    assert acl.rt.synchronize_stream(stream) == 0
    return elapsed


def _loop(names: str) -> Callable[..., object]:
    source = f"""\
def loop(function, {names}):
    start = process_time()
    for _ in range({_BURST}):
        function({names})
    return process_time() - start
"""
    module: dict[str, object] = {"process_time": process_time}
    exec(source, module)  # noqa: S102 - nothing in the text above comes from outside
    return cast("Callable[..., object]", module["loop"])


def _round_trips_on(host: str, clock: Clock, against: Timed, stream: int) -> dict[str, float]:
    return _compare(host, partial(_round_trips, clock, stream), against)


def _round_trips(clock: Clock, stream: int) -> float:
    launch, synchronize = acl.rt.launch_callback, acl.rt.synchronize_stream
    start = clock()
    for _ in range(_BURST):
        launch(_ignore, 1, 1, stream)
        synchronize(stream)
    return clock() - start


def _start(program: str) -> float:
    """Return how long a fresh interpreter takes to run *program* beyond an empty one, in ms, at best."""

    def run(text: str) -> float:
        start = perf_counter()
        subprocess.run([sys.executable, "-c", text], check=True)
        return perf_counter() - start

    return 1e3 * (min(run(program) for _ in range(_STARTS)) - min(run("pass") for _ in range(_STARTS)))
