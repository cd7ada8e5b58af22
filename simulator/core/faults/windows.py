"""Queues that take nothing for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from simulator.base.units import format_duration

if TYPE_CHECKING:
    from simulator.core.faults.declared import DeclaredFault
    from simulator.core.faults.runtime import Faults


class Moment:
    """An event of a declared fault: what chooses among events names it by its `label`."""

    __slots__ = ("_act", "label")

    def __init__(self, spec: str, act: Callable[[], object]) -> None:
        self.label = f"fault {spec}"
        self._act = act

    def __repr__(self) -> str:
        return f"<moment of {self.label}>"

    def __call__(self) -> None:
        """Let it happen."""
        self._act()


class Queue(Protocol):
    """What a window closes: a queue with so many places, which lets in those that wait for one."""

    depth: int

    def admit(self) -> None:
        """Let in whoever waits."""


class Window:
    """Leaves *queue* no place from the fault's time on for as long as it says; a queue made later misses part."""

    __slots__ = ("_about", "_depth", "_fault", "_faults", "_queue", "_what")

    def __init__(
        self,
        faults: Faults,
        fault: DeclaredFault,
        queue: Queue,
        what: str,
        *,
        stream: str | None = None,
        thread: str | None = None,
    ) -> None:
        self._faults = faults
        self._fault = fault
        self._queue = queue
        self._what = what
        self._about = (stream, thread)
        self._depth = queue.depth
        now, begins = faults.rt.kernel.now, fault.at or 0
        left = begins + (fault.value or 0) - max(now, begins)
        if left > 0:
            faults.after(max(0, begins - now), fault, lambda: self._open(left))

    def __repr__(self) -> str:
        return f"<window of {self._fault.spec} on {self._what}>"

    def _open(self, length: int) -> None:
        if not self._faults.plan.chosen(self._fault):
            return
        stream, thread = self._about
        text = f"{self._what} took nothing for {format_duration(length)}"
        self._faults.plan.struck(self._fault, text, stream=stream, thread=thread, value=length)
        self._queue.depth = 0
        self._faults.after(length, self._fault, self._close)

    def _close(self) -> None:
        self._queue.depth = self._depth
        self._queue.admit()
