"""Trace records of what is no behaviour of the runtime: declared faults, and what the program does with codes."""

from __future__ import annotations

from typing import NamedTuple


class FaultInjected(NamedTuple):
    """A declared fault struck: `fault` is its spec, `thread` or task `seq` of `stream` what it fell on.

    They are None and 0 when it fell on neither. `kind` is a `core.faults.FaultKind`'s value, and `value` what the
    fault brings: a code, ns, or how many.
    """

    time: int
    kind: str
    fault: str
    thread: str | None
    stream: str | None
    seq: int
    value: int
    text: str


class Unread(NamedTuple):
    """The program does not look at the code of a call: told once per place, with 0, and once per failure there."""

    time: int
    thread: str
    op: str
    code: int
    site: str | None
