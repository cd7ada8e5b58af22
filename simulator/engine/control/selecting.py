"""asyncio: an event loop waits in a selector, which would wait in real time while the clock stands still.

In the scope the selector of a loop is asked without waiting, and the loop's thread waits in the host: until
the loop's next timer, or until something it watches is ready. Other threads wake it through its self-pipe,
which is looked at whenever a turn ends. Selectors used outside asyncio stay real: their files belong to the
outside world.
"""

from __future__ import annotations

import selectors
import sys
from typing import Any, Final

from simulator.engine.control.active import active, here, nanoseconds
from simulator.engine.hosts.places import passages
from simulator.engine.wait import Wait

_Events = list[tuple[selectors.SelectorKey, int]]
_LOOP: Final = "asyncio."


class Poller:
    """A loop's thread that waits until its selector has something; the host asks `look`."""

    __slots__ = ("events", "outside", "select", "wait")

    def __init__(self, select: Any, wait: Wait, *, outside: bool) -> None:  # noqa: ANN401 - a bound method of theirs
        self.select = select
        self.wait = wait
        self.events: _Events = []
        # True when it also watches files of the outside world, beside the loop's own pipe.
        self.outside = outside

    def __repr__(self) -> str:
        return f"<poller of {self.select!r}>"

    def look(self, real_seconds: float) -> bool:
        """Ask the selector, for at most *real_seconds*; fire the wait if something is ready."""
        self.events = self.select(real_seconds)
        return bool(self.events) and self.wait.fire()


def stand_in_for(select: Any) -> Any:  # noqa: ANN401 - a method of a selector
    """Return what stands in for *select*, the method of a class of selectors."""

    def virtual_select(self: selectors.BaseSelector, timeout: float | None = None) -> _Events:
        caller = str(sys._getframe(1).f_globals.get("__name__", ""))  # noqa: SLF001 - its documented name
        host = active.host
        if host is None or not caller.startswith(_LOOP) or here() is None:
            return _really(select, self, timeout)
        events: _Events = select(self, 0)
        if events or (timeout is not None and timeout <= 0):
            if host.ready:
                host.give_way("select")
            return events
        wait = Wait("select", None, None if timeout is None else nanoseconds(timeout))
        poller = Poller(select.__get__(self), wait, outside=len(self.get_map()) > 1)
        host.pollers.append(poller)
        try:
            host.wait(wait)
        finally:
            host.pollers.remove(poller)
        return poller.events

    return virtual_select


def _really(select: Any, selector: selectors.BaseSelector, timeout: float | None) -> _Events:  # noqa: ANN401 - as above
    """Wait in real time, as pools of processes and `subprocess` do: the watchdog lets others go on meanwhile."""
    events: _Events = select(selector, timeout)
    return events


passages.add(_really.__code__)


def patched_classes() -> tuple[Any, ...]:
    """Return the classes of selectors whose `select` a loop may call."""
    names = ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector")
    found = [getattr(selectors, name) for name in names if hasattr(selectors, name)]
    return tuple(found)
