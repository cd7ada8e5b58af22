"""What exploring costs: a schedule from the machine to its end, a step of the device, a switch between threads.

Each is compared, in turns in the same process, with the least that Python and the system's locks can do.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count, islice
from threading import Lock, Thread
from time import perf_counter, process_time
from typing import Final, NamedTuple

import acl_api as acl
from simulator.app.exploring.scenarios import ScenarioSubject
from simulator.app.exploring.settings import RunSettings
from simulator.engine.choice import Recorder, Seeded
from simulator.engine.hosts.thread import HostThread
from simulator.engine.timing import timing_of
from simulator.scenario.interpret import compile_program, play, settings_for
from simulator.scenario.load import parse_scenario

_BURST: Final = 3  # schedules: so few that some bursts meet no disturbance
_REPEATS: Final = 100
_CALLS: Final = 8
_STREAMS: Final = 4
_TASKS: Final = 50
_SWITCHES: Final = 500
_EMPTY: Final = 2_000
_ROUND_TRIPS: Final = 100

_SCENARIO: Final = """
schema_version: 1
title: three threads of ten calls
devices: 1
callbacks: {count: {}}
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - subscribe_report: {thread: reporter, stream: s}
    - start_thread: reporter
    - start_thread: launcher
    - join_thread: launcher
    - set_flag: stop
    - join_thread: reporter
    - unsubscribe_report: {thread: reporter, stream: s}
    - destroy_stream: {stream: s}
    - reset_device: {device: 0}
    - finalize
  launcher:
    - set_device: {device: 0}
    - repeat: 8
      steps:
        - launch_callback: {fn: count, block: true, stream: s}
    - synchronize_stream: {stream: s}
  reporter:
    - until: stop
      steps:
        - process_report: {timeout: 100ms}
expect:
  - callbacks: {fn: count, count: 8}
  - no: [deadlock, lost, finding]
"""

Timed = Callable[[], float]


class Cost(NamedTuple):
    """What something takes, in s, and how many times the least that is what it is compared with."""

    seconds: float
    ratio: float

    @property
    def rate(self) -> float:
        """How often it can be done in a second."""
        return 1 / self.seconds


def compare(timed: Timed, against: Timed, repeats: int = _REPEATS) -> Cost:
    """Return what *timed* costs and its ratio to *against*, both at best as in `calls`; both return seconds."""
    timed()
    against()
    gc.collect()
    gc.freeze()
    pairs = [(timed(), against()) for _ in range(repeats)]
    gc.unfreeze()
    ours, theirs = (min(each) for each in zip(*pairs, strict=True))
    return Cost(ours, ours / theirs)


class Program:
    """Three threads of some ten calls each: one sets up, one launches blocking callbacks, one runs them."""

    def __init__(self, session: acl.Session) -> None:
        self._host = session.host
        self._ran = 0
        main = self._host.thread("main")
        self._host.start(main, self._main)

    def _main(self) -> None:
        rt = acl.rt
        acl.init()
        rt.set_device(0)
        self._stream = stream = rt.create_stream()[0]
        reporter, launcher = self._host.thread("reporter"), self._host.thread("launcher")
        rt.subscribe_report(reporter.ident, stream)
        self._host.start(reporter, self._report)
        self._host.start(launcher, self._launch)
        for thread in (launcher, reporter):
            self._host.join(thread)
        rt.unsubscribe_report(reporter.ident, stream)
        rt.destroy_stream(stream)
        rt.reset_device(0)
        acl.finalize()

    def _launch(self) -> None:
        acl.rt.set_device(0)
        for _ in range(_CALLS):
            acl.rt.launch_callback(self._count, None, 1, self._stream)
        acl.rt.synchronize_stream(self._stream)

    def _report(self) -> None:
        while self._ran < _CALLS:
            acl.rt.process_report(-1)

    def _count(self, _data: object) -> None:
        self._ran += 1


def schedule(*, trace: bool) -> float:
    """Return the processor time of one schedule: a machine, the program in a random order, the end."""
    start = process_time()
    for seed in range(_BURST):
        with acl.Session(chooser=Recorder(Seeded(seed)), timing="untimed", trace=trace) as session:
            Program(session)
            session.host.run()
    return (process_time() - start) / _BURST


class Scenario:
    """A scenario of three threads of some ten calls each, explored in orders that nobody has seen before."""

    def __init__(self) -> None:
        self._loaded = parse_scenario(_SCENARIO, "three_threads.yaml")
        self._program = compile_program(self._loaded)
        self._settings = settings_for(self._loaded.scenario)
        self._seeds = count()

    def play(self) -> float:
        """Return the processor time of one schedule that is run, and not judged."""
        start = process_time()
        for seed in islice(self._seeds, _BURST):
            chooser = Recorder(Seeded(seed))
            settings = replace(self._settings, chooser=chooser, timing=timing_of("untimed"), digest=False)
            play(self._program, settings)
        return (process_time() - start) / _BURST

    def explore(self) -> float:
        """Return the processor time of one schedule, judged by all checks and what the file expects."""
        subject = ScenarioSubject(self._loaded, RunSettings())
        start = process_time()
        for seed in islice(self._seeds, _BURST):
            assert subject.run(Seeded(seed)).failure is None
        return (process_time() - start) / _BURST


def device_step() -> float:
    """Return the processor time of one event of several streams whose order is chosen."""
    with acl.Session(chooser=Recorder(Seeded(1)), timing="untimed", trace=False) as session:
        session.declare_model(acl.ModelSpec("net", latency_ns=1000))
        acl.init()
        acl.rt.set_device(0)
        model, data = acl.mdl.load_from_file("net.om")[0], acl.mdl.create_dataset()
        # Launched with nobody to overtake: only then is there something to choose from.
        streams = [acl.rt.create_stream()[0] for _ in range(_STREAMS)]
        kernel, chooser = session.kernel, session.kernel.chooser
        kernel.chooser = _Later()
        for stream in streams:
            for _ in range(_TASKS):
                acl.mdl.execute_async(model, data, data, stream)
        kernel.chooser = chooser
        before, start = kernel.events_run, process_time()
        acl.rt.synchronize_device()
        return (process_time() - start) / (kernel.events_run - before)


class _Later:
    """Lets the program go on until it waits."""

    friendly = False

    def choose(self, _kind: str, _among: Sequence[object]) -> int:
        return 0


class _InTurns:
    """Never lets the thread go on that runs."""

    friendly = False

    def choose(self, _kind: str, among: Sequence[object]) -> int:
        return next((at for at, each in enumerate(among) if at and isinstance(each, HostThread)), 0)


def baton_switch() -> float:
    """Return the time on the clock of one switch between two OS threads at calls of the API."""
    with acl.Session(chooser=_InTurns(), host="baton", trace=False) as session:

        def calls() -> None:
            for _ in range(_SWITCHES // 2):
                acl.rt.get_device_count()

        threads = [session.host.thread(name) for name in ("first", "second")]
        for thread in threads:
            session.host.start(thread, calls)
        start = perf_counter()
        for thread in threads:
            session.host.join(thread)
        return (perf_counter() - start) / _SWITCHES


def _nothing() -> None:
    pass


def empty_call() -> float:
    """Return the processor time of a call of an empty function."""
    start = process_time()
    for _ in range(_EMPTY):
        _nothing()
    return (process_time() - start) / _EMPTY


def hand_off() -> float:
    """Return the time on the clock of one hand-off between two OS threads on raw locks."""
    there, back = Lock(), Lock()
    there.acquire()
    back.acquire()

    def loop() -> None:
        for _ in range(_ROUND_TRIPS):
            there.acquire()
            back.release()

    other = Thread(target=loop)
    other.start()
    start = perf_counter()
    for _ in range(_ROUND_TRIPS):
        there.release()
        back.acquire()
    elapsed = perf_counter() - start
    other.join()
    return elapsed / (2 * _ROUND_TRIPS)
