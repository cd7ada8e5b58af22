"""Trace records about tasks that wait for a notify, or for a value in memory."""

from __future__ import annotations

from typing import NamedTuple


class Held(NamedTuple):
    """A task began to wait for a notify, or for a value in memory (`what`: see `Passed`)."""

    time: int
    stream: str
    seq: int
    what: str


class Passed(NamedTuple):
    """A task that waits for a notify, or for a value in memory, goes on.

    `what` is the notify, or the buffer. What has let it pass is task (source, source_seq), or a call of `thread`;
    all empty where nobody knows, as for a value that was there all along.
    """

    time: int
    stream: str
    seq: int
    what: str
    source: str | None
    source_seq: int
    thread: str | None
