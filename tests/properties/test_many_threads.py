"""Two hundred real threads on the free host launch a hundred thousand callbacks: none is lost, none runs twice."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import pytest

import acl_api as acl
from tests.conformance.machine import BLOCK, NO_BLOCK

LAST = -1


class Crowd(NamedTuple):
    """How many threads launch how many callbacks each, on how many streams with how many report threads."""

    threads: int
    each: int
    streams: int
    reporters: int
    soc: str = "Ascend910B"


class Program:
    """A program that does just that; `ran` is what ran, in its order, `codes` what came back."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.ran: list[tuple[int, int]] = []
        self.codes: list[int] = []
        self._stop = threading.Event()

    def run(self) -> None:
        with acl.Session(soc=self.crowd.soc, host="free", trace=False):
            self.codes.append(acl.rt.set_device(0))
            pollers = self._started(self._report for _ in range(self.crowd.reporters))
            streams = [self._stream(pollers[at % len(pollers)]) for at in range(self.crowd.streams)]
            context = acl.rt.get_context()[0]
            launchers = self._started(
                partial(self._launch, number, context, streams[number % len(streams)])
                for number in range(self.crowd.threads)
            )
            for launcher in launchers:
                launcher.join()
            # A blocking callback behind everything else has run when the sync returns, and all before it as well.
            for stream in streams:
                self.codes.append(acl.rt.launch_callback(self.ran.append, (LAST, stream), BLOCK, stream))
                self.codes.append(acl.rt.synchronize_stream(stream))
            self._stop.set()
            for poller in pollers:
                poller.join()

    def _started(self, entries) -> list[threading.Thread]:
        threads = [threading.Thread(target=entry) for entry in entries]
        for thread in threads:
            thread.start()
        return threads

    def _stream(self, poller: threading.Thread) -> int:
        stream, code = acl.rt.create_stream()
        self.codes += [code, acl.rt.subscribe_report(poller.ident or 0, stream)]
        return stream

    def _report(self) -> None:
        with suppress(SystemExit):
            while not self._stop.is_set():
                acl.rt.process_report(100)

    def _launch(self, thread: int, context: int, stream: int) -> None:
        self.codes.append(acl.rt.set_context(context))
        for number in range(self.crowd.each):
            block = BLOCK if number % 10 == 0 else NO_BLOCK
            self.codes.append(acl.rt.launch_callback(self.ran.append, (thread, number), block, stream))


def loses_nothing(crowd: Crowd) -> None:
    program = Program(crowd)
    program.run()
    assert set(program.codes) == {0}
    counted = Counter(program.ran)
    assert set(counted.values()) == {1}
    assert len(counted) == crowd.threads * crowd.each + crowd.streams
    # What one thread launches on a stream runs in that order (rule a20).
    numbers: dict[int, list[int]] = {}
    for thread, number in program.ran:
        numbers.setdefault(thread, []).append(number)
    del numbers[LAST]
    assert all(order == list(range(crowd.each)) for order in numbers.values())


@pytest.mark.parametrize("soc", ["Ascend910", "Ascend910B", "Ascend950"])
def test_twenty_threads_lose_nothing(soc: str):
    loses_nothing(Crowd(20, 50, 8, 3, soc))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_hundred_threads_and_a_hundred_thousand_callbacks_lose_nothing():
    loses_nothing(Crowd(200, 500, 40, 8))
