"""Trace records about memory and about what host threads tell each other: what race and misuse checks read.

Buffers appear under labels that count allocations ("#3"), never under addresses. A range is (buffer, offset,
length) in bytes. Memory of the program's own that it has not registered is left out: where such memory lies, and
so whether two uses of it meet, differs from process to process.
"""

from __future__ import annotations

from typing import NamedTuple

Range = tuple[str, int, int]
Ranges = tuple[Range, ...]


class Allocated(NamedTuple):
    """A buffer of `size` bytes came to be; `place` as in `core.memory.Place`, `device` None for host memory."""

    time: int
    thread: str
    buffer: str
    place: str
    device: int | None
    size: int
    site: str | None


class Freed(NamedTuple):
    """A buffer was given back, at once and whatever was still to happen to it (rule h2)."""

    time: int
    thread: str
    buffer: str
    site: str | None


class TaskAccess(NamedTuple):
    """What the task `seq` of `stream`, just submitted, reads and writes when it runs.

    It reads all of that if it is `exact`; else it is not known how much of it matters.
    """

    time: int
    stream: str
    seq: int
    reads: Ranges
    writes: Ranges
    exact: bool


class HostAccess(NamedTuple):
    """What a host thread itself reads and writes, in a call or with its own hands."""

    time: int
    thread: str
    op: str
    reads: Ranges
    writes: Ranges
    site: str | None


class PoisonRead(NamedTuple):
    """Bytes that are read right now still hold what fresh memory is filled with; who reads them is told next."""

    time: int
    buffer: str
    offset: int
    length: int


class Awaited(NamedTuple):
    """A host thread knows that `stream` has come past its task `seq`: it asked, or its call waited for it."""

    time: int
    thread: str
    stream: str
    seq: int


class Forked(NamedTuple):
    """A host thread started another one."""

    time: int
    thread: str
    child: str


class Joined(NamedTuple):
    """A host thread saw the end of another one."""

    time: int
    thread: str
    child: str


class FlagSet(NamedTuple):
    """A host thread set a flag of the program, or cleared it (`value` False)."""

    time: int
    thread: str
    flag: str
    value: bool


class FlagSeen(NamedTuple):
    """A host thread looked at a flag, and goes by what it saw."""

    time: int
    thread: str
    flag: str
    value: bool


MemoryRecord = (
    Allocated | Freed | TaskAccess | HostAccess | PoisonRead | Awaited | Forked | Joined | FlagSet | FlagSeen
)
