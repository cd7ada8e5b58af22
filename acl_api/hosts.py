"""Which host runs a session's threads, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from simulator.base.errors import UserError
from simulator.engine.hosts.protocol import Host

if TYPE_CHECKING:
    from simulator.base.trace import Trace
    from simulator.engine.hosts.ends import RunEnd, Stuck
    from simulator.engine.hosts.stall import StallLimits, StallWatch
    from simulator.engine.kernel import Kernel

HOSTS: Final = ("greenlets", "baton", "free")


class SessionHost(Host, Protocol):
    """What a session asks of its host, besides what the model asks.

    `on_stuck` is called when the run cannot go on; `error_of` makes what the program's first thread gets then.
    `watch` calls a run stalled.
    """

    on_stuck: Callable[[], None] | None
    error_of: Callable[[Stuck], Exception]
    watch: StallWatch

    @property
    def remarks(self) -> Sequence[str]:
        """Sentences about what could not be controlled: a run that has one is inconclusive."""

    @property
    def end(self) -> RunEnd | None:
        """How the run ended; None while it goes on."""

    def sleep(self, duration: int) -> None:
        """Block the caller for *duration* ns of simulated time."""

    def run(self) -> RunEnd:
        """Run the started threads until all but daemons have ended, or nothing can go on."""

    def stop(self) -> None:
        """Unwind every thread that is still blocked; the run is over."""


class HostMaker(Protocol):
    """Makes a host that has no name: one whose threads nobody may choose by an option."""

    def __call__(self, kernel: Kernel, *, trace: Trace | None, limits: StallLimits | None) -> SessionHost:
        """Return the host of one run."""


def make_host(
    name: str | HostMaker,
    kernel: Kernel,
    *,
    trace: Trace | None,
    limits: StallLimits | None,
    gil: bool,
    speed: float,
    patience: float,
    aborts: bool,
) -> SessionHost:
    """Return a host for one run; only what it is made of is imported. Raises UserError for an unknown name."""
    if not isinstance(name, str):
        return name(kernel, trace=trace, limits=limits)
    if name == "free":
        from simulator.engine.hosts.free import FreeHost
        from simulator.engine.hosts.free_patience import StallOptions

        stall = StallOptions(patience, aborts)
        return FreeHost(kernel, trace=trace, limits=limits, speed=speed, gil=gil, stall=stall)
    if name not in HOSTS:
        raise UserError(f"host {name!r} does not exist: choose one of {', '.join(HOSTS)}")
    from simulator.engine.hosts.scheduler import Scheduler

    if name == "baton":
        from simulator.engine.hosts.baton import BatonDriver

        return Scheduler(kernel, BatonDriver(), limits=limits, trace=trace, gil=gil)
    from simulator.engine.hosts.greenlets import GreenletDriver

    return Scheduler(kernel, GreenletDriver(), limits=limits, trace=trace, gil=gil)
