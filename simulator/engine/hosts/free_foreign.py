"""The free host for a program that is not written in Python: its threads come in from C, at their first call.

Nothing can be seen of such threads but their calls, so there is no census of frames. Every thread that has called,
and has not ended, counts: while one of them is outside of the library, simulated time follows real time; when all
are blocked inside, the world moves ahead at once. Threads that have not called yet are not known. They may be about
to, so while the process has any, a timeout of the program's is waited for in real time: nobody comes too late for it
that would not on hardware. A hang is never certain here: it is told after a while, and the program goes on, or ends.

Calls go through a gate in C (`free_gate.py`), one at a time, so rows need no monitor of their own. Whoever makes a
call for the program does it between `come_in` and `go_out`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import get_ident, get_native_id
from typing import TYPE_CHECKING, Final

from simulator.base.trace import ThreadStarted, Trace
from simulator.engine.hosts.ends import RunEnd, RunKind
from simulator.engine.hosts.free_census import Rest
from simulator.engine.hosts.free_gate import Gate, GateMonitor, GateSeat
from simulator.engine.hosts.free_patience import leave_process, tell
from simulator.engine.hosts.free_standby import Standby
from simulator.engine.hosts.thread import RUNNING, HostThread

if TYPE_CHECKING:
    from simulator.engine.hosts.free_monitor import Monitor, Seat
    from simulator.engine.hosts.free_patience import StallOptions
    from simulator.engine.hosts.stall import StallLimits
    from simulator.engine.kernel import Kernel

_TASKS: Final = Path("/proc/self/task")


class ForeignHost(Standby):
    """Threads of C behind one gate.

    *ended* tells which OS threads, by their ids, have ended since it was asked, and *count* how many the process has;
    None when nobody knows.
    """

    def __init__(
        self,
        kernel: Kernel,
        *,
        gate: Gate,
        ended: Callable[[], Iterable[int]],
        count: Callable[[], int | None] | None = None,
        trace: Trace | None = None,
        limits: StallLimits | None = None,
        speed: float = 1.0,
        stall: StallOptions | None = None,
    ) -> None:
        self._gate = gate
        super().__init__(kernel, trace=trace, limits=limits, speed=speed, stall=stall)
        self._ended = ended
        self._count = count or _count_threads
        # Those that others have named, and that have not called yet.
        self._expected: dict[int, HostThread] = {}
        # A stall was told: the world moves by the clock only, so that a hang does not burn the processor.
        self._walks = False

    def __repr__(self) -> str:
        return f"<foreign host with {len(self._living)} threads, {len(self._blocked)} blocked>"

    # -- coming and going ----------------------------------------------------------------------------------------

    def meet(self, ident: int) -> HostThread | None:
        """Return the thread with that id; one that has not called yet is expected from now on.

        Nobody can tell whether the id is one of a thread at all.
        """
        self.bury()
        known = self._living.get(ident) or self._expected.get(ident)
        if known is None:
            known = self._new(f"thread {len(self.threads)}", daemon=True, internal=False)
            known.ident = known.os_ident = ident
            self._expected[ident] = known
        return known

    def start(self, thread: HostThread, entry: Callable[[], object]) -> None:
        """Let *thread*, one of the host's own, run *entry*."""
        super().start(thread, entry)
        self._living[thread.os_ident] = thread

    def bury(self) -> None:
        """Note the end of the threads that have gone since the last time."""
        for ident in self._ended():
            thread = self._living.get(ident)
            if thread is not None:
                self.ended(thread, None)

    def ended(self, thread: HostThread, error: BaseException | None) -> None:
        """Note that *thread* has ended."""
        self._living.pop(thread.os_ident, None)
        super().ended(thread, error)

    def _make_monitor(self) -> Monitor:
        return GateMonitor(self._gate, self.held)

    def _make_seat(self) -> Seat:
        return GateSeat(self._gate)

    def _carry(self, thread: HostThread) -> None:
        # One of Python's threads, which does not come with a call.
        self._gate.enter()
        try:
            super()._carry(thread)
        finally:
            self._gate.leave()

    def _adopt(self) -> HostThread:
        ident = get_ident()
        self.bury()
        main = get_native_id() == os.getpid()
        thread = self._expected.pop(ident, None)
        if thread is None:
            name = "main" if main else _own_name() or f"thread {len(self.threads)}"
            thread = self._new(name, daemon=not main, internal=False)
        thread.ident = thread.os_ident = ident
        thread.state = RUNNING
        self._mine.thread = self._living[ident] = thread
        if self.trace is not None and not main:
            self.trace.append(ThreadStarted(self.kernel.now, thread.name, internal=False))
        self.changed()
        return thread

    # -- the world -----------------------------------------------------------------------------------------------

    def stuck(self, kind: RunKind, text: str) -> None:
        """Tell once why nothing moves; the program waits on, as it would on hardware, or is ended."""
        if not self._walks:
            self._walks = True
            tell(self.error_of, RunEnd(kind, self.kernel.now, text))
            if self._patience.options.aborts:
                leave_process(kind)

    def _rest(self, me: HostThread) -> Rest:
        self.bury()
        if self.beginning or (self._expected and self._strangers()):
            return Rest.NO
        blocked = self._blocked
        if any(ident not in blocked and thread is not me for ident, thread in self._living.items()):
            return Rest.NO
        return Rest.ALL

    def _jump(self) -> bool:
        if self._comes_a_timeout() and (self._walks or self._strangers()):
            return False
        return super()._jump()

    def _comes_a_timeout(self) -> bool:
        """Tell whether what comes next is only that somebody has waited long enough."""
        due = self.kernel.peek()
        heap = self.kernel.heap
        return due != float("inf") and not (heap and heap[0][0] <= due)

    def _strangers(self) -> bool:
        """Tell whether the process has threads that have never called."""
        count = self._count()
        return count is None or count > len(self._living) + len(self.dormant)

    def _is_dead(self, resting: Rest) -> bool:  # noqa: ARG002 - the drive's signature
        # A thread that was never seen, or a signal handler, may still come.
        return False


def _count_threads() -> int | None:
    try:
        return sum(1 for _ in _TASKS.iterdir())
    except OSError:  # no /proc here
        return None


def _own_name() -> str:
    """Return the name that the program has given the calling thread; nothing when it has given none."""
    names = []
    for task in (get_native_id(), os.getpid()):
        try:
            names.append((_TASKS / str(task) / "comm").read_text("utf-8", errors="replace").strip())
        except OSError:
            return ""
    return "" if names[0] == names[1] else names[0]
