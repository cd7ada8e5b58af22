"""A device: its profile, engines, primary context and the resources that run out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.lifecycle import Lifecycle
from simulator.core.engines import Engine
from simulator.costs.protocol import Direction

if TYPE_CHECKING:
    from simulator.base.profile import SocProfile
    from simulator.base.trace import Trace
    from simulator.core.contexts import Context
    from simulator.engine.kernel import Kernel
    from simulator.engine.wait import Wait


class Device:
    """One device; the primary context is shared by all threads that set it and counted (rules g5, g6)."""

    __slots__ = (
        "contexts",
        "copy_engines",
        "cores",
        "event_waits",
        "events_used",
        "index",
        "kernel",
        "life",
        "memory_used",
        "next_stream",
        "notifies_used",
        "primary",
        "primary_refs",
        "profile",
        "streams_used",
        "trace",
    )

    def __init__(
        self, index: int, profile: SocProfile, kernel: Kernel, trace: Trace | None, *, compete: bool = True
    ) -> None:
        self.index = index
        self.profile = profile
        self.kernel = kernel
        self.trace = trace
        self.life = Lifecycle("device", str(index))
        self.primary: Context | None = None
        self.primary_refs = 0
        self.contexts: list[Context] = []
        self.streams_used = 0
        self.next_stream = 0
        self.events_used = 0
        self.event_waits: list[Wait] = []
        self.notifies_used = 0
        self.memory_used = 0
        # Without competition every task has an engine of its own: only order is of interest then.
        figures = profile.engines
        self.cores = Engine("AI cores", figures.ai_cores) if compete else None
        ways = {
            Direction.HOST_TO_DEVICE: figures.copy_h2d,
            Direction.DEVICE_TO_HOST: figures.copy_d2h,
            Direction.DEVICE_TO_DEVICE: figures.copy_d2d,
        }
        self.copy_engines = {
            way: Engine(f"copy {way.value}", count) for way, count in ways.items() if compete
        }

    def __repr__(self) -> str:
        return f"<device {self.index} {self.profile.key} {self.life.state}, {self.primary_refs} references>"

    def __str__(self) -> str:
        return f"device {self.index}"

    def give_event_id_back(self) -> None:
        """Free one event id; records that wait for one try again (rule f3)."""
        self.events_used -= 1
        waits, self.event_waits = self.event_waits, []
        for wait in waits:
            wait.fire()
