"""The threads of a program that runs as it pleases: met at their first call, or made by the host itself."""

from __future__ import annotations

import sys
import threading
from _thread import start_new_thread
from collections import deque
from collections.abc import Callable
from threading import get_ident
from types import FrameType
from typing import TYPE_CHECKING, cast

from simulator.base.errors import InternalError, UserError
from simulator.base.trace import ThreadEnded, ThreadStarted, Trace
from simulator.engine.hosts.ends import ThreadKilled
from simulator.engine.hosts.free_census import current_frames, thread_of
from simulator.engine.hosts.free_monitor import Monitor, Seat
from simulator.engine.hosts.places import place_of, primitive_of
from simulator.engine.hosts.thread import HostThread, Place, ThreadState

if TYPE_CHECKING:
    from simulator.engine.kernel import Kernel


class _Life:
    """Lies in a thread's own storage, which CPython clears when the thread ends: nobody else would tell."""

    __slots__ = ("_departed", "_thread")

    def __init__(self, thread: HostThread, departed: deque[HostThread]) -> None:
        self._thread = thread
        self._departed = departed

    def __del__(self) -> None:
        self._departed.append(self._thread)


class Crowd:
    """All threads that have called, and those the host has made; each is found by its own storage.

    Ids are used again as soon as a thread has ended, so an id alone does not say who calls.
    """

    def __init__(self, kernel: Kernel, trace: Trace | None) -> None:
        self.kernel = kernel
        self.trace = trace
        self.threads: list[HostThread] = []
        self.monitor = self._make_monitor()
        # Threads made by the host that nobody has started (they rest), or that have not reached their entry.
        self.dormant: set[int] = set()
        self.beginning: set[int] = set()
        self._mine = threading.local()
        self._names: set[str] = set()
        self._departed: deque[HostThread] = deque()
        # Threads that others have named by their ids, and that have not called yet.
        self._awaited: dict[int, tuple[threading.Thread, HostThread]] = {}

    def __repr__(self) -> str:
        return f"<crowd of {len(self.threads)} threads>"

    def current(self) -> HostThread:
        """Return the calling thread; one that was never met is adopted under the name it has in `threading`."""
        try:
            return cast("HostThread", self._mine.thread)
        except AttributeError:
            return self._adopt()

    def meet(self, ident: int) -> HostThread | None:
        """Return the thread that has this id, which need not have called yet, else the last that had it, or None.

        Called inside the monitor: whoever has ended is known to have ended then.
        """
        known = thread_of(ident)
        self._forget_the_dead()
        newest = next((thread for thread in reversed(self.threads) if thread.ident == ident), None)
        if known is None or (newest is not None and not newest.ended):
            return newest
        thread = self._welcome(ident, known)
        self._awaited[ident] = known, thread
        return thread

    def thread(self, name: str, *, daemon: bool = False, internal: bool = False) -> HostThread:
        """Declare a thread that is not started yet: its OS thread exists, parked, so its id is real (rule b1)."""
        mine = self.monitor.hold()
        try:
            thread = self._new(name, daemon=daemon, internal=internal)
            thread.ident = thread.os_ident = start_new_thread(self._carry, (thread,))
            self.dormant.add(thread.os_ident)
        finally:
            if mine:
                self.monitor.lock.release()
        return thread

    def start(self, thread: HostThread, entry: Callable[[], object]) -> None:
        """Let *thread* run *entry*; raises UserError for a thread that was started before."""
        mine = self.monitor.hold()
        try:
            if thread.state is not ThreadState.DECLARED:
                msg = (
                    f"thread {thread.name} was started before: declare another one with session.host.thread()"
                )
                raise UserError(msg)
            thread.state = ThreadState.RUNNING
            self.beginning.add(thread.os_ident)
            self.dormant.discard(thread.os_ident)
            if self.trace is not None:
                self.trace.append(ThreadStarted(self.kernel.now, thread.name, thread.internal))
            self.changed()
            seat = seat_of(thread)
            seat.entry = entry
            seat.ring()
        finally:
            if mine:
                self.monitor.lock.release()

    def where(self, thread: HostThread) -> str | Place | None:
        """Return where in the program *thread* is: its `site`, else the innermost frame that is not ours."""
        if thread.site is not None or thread.ended or thread.internal:
            return thread.site
        return place_of(_frame(thread))

    def primitive(self, thread: HostThread) -> str | None:
        """Return what of the standard library *thread* is inside of, such as "Thread.join"; None for nothing."""
        return None if thread.ended or thread.internal else primitive_of(_frame(thread))

    def changed(self) -> None:
        """Note that a thread was started or has ended, or was woken by a signal."""

    def bury(self) -> None:
        """Note the end of the threads that have gone since the last time. Called inside the monitor."""
        while self._departed:
            self.ended(self._departed.popleft(), None)
        self._forget_the_dead()

    def ended(self, thread: HostThread, error: BaseException | None) -> None:
        """Note that *thread* has ended, and wake who waits for that. Called inside the monitor."""
        thread.state = ThreadState.ENDED
        thread.error = error
        if self.trace is not None:
            text = None if error is None else f"{type(error).__name__}: {error}"
            self.trace.append(ThreadEnded(self.kernel.now, thread.name, text))
        for wait in thread.joiners:
            wait.fire()
        self.changed()

    def dismiss_dormant(self) -> None:
        """Let threads that were declared and never started go. Called inside the monitor."""
        for thread in self.threads:
            if thread.os_ident in self.dormant and thread.state is ThreadState.DECLARED:
                seat_of(thread).ring()

    def enter(self) -> None:
        """Come in."""
        self.monitor.lock.acquire()

    def leave(self) -> None:
        """Let others in."""
        self.monitor.lock.release()

    def _make_monitor(self) -> Monitor:
        return Monitor()

    def _make_seat(self) -> Seat:
        return Seat()

    # -- inside --------------------------------------------------------------------------------------------------

    def _new(self, name: str, *, daemon: bool, internal: bool) -> HostThread:
        unique, copy = name, 2
        while unique in self._names:
            unique, copy = f"{name}-{copy}", copy + 1
        self._names.add(unique)
        thread = HostThread(unique, len(self.threads), daemon=daemon, internal=internal)
        thread.carrier = self._make_seat()
        self.threads.append(thread)
        return thread

    def _adopt(self) -> HostThread:
        ident = get_ident()
        known = thread_of(ident)
        mine = self.monitor.hold()
        try:
            self._forget_the_dead()
            awaited = self._awaited.pop(ident, None)
            thread = self._welcome(ident, known) if awaited is None else awaited[1]
            self._mine.thread = thread
            self._mine.life = _Life(thread, self._departed)
        finally:
            if mine:
                self.monitor.lock.release()
        return thread

    def _welcome(self, ident: int, known: threading.Thread | None) -> HostThread:
        name = (
            "main" if known is threading.main_thread() else "foreign thread" if known is None else known.name
        )
        thread = self._new(name, daemon=known is None or known.daemon, internal=False)
        thread.ident = thread.os_ident = ident
        thread.state = ThreadState.RUNNING
        if self.trace is not None and name != "main":
            self.trace.append(ThreadStarted(self.kernel.now, thread.name, internal=False))
        return thread

    def _forget_the_dead(self) -> None:
        """Note the end of awaited threads that have gone without a call: their ids may have gone to others."""
        for ident, (known, thread) in list(self._awaited.items()):
            if thread_of(ident) is not known:
                del self._awaited[ident]
                self.ended(thread, None)

    def _carry(self, thread: HostThread) -> None:
        """Be the OS thread of *thread*: park until it is started or dismissed, then run its entry."""
        self._mine.thread = thread
        seat = seat_of(thread)
        seat.park()
        self.beginning.discard(get_ident())
        if seat.entry is not None:
            self._run(thread, seat.entry)

    def _run(self, thread: HostThread, entry: Callable[[], object]) -> None:
        error: BaseException | None = None
        try:
            entry()
        except (ThreadKilled, SystemExit):  # as in a real thread, SystemExit ends it without a word
            pass
        except InternalError as raised:  # our bug: the interpreter shows it, with the place
            error = raised
            raise
        except Exception as raised:  # noqa: BLE001 - it ends this thread only, as it would a real one
            error = raised
        finally:
            self.monitor.hold()
            self.ended(thread, error)
            self.leave()


def seat_of(thread: HostThread) -> Seat:
    """Return where *thread* is parked."""
    return cast("Seat", thread.carrier)


def _frame(thread: HostThread) -> FrameType | None:
    if thread.os_ident == get_ident():
        return sys._getframe(2)  # noqa: SLF001 - its documented name
    return current_frames().get(thread.os_ident)
