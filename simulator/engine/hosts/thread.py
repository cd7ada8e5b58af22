"""A host thread: who it is, where it is in its life, and what it waits for."""

from __future__ import annotations

from enum import Enum
from threading import get_ident, get_native_id
from types import CodeType
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.base.errors import InternalError
from simulator.base.lines import line_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.engine.wait import Wait

# Tells which OS thread calls: what `HostThread.os_ident` is compared with.
os_caller: Final = get_ident
# The number that the operating system has for the calling thread.
os_thread: Final = get_native_id


class ThreadState(Enum):
    """Where a host thread is in its life."""

    DECLARED = "not started"
    READY = "ready"
    RUNNING = "running"
    BLOCKED = "blocked"
    SPINNING = "spinning"
    OUTSIDE = "outside"
    ENDED = "ended"


# Looked up once, see `Outcome`: every wait makes its thread one after the other.
READY: Final = ThreadState.READY
RUNNING: Final = ThreadState.RUNNING
BLOCKED: Final = ThreadState.BLOCKED


class Place(NamedTuple):
    """A line of the program; it becomes text only when somebody reads it."""

    code: CodeType
    line: int

    def __str__(self) -> str:
        return line_text(self.code, self.line)


class HostThread:
    """One thread of the program. Everything that belongs to a thread hangs here, never on threading.local.

    `site` says for people where the thread is (a scenario step, a source line); `runtime` is the slot in
    which the core keeps what the vendor keeps per thread: current context and last error. `resume` lets the thread go
    on, and returns when somebody resumes the caller, which is its argument; the driver fills it in.
    """

    __slots__ = (
        "asked",
        "asked_after",
        "carrier",
        "daemon",
        "doing",
        "error",
        "hurried",
        "ident",
        "in_vain",
        "index",
        "internal",
        "joiners",
        "name",
        "names_next",
        "os_ident",
        "poll_epoch",
        "polls",
        "read_at",
        "reads",
        "resume",
        "runtime",
        "site",
        "spun_at",
        "state",
        "wait",
        "waits_at",
        "waits_since",
    )

    def __init__(self, name: str, index: int, *, daemon: bool, internal: bool) -> None:
        self.name = name
        self.index = index
        # What the program calls the thread, and which OS thread runs it; the driver fills both in.
        self.ident = 0
        self.os_ident = 0
        self.daemon = daemon
        self.internal = internal
        self.state = ThreadState.DECLARED
        self.wait: Wait | None = None
        self.joiners: list[Wait] = []
        self.error: BaseException | None = None
        self.site: str | None = None
        # What the scenario wants to call the next object this thread creates.
        self.names_next: str | None = None
        # A stack of what the thread is inside of, for the wait-for chain: callbacks it runs.
        self.doing: list[object] = []
        # Which query was in vain last, and when: a thread that asks again at that instant spins.
        self.asked: tuple[str, object] = ("", None)
        self.spun_at = -1
        self.asked_after = -1
        # What its host counted as progress when it last asked in vain, until it does something else; else -1.
        self.in_vain = -1
        # The line of its last wait with a timeout, where a chooser is asked about those.
        self.waits_at: object = None
        # How often it has let the world move since it last waited, because it called or read clocks so much.
        self.hurried = 0
        self.reads = 0
        self.read_at = -1
        self.waits_since = 0
        self.polls = 0
        self.poll_epoch = -1
        self.carrier: object = None
        self.resume: Callable[[HostThread | None], object] = self._has_no_carrier
        self.runtime: object = None

    @property
    def ended(self) -> bool:
        """True once the thread has returned or was ended by an exception."""
        return self.state is ThreadState.ENDED

    def _has_no_carrier(self, _me: HostThread | None) -> None:
        msg = f"{self!r} was handed a turn before it was started"
        raise InternalError(msg)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        where = f" in {self.wait.op}" if self.wait is not None else ""
        return f"<thread {self.name} {self.state.value}{where}>"
