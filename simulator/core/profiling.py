"""What a profiler of the program's gets to see: tasks that have left a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.core.tasks import Task

if TYPE_CHECKING:
    from simulator.core.streams import Stream


class Observer(Protocol):
    """Hears of every task of a device."""

    def __call__(self, stream: Stream, task: Task, started: int, code: int) -> None:
        """Take note of a task that ends now, and began when it says; *code* is that of its failure, else 0."""


class Profiling(Protocol):
    """What stands behind acl.prof; the runtime tells it when ACL is finalised."""

    def finalized(self) -> None:
        """Write what was recorded, if the configuration of acl.init has asked for it."""


class MarkTask(Task):
    """A point on a stream that a program has marked; it takes no time."""

    __slots__ = ("name",)
    name: str
    kind = "mark"

    def __init__(self, name: str) -> None:
        self.name = name

    def begin(self, stream: Stream) -> bool:  # noqa: ARG002 - the protocol's signature
        """Complete at once."""
        return True
