"""Runs a function of a test as a program of its own, under the baton and in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.base.trace import Trace
from simulator.engine.choice import Chooser
from simulator.engine.control.scope import Scope
from simulator.engine.hosts.baton import BatonDriver
from simulator.engine.hosts.ends import RunEnd
from simulator.engine.hosts.scheduler import Scheduler
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.kernel import Kernel

SECOND = 1_000_000_000


@dataclass(frozen=True)
class Ran:
    """What a program left behind."""

    host: Scheduler
    end: RunEnd
    trace: Trace

    @property
    def seconds(self) -> float:
        return self.end.now / SECOND


def make(chooser: Chooser | None = None) -> Scheduler:
    limits = StallLimits(after=1000 * SECOND, polls=5000)
    return Scheduler(Kernel(chooser), BatonDriver(), limits=limits, trace=Trace())


def run(
    program: Callable[[], object],
    chooser: Chooser | None = None,
    *,
    watchdog: float | None = None,
    patience: float = 5.0,
) -> Ran:
    """Run *program* to its end, threads and exit functions included; a deadlock raises `Stuck`."""
    host = make(chooser)
    host.outside.patience = patience
    try:
        with Scope(host, watchdog=watchdog) as scope:
            program()
            scope.finish()
            end = host.finish()
    finally:
        host.stop()
    assert host.trace is not None
    return Ran(host, end, host.trace)
