"""Trace records about who polls for which stream."""

from __future__ import annotations

from typing import NamedTuple


class Subscribed(NamedTuple):
    """A stream was bound to a report thread; `internal` for the runtime's own (rule d4)."""

    time: int
    thread: str
    stream: str
    internal: bool


class Unsubscribed(NamedTuple):
    """A stream lost its report thread."""

    time: int
    thread: str
    stream: str


class Inherited(NamedTuple):
    """Thread `heir` has the id of `thread`, which has ended, and with it all its subscriptions (rule b1)."""

    time: int
    thread: str
    heir: str
    device: int
