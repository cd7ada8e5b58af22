"""What the model asks of a host, whatever its threads are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread, Place
    from simulator.engine.wait import Outcome, Wait


class Host(Protocol):
    """Host threads as the model sees them. Every method is called on the thread that runs now.

    `monitored` tells that threads run as they please and come in one at a time: every call of the API is between
    `enter` and `leave`, and functions of the user's run outside. Elsewhere both do nothing. With `models_gil`, a
    wait that keeps the interpreter lock keeps every other thread of the program from running. `uncontrolled` tells
    that nobody decides which thread runs.
    """

    monitored: bool
    uncontrolled: bool
    models_gil: bool

    def enter(self) -> None:
        """Come in, when nobody else is inside."""

    def leave(self) -> None:
        """Let others in; nothing for a caller who is outside."""

    def inside(self) -> bool:
        """Tell whether the caller has come in, and so is in the middle of a call."""

    def put_off(self, call: Callable[[], object]) -> None:
        """Make *call* when the caller, who is inside, has let others in."""

    @property
    def threads(self) -> Sequence[HostThread]:
        """All threads there are or were, in the order they were declared."""

    @property
    def end(self) -> object:
        """How the run ended; None while it goes on."""

    def current(self) -> HostThread:
        """Return the thread that calls."""

    def meet(self, ident: int) -> HostThread | None:
        """Return the thread with that id, the newest if several had it, even one that has not called yet."""

    def wait(self, wait: Wait, *, keeps_gil: bool = False) -> Outcome:
        """Block the caller until *wait* ends; its `timeout` counts from now.

        *keeps_gil* tells that the call does not let other Python threads run meanwhile (pyacl.md, GIL).
        """

    def thread(self, name: str, *, daemon: bool = False, internal: bool = False) -> HostThread:
        """Declare a thread that is not started yet; its ident is valid at once (rule b1)."""

    def start(self, thread: HostThread, entry: Callable[[], object]) -> None:
        """Make *thread* ready to run *entry*."""

    def join(self, thread: HostThread) -> bool | None:
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
    """How one kind of thread is made and switched to. Exactly one runs at a time.

    *me* is always the thread that calls; None for whoever called `Scheduler.run`.
    """

    def enlist(self, thread: HostThread) -> None:
        """Fill in `ident` and `os_ident` of a thread that has just been declared."""

    def enlist_main(self, thread: HostThread) -> None:
        """Fill in `ident`, `os_ident` and `resume` of the thread that made the driver."""

    def spawn(self, thread: HostThread, body: Callable[[], None]) -> None:
        """Make the carrier of *thread*, which runs *body* when first resumed, and fill in `resume`."""

    def home(self, me: HostThread | None) -> None:
        """Let whoever made the driver go on, and return when somebody switches back to the caller."""

    def kill(self, thread: HostThread) -> None:
        """Unwind *thread*, which is not running, with `ThreadKilled`."""

    def on_end(self, pass_on: Callable[[], None]) -> None:
        """Say what lets the next thread go on when one has ended; drivers that fall home do not need it."""

    def wake(self, thread: HostThread | None) -> None:
        """Let *thread*, None for home, go on, on behalf of a caller who has ended or has lost its turn."""

    def park(self, me: HostThread) -> None:
        """Wait until somebody lets the caller go on, who had lost its turn."""

    def inside(self, thread: HostThread) -> bool:
        """Tell whether the innermost frame of *thread*, which runs, is of our code: it will be back soon."""

    def interrupt_home(self) -> None:
        """Get the thread that made the driver out of whatever it is stuck in."""

    def fail(self, error: BaseException) -> None:
        """Let *error* come out at home, on behalf of a caller who has ended or has lost its turn."""

    def close(self) -> None:
        """Let go of threads that were declared and never started."""

    def frame(self, thread: HostThread) -> FrameType | None:
        """Return the innermost Python frame of *thread*, wherever it is suspended; None if it has none."""

    def known(self) -> HostThread | None:
        """Return the thread that calls if the driver knows it and it is not over; else None."""

    def carry(self, thread: HostThread) -> None:
        """Run *thread*, which was not enlisted, on the OS thread that calls, to its end."""

    def caller(self) -> HostThread | None:
        """Return the thread that calls; None for the one that made the driver, before it is enlisted.

        Raises UserError for a thread that this driver can neither know nor block.
        """
