"""Host threads as the program's real OS threads, exactly one of which runs: the one that holds the baton.

Each thread parks on a raw lock of its own (`latch`). Handing over is two operations, release theirs and acquire
one's own; whoever ran the kernel before hands over directly, there is no thread in between.
"""

from __future__ import annotations

import sys
from _thread import start_new_thread
from collections.abc import Callable
from functools import partial
from pathlib import Path
from signal import SIGINT, pthread_kill
from threading import get_ident, get_native_id, main_thread
from types import FrameType
from typing import TYPE_CHECKING, Final, cast

from simulator.base.errors import UserError
from simulator.engine.hosts.ends import ThreadKilled
from simulator.engine.hosts.latch import BY_SIGNALS, FOREVER, TAKEN, Latch, acquire, release
from simulator.engine.hosts.places import is_library, is_ours, passages
from simulator.engine.hosts.thread import ThreadState

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread

# How long, in real seconds, a thread that is being unwound is waited for: it may be stuck where we cannot reach.
_UNWINDING: Final = 1.0


class Carrier:
    """What one OS thread parks on, and what it will run."""

    __slots__ = ("begun", "body", "killed", "latch", "native")

    def __init__(self) -> None:
        self.latch = Latch()
        self.body: Callable[[], None] | None = None
        self.begun = False
        self.killed = False
        # What the operating system calls the thread.
        self.native = 0

    def renew(self) -> None:
        """Make another latch to park on: Ctrl-C came in the first thread, while another one has the baton."""
        self.latch = Latch()

    def __repr__(self) -> str:
        return f"<carrier, {'killed' if self.killed else 'begun' if self.begun else 'parked'}>"


class BatonDriver:
    """Runs host threads as OS threads; the one that makes the driver is home."""

    def __init__(self) -> None:
        self._home = Carrier()
        self._home.begun = True
        self._home.native = get_native_id()
        self._ident = get_ident()
        # Declared threads, by index, whose OS thread is parked before its first line.
        self._declared: dict[int, Carrier] = {}
        # Those whose OS thread is ours, from first to last.
        self._kept: list[Carrier] = []
        self._known: dict[int, HostThread] = {}
        self._closed = False
        # What ended a thread and concerns the whole run: it comes out at home.
        self._failure: BaseException | None = None
        # Called once, when a second thread starts.
        self.on_company: Callable[[], None] | None = None
        # Called on a thread that has ended: lets the next one go on.
        self._pass_on: Callable[[], None] = lambda: self.wake(None)

    def __repr__(self) -> str:
        return f"<baton driver, {len(self._known)} threads known>"

    # -- what the scheduler asks (protocol.Driver) ---------------------------------------------------------------

    def enlist(self, thread: HostThread) -> None:
        """Make the OS thread of a declared thread, parked: its id is real, and valid at once (rule b1)."""
        carrier = self._declared[thread.index] = Carrier()
        self._kept.append(carrier)
        thread.ident = thread.os_ident = start_new_thread(self._keep, (thread, carrier))
        self._known[thread.ident] = thread

    def enlist_main(self, thread: HostThread) -> None:
        """Take the thread that made the driver as the program's first."""
        thread.ident = thread.os_ident = self._ident
        thread.resume = partial(self._hand, self._home)
        self._known[self._ident] = thread

    def spawn(self, thread: HostThread, body: Callable[[], None]) -> None:
        """Say what the thread's OS thread runs when it is first handed the baton.

        One that was not enlisted is made by somebody else, and comes to `carry` by itself, at any time.
        """
        carrier = self._declared.pop(thread.index, None) or Carrier()
        carrier.body = body
        thread.carrier = carrier
        if self.on_company is not None:
            begin, self.on_company = self.on_company, None
            begin()
        thread.resume = partial(self._hand, carrier)

    def home(self, me: HostThread | None) -> None:
        """Hand the baton home and park; at home itself there is nobody to hand it to, so only park."""
        if me is not None and me.carrier is not None:
            self._home.latch.open()
            self._park(cast("Carrier", me.carrier))
        else:
            self._park(self._home)

    def kill(self, thread: HostThread) -> None:
        """Raise `ThreadKilled` in a parked thread and wait, within bounds, until it has come to its end."""
        carrier = cast("Carrier", thread.carrier)
        carrier.killed = True
        if thread.state is ThreadState.OUTSIDE:
            return  # stuck where we cannot reach: its next call is refused
        carrier.latch.open()
        self._home.latch.park_for(_UNWINDING)

    def on_end(self, pass_on: Callable[[], None]) -> None:
        """Call *pass_on* on each OS thread whose thread has ended: it picks the next one itself."""
        self._pass_on = pass_on

    def wake(self, thread: HostThread | None) -> None:
        """Hand the baton to *thread*, None for home, on behalf of somebody who does not park."""
        carrier = self._home if thread is None or thread.carrier is None else cast("Carrier", thread.carrier)
        carrier.latch.open()  # home may be somewhere else, and be woken twice

    def park(self, me: HostThread) -> None:
        """Wait until the baton is handed to the caller."""
        self._park(self._home if me.carrier is None else cast("Carrier", me.carrier))

    def inside(self, thread: HostThread) -> bool:
        """Tell whether the innermost frame of *thread* that is not of the standard library is ours."""
        frame = sys._current_frames().get(thread.os_ident)  # noqa: SLF001 - its documented name
        while frame is not None and is_library(frame):
            frame = frame.f_back
        return frame is not None and is_ours(frame) and frame.f_code not in passages

    def gone(self, thread: HostThread) -> bool:
        """Tell whether the OS thread of *thread* is no more."""
        return thread.os_ident not in sys._current_frames()  # noqa: SLF001 - its documented name

    def is_blocked(self, thread: HostThread) -> bool | None:
        """Tell whether the OS has the running *thread* asleep; None where nobody can say (no /proc)."""
        carrier = self._home if thread.carrier is None else cast("Carrier", thread.carrier)
        try:
            text = Path(f"/proc/self/task/{carrier.native}/stat").read_text("ascii", "replace")
        except OSError:
            return None
        return text.rpartition(")")[2].split()[0] in "SD"

    def interrupt_home(self) -> None:
        """Raise KeyboardInterrupt in the first thread, out of whatever call it is stuck in.

        Only the interpreter's main thread takes signals; another one that is home is left alone.
        """
        if self._ident == main_thread().ident:
            pthread_kill(self._ident, SIGINT)

    def fail(self, error: BaseException) -> None:
        """Let *error* come out at home, whose turn it then is."""
        self._failure = error
        self.wake(None)

    def close(self) -> None:
        """Let the OS threads end that are ours: of threads that were never started, and of those that are over."""
        self._closed = True
        for carrier in self._kept:
            carrier.killed = True
            carrier.latch.open()
        self._kept.clear()

    def forked(self) -> None:
        """Go on in a forked process, whose only thread is the one that made the driver."""
        self._home.native = get_native_id()

    def frame(self, thread: HostThread) -> FrameType | None:
        """Return the innermost frame of the thread; None for one that has not begun or is over."""
        carrier = self._home if thread.carrier is None else cast("Carrier", thread.carrier)
        if not carrier.begun or thread.ended:
            return None
        return sys._current_frames().get(thread.os_ident)  # noqa: SLF001 - its documented name

    def known(self) -> HostThread | None:
        """Return the thread that calls if it is one of ours and not over; else None, without a word."""
        thread = self._known.get(get_ident())
        return None if thread is None or thread.ended or self._closed else thread

    def caller(self) -> HostThread | None:
        """Return the thread that calls; None at home before it is enlisted.

        Raises UserError for an OS thread that was made behind the host's back, or is over.
        """
        ident = get_ident()
        thread = self._known.get(ident)
        if thread is not None and not thread.ended:
            return thread
        if ident == self._ident:
            return None
        if thread is not None:
            msg = f"thread {thread.name} has ended: a destructor that runs after its end cannot call the API"
        else:
            msg = (
                "this OS thread is not under the control of the simulator: it was started before the program, or "
                'by a C library; use the free host (--host free, acl_api.Session(host="free"))'
            )
        raise UserError(msg)

    def carry(self, thread: HostThread) -> None:
        """Run, on the OS thread that calls, the thread it was expected for; return when that is over."""
        self._carry(thread, cast("Carrier", thread.carrier))

    # -- inside --------------------------------------------------------------------------------------------------

    def _keep(self, thread: HostThread, carrier: Carrier) -> None:
        """Run a declared thread, and keep its OS thread afterwards: so no other one is given its id.

        The system gives ids out again, at once or later as it happens to be; a run must not depend on it.
        """
        self._carry(thread, carrier)
        if not self._closed:
            carrier.latch.park()

    def _carry(self, thread: HostThread, carrier: Carrier) -> None:
        carrier.latch.park()
        if not carrier.killed and carrier.body is not None:
            # Only now: when the OS thread arrives is not determined, when it is handed the baton is.
            thread.ident = thread.os_ident = get_ident()
            self._known[thread.ident] = thread
            carrier.begun = True
            carrier.native = get_native_id()
            try:
                carrier.body()
            except BaseException as error:  # noqa: BLE001 - whatever it is, home must hear of it
                self.fail(error)
                return
        elif carrier.body is None:
            return
        if carrier.killed:
            self.wake(None)
        else:
            self._pass_on()

    def _hand(self, theirs: Carrier, me: HostThread | None) -> None:
        """Hand the baton over and park until it comes back."""
        # Not `cast`, which would be a call.
        mine: Carrier = self._home if me is None or me.carrier is None else me.carrier  # type: ignore[assignment]
        latch = mine.latch
        try:
            # The other one goes on from here on: nothing of ours may happen before it hands the baton back.
            release(theirs.latch)
            while acquire(latch, FOREVER, BY_SIGNALS) != TAKEN:  # `Latch.park` written out
                pass
        except BaseException:
            mine.renew()
            raise
        if mine.killed or mine is self._home:
            self._come_back(mine)

    def _park(self, mine: Carrier) -> None:
        try:
            mine.latch.park()
        except BaseException:
            mine.renew()
            raise
        self._come_back(mine)

    def _come_back(self, mine: Carrier) -> None:
        if mine.killed:
            raise ThreadKilled
        if mine is self._home and self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
