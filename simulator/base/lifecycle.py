"""State tables of all long-lived objects, in one place.

Each table maps a state to the transitions that leave it. `Lifecycle.advance` is the only way to move an
object; a move that its table does not have is a broken invariant of the model. Tasks have no table: a task's
state is its place in its stream (speed).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.base.errors import InternalError
from simulator.base.trace import Moved, Trace

Table = Mapping[str, Mapping[str, str]]

# The primary context comes with the first set_device and goes with the last reset_device (rules g5, g6).
DEVICE: Final[Table] = {
    "idle": {"set": "active"},
    "active": {"reset": "resetting", "drop": "idle"},
    "resetting": {"released": "idle", "drop": "idle"},
}
CONTEXT: Final[Table] = {
    "live": {"destroy": "destroying", "drop": "destroyed"},
    "destroying": {"released": "destroyed", "drop": "destroyed"},
    "destroyed": {},
}
# Rule e9: destroy_stream waits for the tasks first, and only then is the stream gone.
STREAM: Final[Table] = {
    "live": {"fail": "failed", "destroy": "destroying", "drop": "destroyed"},
    "failed": {"clear": "live", "destroy": "destroying", "drop": "destroyed"},
    "destroying": {"released": "destroyed", "drop": "destroyed"},
    "destroyed": {},
}
EVENT: Final[Table] = {"live": {"drop": "destroyed"}, "destroyed": {}}
NOTIFY: Final[Table] = {"live": {"drop": "destroyed"}, "destroyed": {}}
# Rule b11: a subscription is the user's or the runtime's own for its whole life.
SUBSCRIPTION: Final[Table] = {"bound": {"release": "released"}, "released": {}}
# Rules b8, b13: one queue per thread and device, closed with the last subscription.
REPORT_QUEUE: Final[Table] = {"open": {"close": "closed"}, "closed": {}}
MODEL: Final[Table] = {"loaded": {"unload": "unloaded"}, "unloaded": {}}

TABLES: Final[Mapping[str, Table]] = {
    "device": DEVICE,
    "context": CONTEXT,
    "stream": STREAM,
    "event": EVENT,
    "notify": NOTIFY,
    "subscription": SUBSCRIPTION,
    "report queue": REPORT_QUEUE,
    "model": MODEL,
}


class Lifecycle:
    """The current state of one object, moved only along its table."""

    __slots__ = ("kind", "name", "state")

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name
        self.state = next(iter(TABLES[kind]))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} {self.state}>"

    def advance(self, transition: str, now: int, trace: Trace | None) -> None:
        """Move along *transition* and record it; raise `InternalError` if the table has no such move."""
        target = TABLES[self.kind][self.state].get(transition)
        if target is None:
            msg = f"{self.kind} {self.name} is {self.state} and has no transition {transition!r}"
            raise InternalError(msg)
        if trace is not None:
            trace.append(Moved(now, self.kind, self.name, self.state, target))
        self.state = target
