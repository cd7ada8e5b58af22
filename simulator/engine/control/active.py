"""Which scope is open, and who of its threads calls."""

from __future__ import annotations

from math import ceil
from sys import _getframe
from typing import TYPE_CHECKING, Final

from simulator.engine.control.originals import get_ident
from simulator.engine.hosts.places import is_library

if TYPE_CHECKING:
    from simulator.engine.hosts.scheduler import Scheduler
    from simulator.engine.hosts.thread import HostThread

_SECOND: Final = 1_000_000_000


class Active:
    """The host of the open scope; None while there is none."""

    __slots__ = ("host",)

    def __init__(self) -> None:
        self.host: Scheduler | None = None

    def __repr__(self) -> str:
        return f"<active {self.host!r}>"


active: Final = Active()


def here() -> HostThread | None:
    """Return the controlled thread that calls; None without a scope, and for threads the host does not know.

    A thread that has lost its turn waits here for the next one.
    """
    host = active.host
    if host is None:
        return None
    running = host.running
    if running is not None and running.os_ident == get_ident():
        return running
    return host.known_caller()


def by_program(depth: int = 2) -> bool:
    """Tell whether the program itself called, not the standard library on its behalf.

    What threading.py or queue.py does inside is no point at which threads change, and no sign of a spin.
    """
    return not is_library(_getframe(depth))


def nanoseconds(seconds: float) -> int:
    """Return *seconds* in ns, rounded so that no less time passes than was asked for.

    Rounding down makes a wait for the rest of a nanosecond come back at once, for ever.
    """
    if isinstance(seconds, int):
        return seconds * _SECOND
    near = round(seconds * _SECOND)
    return near if near / _SECOND >= seconds else max(ceil(seconds * _SECOND), near + 1)
