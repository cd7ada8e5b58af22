"""What the model asks of a host, whatever its threads are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread, Place
    from simulator.engine.wait import Outcome, Wait


class Host(Protocol):
    """Host threads as the model sees them. Every method is called on the thread that runs now."""

    @property
    def threads(self) -> Sequence[HostThread]:
        """All threads there are or were, in the order they were declared."""

    @property
    def end(self) -> object:
        """How the run ended; None while it goes on."""

    def current(self) -> HostThread:
        """Return the thread that calls."""

    def wait(self, wait: Wait, *, keeps_gil: bool = False) -> Outcome:
        """Block the caller until *wait* ends; its `timeout` counts from now.

        *keeps_gil* tells that the call does not let other Python threads run meanwhile (pyacl.md, GIL).
        """

    def thread(self, name: str, *, daemon: bool = False, internal: bool = False) -> HostThread:
        """Declare a thread that is not started yet; its ident is valid at once (rule b1)."""

    def start(self, thread: HostThread, entry: Callable[[], object]) -> None:
        """Make *thread* ready to run *entry*."""

    def join(self, thread: HostThread) -> None:
        """Block the caller until *thread* has ended."""

    def point(self, kind: str) -> None:
        """Offer the other ready threads a turn; the caller stands first."""

    def give_way(self, kind: str) -> None:
        """Offer the other ready threads a turn; the caller stands last."""

    def where(self, thread: HostThread) -> str | Place | None:
        """Return where in the program *thread* is, for people: its step, or file and line."""

    def spin(self, op: str = "", on: object = None) -> None:
        """Note that the caller asked *op* about *on* in vain; asked again at one instant, the world moves."""


class Driver(Protocol):
    """How one kind of thread is made and switched to. Exactly one runs at a time."""

    def enlist(self, thread: HostThread) -> None:
        """Fill in `ident` and `os_ident` of a thread that has just been declared."""

    def enlist_main(self, thread: HostThread) -> None:
        """Fill in `ident` and `os_ident` of the thread that made the driver."""

    def spawn(self, thread: HostThread, body: Callable[[], None]) -> None:
        """Make the carrier of *thread*; it runs *body* when first switched to."""

    def switch(self, thread: HostThread) -> None:
        """Let *thread* go on, and return when somebody switches back to the caller."""

    def home(self) -> None:
        """Let whoever called `Scheduler.run` go on."""

    def kill(self, thread: HostThread) -> None:
        """Unwind *thread*, which is not running, with `ThreadKilled`."""

    def frame(self, thread: HostThread) -> FrameType | None:
        """Return the innermost Python frame of *thread*, wherever it is suspended; None if it has none."""

    def check_caller(self) -> None:
        """Raise a clear error when the caller is a thread this driver does not know."""
